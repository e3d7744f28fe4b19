"""Regular expressions of the RE2 kind: no look-around and no back-references, and in return time that grows no faster
than the text does, whatever the pattern. Syntax: https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from s4.edge.sql.functions.coerce import LONGEST, bounded, utf8
from s4.edge.sql.functions.function import FunctionError

_LONGEST_PATTERN: Final = 1000
_LONGEST_REASON: Final = 200
_MEMORY: Final = 1 << 20
_INSERT: Final = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))", re.ASCII)


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern is found anywhere in the text.

    >>> matches("seafood", "foo.*")
    True
    """
    return _compiled(pattern).search(_clean(text)) is not None


def found(text: str, pattern: str) -> str:
    """The first, leftmost match, "" when there is none."""
    match = _compiled(pattern).search(_clean(text))
    return "" if match is None else str(match.group())


def replaced(text: str, pattern: str, replacement: str) -> str:
    """The text with every match replaced; `$1`, `${1}`, `${name}` stand for what a group matched, `$$` for a dollar.

    >>> replaced("-ab-axxb-", "a(x*)b", "<${1}>")
    '-<>-<xx>-'
    """
    text, parts = _clean(text), list[str]()
    size, at, last = 0, 0, -1
    for match in _compiled(pattern).finditer(text):
        start, end = match.span()
        if start == end == last:  # an empty match that touches the one before it is none
            continue
        piece = _filled(replacement, match)
        parts += (text[at:start], piece)
        at = last = end
        size += len(piece)
        if size > LONGEST:
            raise FunctionError(f"the answer would be longer than {LONGEST} characters")
    return "".join((*parts, text[at:]))


def _clean(text: str) -> str:
    """The text as UTF-8 can hold it, which is what is searched."""
    return bounded(text) if text.isascii() else utf8(bounded(text)).decode()


def _filled(replacement: str, match: Any) -> str:
    def insert(place: re.Match[str]) -> str:
        dollar, *names = place.groups()
        return "$" if dollar else _group(match, next(name for name in names if name))

    return _INSERT.sub(insert, replacement) if "$" in replacement else replacement


def _group(match: Any, name: str) -> str:
    try:
        return match.group(int(name) if name.isdecimal() else name) or ""
    except (IndexError, KeyError):
        return ""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2

    if len(pattern) > _LONGEST_PATTERN:
        raise FunctionError(f"the pattern is longer than {_LONGEST_PATTERN} characters")
    options = re2.Options()
    options.max_mem, options.log_errors = _MEMORY, False
    try:
        return re2.compile(utf8(pattern).decode(), options)
    except re2.error as reason:
        raise FunctionError(f"the pattern is not a regular expression: {_said(reason)}") from None


def _said(reason: Exception) -> str:
    said = reason.args[0] if reason.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:_LONGEST_REASON]
