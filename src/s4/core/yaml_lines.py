"""Reads the plain part of YAML, safely and within bounds, and remembers on which line each value stands.

Mappings, lists and scalars, as the core schema of YAML 1.2 reads them (`on` and `12:30` are text, not `true` and 750).
Tags, anchors and aliases, several documents in one text, and keys that come twice are refused: a description of a
device needs none of them, and each is a way to say something that its reader does not see.
Source: YAML Ain't Markup Language 1.2.2, chapter 10.3, https://yaml.org/spec/1.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from s4.core.errors import ConfigError

Event = Any
"""An event of the parser, which has no types of its own."""

LARGEST_YAML: Final = 65_536
DEEPEST_YAML: Final = 12
MOST_VALUES: Final = 5_000
_LONGEST_NUMBER: Final = 40
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class Yaml(NamedTuple):
    """`value`: mappings, lists and scalars; `lines`: the line (from 1) of each dotted path (`resources[0].unit`)."""

    value: Any
    lines: dict[str, int]

    def line_of(self, field: str) -> int:
        r"""The line of `field`, or of the nearest value around it that is written.

        >>> read_yaml("a:\n  - b: 1\n", file="x.yaml").line_of("a[0].c")
        2
        """
        while field and field not in self.lines:
            field = field[: max(field.rfind("."), field.rfind("["), 0)]
        return self.lines.get(field, 1)


def read_yaml(text: str, *, file: str) -> Yaml:
    r"""The one document in `text`. Raises `ConfigError` that names file, line and column.

    >>> read_yaml("name: co2\nrange: [0, 5e3]\n", file="x.yaml").value
    {'name': 'co2', 'range': [0, 5000.0]}
    >>> read_yaml("a: &x 1\nb: *x\n", file="x.yaml")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: x.yaml, line 1 column 4: anchors and aliases are not used here; write the value out
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_YAML:
        raise ConfigError(f"is larger than {LARGEST_YAML >> 10} KiB", file=file)
    import yaml  # 15 ms that only a city with profiles pays

    try:
        return _Builder(file).build(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise ConfigError(f"not YAML: {error.problem or error.context}", file=file, line=line, column=column) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position if isinstance(error.position, int) else 0) + 1
        raise ConfigError(f"not YAML: {error.reason}", file=file, line=line) from error


class _Builder:
    """Turns the parser's events into values, one after the other, without recursion by depth of the input."""

    def __init__(self, file: str) -> None:
        self._file, self._lines, self._count = file, dict[str, int](), 0

    def build(self, events: Iterator[Event]) -> Yaml:
        import yaml

        value, documents = None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._wrong("holds more than one document", event)
            elif isinstance(event, yaml.NodeEvent):
                value = self._node(event, events, "", 0)
        return Yaml(value, self._lines)

    def _node(self, event: Event, events: Iterator[Event], path: str, depth: int) -> Any:
        import yaml

        self._check(event, depth)
        self._lines.setdefault(path, event.start_mark.line + 1)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, path, depth)
        return self._mapping(events, path, depth)

    def _check(self, event: Event, depth: int) -> None:
        import yaml

        self._count += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._wrong("anchors and aliases are not used here; write the value out", event)
        if event.tag is not None:
            raise self._wrong("tags are not used here", event)
        if depth > DEEPEST_YAML:
            raise self._wrong(f"nests deeper than {DEEPEST_YAML} levels", event)
        if self._count > MOST_VALUES:
            raise self._wrong(f"holds more than {MOST_VALUES} values", event)

    def _list(self, events: Iterator[Event], path: str, depth: int) -> list[Any]:
        import yaml

        found: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self._node(event, events, f"{path}[{len(found)}]", depth + 1))
        return found

    def _mapping(self, events: Iterator[Event], path: str, depth: int) -> dict[str, Any]:
        import yaml

        found: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            self._check(event, depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._wrong("a name must be plain text", event)
            name = event.value
            where = f"{path}.{name}" if path else name
            if name in found:
                raise self._wrong(f"{name[:80]!r} comes twice", event)
            self._lines.setdefault(where, event.start_mark.line + 1)
            found[name] = self._node(next(events), events, where, depth + 1)
        return found

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        if event.style is not None:  # quoted or a block: text, whatever it looks like
            return text
        if text in _WORDS:
            return _WORDS[text]
        if len(text) > _LONGEST_NUMBER:
            return text
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _wrong(self, reason: str, event: Any) -> ConfigError:
        mark = event.start_mark
        return ConfigError(reason, file=self._file, line=mark.line + 1, column=mark.column + 1)
