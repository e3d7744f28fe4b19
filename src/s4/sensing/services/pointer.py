"""JSON Pointer (RFC 6901), and all plain values of a document by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from s4.core.errors import InputError

_LEVEL: Final = re.compile(r"(?:[^~]|~[01])*")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_LONGEST: Final = 1_024
MOST_VALUES: Final = 1_000
DEEPEST: Final = 16


class MissingError(InputError):
    """The document has nothing there."""


class Pointer:
    """A checked pointer: `/sensors/0/temp`; `~1` stands for a slash in a name and `~0` for a tilde; empty is the whole.

    >>> Pointer("/a/1").find({"a": [3, 4]})
    4
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST or (text and not text.startswith("/")) or not _LEVEL.fullmatch(text):
            raise InputError(f"{text[:70]!r} is not a JSON pointer such as /sensor/temperature")
        self.text = text
        self._levels = [level.replace("~1", "/").replace("~0", "~") for level in text.split("/")[1:]]

    def find(self, document: Any) -> Any:
        """What stands there. Raises `MissingError` naming the pointer."""
        here = document
        for level in self._levels:
            if isinstance(here, dict) and level in here:
                here = here[level]
            elif isinstance(here, list) and _INDEX.fullmatch(level) and int(level) < len(here):
                here = here[int(level)]
            else:
                raise MissingError("is missing", field=self.text)
        return here


def pointer_to(path: Sequence[str | int]) -> str:
    """The pointer that leads along these names and indices.

    >>> pointer_to(["a/b", 0])
    '/a~1b/0'
    """
    return "".join("/" + str(level).replace("~", "~0").replace("/", "~1") for level in path)


def plain_values(document: Any, name: str = "", deepest: int = DEEPEST) -> Iterator[tuple[str, Any]]:
    """Yield (dotted name, value) of every number, truth value and text in `document`, in its order.

    Raises `InputError` when it nests deeper than 16 levels or holds more than 1000 values.

    >>> list(plain_values({"a": 1, "b": {"c": [True, None, "x"]}}))
    [('a', 1), ('b.c.0', True), ('b.c.2', 'x')]
    """
    for count, found in enumerate(_walk(document, name, deepest)):
        if count == MOST_VALUES:
            raise InputError(f"holds more than {MOST_VALUES} values")
        yield found


def _walk(value: Any, name: str, deepest: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        if deepest == 0:
            raise InputError(f"nests deeper than {DEEPEST} levels")
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inner:
            yield from _walk(one, f"{name}.{key}" if name else str(key), deepest - 1)
    elif value is not None:
        yield name, value
