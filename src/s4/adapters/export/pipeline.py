"""The steps of an export behind each other: select, then rows, transform, format, compress, encrypt."""

from __future__ import annotations

from collections.abc import Sequence

from s4.adapters.export import envelope, formats
from s4.adapters.export.compress import SUFFIX, coding, compress
from s4.adapters.export.rows import Row, rows_of
from s4.adapters.export.select import Selection
from s4.adapters.export.transform import Change
from s4.core.export import TABLES, Export
from s4.core.ids import derive_id
from s4.core.ports import Context, Exporter, Parcel, Produced, Target

_ABOUT = ("word", "site", "source", "property", "kind")


class Pipeline(Exporter):
    """What `city.toml` says of one export, made once. Raises `ConfigError` for a key that cannot be used."""

    def __init__(self, context: Context, export: Export, target: Target) -> None:
        super().__init__(export, target)
        self._selection = Selection(export)
        self._table = export.format in TABLES
        self._change = Change(export.transform, table=self._table)
        self._coding = coding(export)
        self._key = b""
        if export.encrypt is not None:
            self._key = envelope.read_key(export.encrypt, context.folder, f"export[{export.id}].encrypt")
        self._shape = self._outside()
        self._headers = self._said()

    def _outside(self) -> formats.Shape:
        shape = formats.SHAPES[self.export.format]
        suffix = shape.suffix + SUFFIX.get(self._coding, "")
        if self._key:
            return formats.Shape(envelope.MEDIA_TYPE, suffix + envelope.SUFFIX)
        return formats.Shape(shape.media_type, suffix)

    def _said(self) -> dict[str, str]:
        headers = {"s4-export": self.export.id, "s4-format": self.export.format}
        if self._coding:
            headers["s4-compression"] = self._coding
        if self.export.encrypt is not None:
            headers |= {"s4-encryption": envelope.MAGIC.decode(), "s4-key-id": self.export.encrypt.key_id}
        return headers

    def select(self, word: Produced) -> Produced | None:
        """What of a word this export wants."""
        return self._selection.of(word)

    def pack(self, words: Sequence[Produced]) -> Sequence[Parcel]:
        """Words → one parcel; with the format `json` one a row."""
        rows = list(rows_of(words, table=self._table))
        groups = [[row] for row in rows] if self.export.format == "json" else [rows]
        return [self._parcel(group) for group in groups if group]

    def _parcel(self, rows: list[Row]) -> Parcel:
        # What the rows say is read before they are changed: a transform may drop or rename it.
        about = {"export": self.export.id}
        if self.export.format == "json":
            about |= {name: str(rows[0][name]) for name in _ABOUT if rows[0].get(name)}
        key = about.get("source") or about.get("site") or self.export.id
        times = [row["time"] for row in rows]
        names = [f"{row['id']}.{row.get('revision', 0)}" for row in rows]
        name = derive_id("exp", self.export.id, *names) if len(names) > 1 else names[0]
        body = formats.encode(list(self._change.of(rows)), self.export)
        body = compress(body, self._coding)
        if self.export.encrypt is not None:
            body = envelope.seal(body, self._key, self.export.encrypt.key_id)
        headers = {**self._headers, "s4-id": name, "s4-rows": str(len(rows))}
        return Parcel(name, body, len(rows), *self._shape, min(times), max(times), key, headers, about)
