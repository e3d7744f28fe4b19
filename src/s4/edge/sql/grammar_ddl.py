"""Streams and tables: CREATE with columns and options, and SHOW, DESCRIBE, DROP, EXPLAIN."""

from __future__ import annotations

from typing import Final, Literal, get_args

from s4.edge.sql.grammar_cursor import Cursor
from s4.edge.sql.near import meant
from s4.edge.sql.tree import Manage, Stream, Type

_OPTIONS: Final = (
    "DATASOURCE KEY FORMAT CONF_KEY TYPE STRICT_VALIDATION TIMESTAMP TIMESTAMP_FORMAT RETAIN_SIZE SHARED SCHEMAID KIND "
    "DELIMITER"
)
OPTIONS: Final = frozenset(_OPTIONS.split())
"""What may stand in WITH (…)."""

FORMATS: Final = frozenset({"json", "binary", "delimited", "protobuf", "urlencoded", "custom"})
"""Values of FORMAT, in lower case."""

TYPES: Final = frozenset({"bigint", "float", "string", "datetime", "boolean", "bytea", "array", "struct"})
"""A column's types."""

_TRUTHS: Final = frozenset({"STRICT_VALIDATION", "SHARED"})
_Action = Literal["show", "describe", "drop", "explain"]
_ACTIONS: Final[tuple[_Action, ...]] = get_args(_Action)


class Definitions(Cursor):
    """Reads everything but SELECT."""

    def definition(self) -> Stream | Manage:
        """The statement. Raises `StatementError`."""
        if self.says("CREATE"):
            return self.stream()
        for action in _ACTIONS:
            if self.says(action.upper()):
                return self._manage(action)
        raise self.found("expected SELECT, CREATE, SHOW, DESCRIBE, DROP or EXPLAIN")

    def stream(self) -> Stream:
        """`create stream|table name (columns) with (options)`."""
        at = self.at()
        self._word("CREATE")
        table = self._stream_or_table("STREAM", "TABLE")
        name = self.name("the table's name" if table else "the stream's name")
        fields = self._fields()
        self._word("WITH")
        place = self.token.start
        options = self._options()
        self.finish()
        found = Stream(at=at, name=name, fields=fields, options=options, table=table)
        reason = _odd(found)
        if reason:
            raise self.text.error(reason, place)
        return found

    def _manage(self, action: _Action) -> Manage:
        at = self.at()
        self.step()
        plural = "S" if action == "show" else ""
        table = self._stream_or_table("STREAM" + plural, "TABLE" + plural)
        name = "" if plural else self.name("a name")
        self.finish()
        return Manage(at=at, action=action, table=table, name=name)

    def _stream_or_table(self, stream: str, table: str) -> bool:
        is_table = self.says(table)
        if not is_table and not self.says(stream):
            raise self.found(f"expected {stream} or {table}")
        self.step()
        return is_table

    def _word(self, word: str) -> None:
        if not self.says(word):
            raise self.found(f"expected {word}")
        self.step()

    def _fields(self) -> tuple[tuple[str, Type], ...]:
        """Columns in round brackets; a comma may follow the last one."""
        self.demand("(", "expected ( and the columns")
        found: dict[str, Type] = {}
        with self.deeper():
            while not self.take(")"):
                if self.kind == "name" and str(self.token.value) in found:
                    raise self.error(f"there are two columns {self.token.value}")
                name = self.name("a column's name or )")
                found[name] = self._type()
                if not self.take(",") and self.kind != ")":
                    raise self.found("expected , or )")
        return tuple(found.items())

    def _type(self) -> Type:
        said = str(self.token.value).lower()
        if self.kind != "name" or said not in TYPES:
            raise self.found(f"expected a type ({', '.join(sorted(TYPES))})")
        self.step()
        if said == "struct":
            return Type("struct", fields=self._fields())
        if said == "array":
            self.demand("(", "expected ( and the type of the elements after array")
            with self.deeper():
                inner = self._type()
                self.demand(")", "expected )")
            return Type("array", of=inner)
        return Type(said)

    def _options(self) -> dict[str, str]:
        self.demand("(", "expected ( and the options")
        found: dict[str, str] = {}
        while not self.take(")"):
            if self.take(","):
                continue
            self._option(found)
        return found

    def _option(self, found: dict[str, str]) -> None:
        key = str(self.token.value).upper()
        if self.kind != "name" or key not in OPTIONS:
            near = meant(key, OPTIONS) if self.kind == "name" else ""
            raise self.found(f"expected an option ({', '.join(sorted(OPTIONS))}) or ){near}")
        self.step()
        self.demand("=", f"expected = after {key}")
        place = self.token.start
        value = str(self.demand("string", f"expected a string as the value of {key}").value)
        if key in _TRUTHS and value.upper() not in ("TRUE", "FALSE"):
            raise self.text.error(f'{key} is "true" or "false"', place)
        if key == "RETAIN_SIZE" and not (value.isascii() and value.isdigit() and len(value) < 10):
            raise self.text.error("RETAIN_SIZE is a whole number of rows", place)
        found[key] = value


def _odd(stream: Stream) -> str:
    """What is wrong with the options taken together, or ""."""
    form = stream.options.get("FORMAT", "json").lower()
    if form not in FORMATS:
        return f"there is no format {form!r}{meant(form, FORMATS)}"
    if form == "binary" and stream.table:
        return "a table cannot be in the format binary"
    if form == "binary" and stream.fields and [kind.name for _, kind in stream.fields] != ["bytea"]:
        return "a stream in the format binary has one column, of type bytea"
    lookup = stream.options.get("KIND", "").lower() == "lookup"
    if lookup and stream.options.get("TYPE") == "memory" and not stream.options.get("KEY"):
        return "a lookup table in memory needs KEY"
    return ""
