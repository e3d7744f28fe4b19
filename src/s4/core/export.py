"""The `[[export]]` tables of a city: what leaves s4 by itself, in which shape, to whom, and what happens when the
target is slow. Plain data: nothing in it is run.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError, InputError
from s4.core.units import parse_unit

ExportedWord = Literal["observation", "detection", "incident", "risk", "recommendation", "command", "task", "unit"]
Format = Literal["json", "jsonl", "json-array", "arrow", "parquet"]
TABLES: Final = ("arrow", "parquet")
"""Formats that are tables: every row has the same columns."""
FIELDS: Final = (
    "id", "word", "revision", "site", "source", "property", "kind", "time", "received", "value", "unit", "body",
)  # fmt: skip
"""What every row may have, and every table has as its columns."""
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_KeyName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
_Globs = tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...]
_EVERY: Final = ("*",)


class Batching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch is sent once it has `rows`, or `bytes` before compression, or its first row has waited `seconds`."""

    rows: Annotated[int, Meta(ge=1, le=65_536)] = 500
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 5.0
    bytes: Annotated[int, Meta(ge=1024, le=64 << 20)] = 256 << 10


class Transform(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is changed of each row, in this order: readings in the UCUM unit on the left of `units` are converted to the
    one on the right; fields in `drop` go; fields are renamed (`rename`: old → new); constants are added (`add`);
    `times`: as integer ns (`ns`) or as text (`rfc3339`).
    """

    rename: dict[_Name, _Name] = {}
    units: dict[_Name, _Name] = {}
    add: dict[_Name, str | int | float | bool] = {}
    drop: tuple[_Name, ...] = ()
    times: Literal["ns", "rfc3339"] = "ns"

    def check(self, field: str) -> None:
        """Raise `ConfigError` naming the place under `field` that cannot be done."""
        for unit, to in self.units.items():
            try:
                alike = parse_unit(unit).dimension == parse_unit(to).dimension
            except InputError as error:
                raise ConfigError(error.reason, field=f"{field}.units") from error
            if not alike:
                raise ConfigError(
                    f"{unit!r} cannot become {to!r}: they measure different things", field=f"{field}.units"
                )
        if "id" in self.drop:
            raise ConfigError("'id' cannot be dropped: by it a repeat is recognised", field=f"{field}.drop")
        kept = set(FIELDS) - set(self.rename) - set(self.drop)
        written = [*kept, *self.rename.values(), *self.add]
        if doubled := next((name for name in written if written.count(name) > 1), None):
            raise ConfigError(f"two fields would be called {doubled!r}", field=f"{field}.rename")


class Encryption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """AES-256-GCM. `key_file` or `key_env`: where the key of 32 bytes is, as 64 hex digits or base64; `key_id`: its
    name, which stands in front of everything that is encrypted with it.
    """

    key_id: _KeyName
    key_file: str = ""
    key_env: str = ""


class Queueing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What waits: at most `memory_rows` in memory, then `spill_mib` MiB on disk; when that is `full`, the oldest rows
    are given up, or no more is taken (the bus then holds it, for as long as it does: 24 h of observations).
    """

    memory_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    spill_mib: Annotated[int, Meta(ge=1, le=65_536)] = 256
    full: Literal["drop-oldest", "stop"] = "drop-oldest"


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A target that does not answer within `timeout_s` is tried again after `first_s` seconds, then after twice as
    long each time, at most `most_s`; `attempts`: after so many the rows become dead letters (0 = never).
    """

    first_s: Annotated[float, Meta(gt=0, le=3600)] = 1.0
    most_s: Annotated[float, Meta(gt=0, le=3600)] = 60.0
    attempts: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    timeout_s: Annotated[float, Meta(gt=0, le=600)] = 30.0


class Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One export. `target`: the plug-in that sends (`mqtt`, `webhook`, `kafka`, `parquet`), `options`: its settings;
    `words` that are exported, of these only what fits every filter (globs with `*` and `?`): `sites`, `sources`,
    `properties` (of observations), `kinds` (of all other words); `format`: `json` is one message a row, all
    others one message a batch; `at`: the edge site whose node sends it ("" = the hub); `start`: `all` takes along what
    the bus still holds when the export first starts.
    """

    id: str
    target: str
    words: tuple[ExportedWord, ...]
    sites: _Globs = _EVERY
    sources: _Globs = _EVERY
    properties: _Globs = _EVERY
    kinds: _Globs = _EVERY
    format: Format = "jsonl"
    compress: Literal["", "gzip", "zstd"] = ""
    encrypt: Encryption | None = None
    transform: Transform = Transform()
    batch: Batching = Batching()
    queue: Queueing = Queueing()
    retry: Retry = Retry()
    start: Literal["now", "all"] = "now"
    at: str = ""
    options: dict[str, Any] = {}

    def check(self, field: str) -> None:
        """Raise `ConfigError` naming the place under `field` that cannot be used."""
        if not self.words or len(set(self.words)) < len(self.words):
            raise ConfigError("must name at least one word, each once", field=f"{field}.words")
        if self.compress == "gzip" and self.format == "arrow":
            raise ConfigError("Arrow knows zstd, not gzip", field=f"{field}.compress")
        if self.encrypt is not None and bool(self.encrypt.key_file) == bool(self.encrypt.key_env):
            raise ConfigError("needs either key_file or key_env", field=f"{field}.encrypt")
        if self.retry.most_s < self.retry.first_s:
            raise ConfigError("is less than first_s", field=f"{field}.retry.most_s")
        self.transform.check(f"{field}.transform")
