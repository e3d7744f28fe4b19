"""Where in a TOML text a value stands, so that a complaint about it can name the line.

`tomllib` forgets positions. This finds them again for the plain shape of our files: arrays of tables
(`[[rule]]`), the tables under them, and the keys of each. It never judges the text: `tomllib` has done so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

from s4.core.errors import ConfigError

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_\-\"'.]+)\s*=\s*(.*)$")


def read_toml(text: str, *, file: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises `ConfigError` that names file, line and column.

    >>> read_toml("a = ", file="city.toml")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: city.toml, line 1: not TOML: Invalid value (at end of document)
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (text.count("\n") + 1, None)
        reason = str(error)[: place.start()] if place else str(error)
        raise ConfigError(f"not TOML: {reason}", file=file, line=line, column=column) from error


def line_of(text: str, table: str, index: int, field: str = "") -> int:
    r"""The line (from 1) of `field` in the `index`-th `[[table]]`, or of its header when the field is not written.

    >>> line_of('[[rule]]\nid = "a"\n\n[[rule]]\nid = "b"\nover = 3\n', "rule", 1, "over")
    6
    """
    wanted, count, header, prefix = field.partition("[")[0], -1, 1, ""
    for number, line in _statements(text):
        if found := _HEADER.match(line):
            name = found[2].replace('"', "").replace(" ", "")
            if found[1] == "[[" and name == table:
                count, prefix = count + 1, ""
                header = number if count == index else header
            else:
                prefix = name.removeprefix(f"{table}.") + "." if name.startswith(f"{table}.") else "?"
            if count == index and wanted and wanted == prefix.rstrip("."):
                return number
        elif count == index and (found := _KEY.match(line)) and _same(prefix + _bare(found[1]), wanted):
            return number
    return header


def line_of_key(text: str, key: str) -> int | None:
    r"""The line (from 1) of a key that stands in no table, or of the table or array of that name; None without either.

    >>> line_of_key("fps = 7\nwidth_px = 1\n", "width_px"), line_of_key("[place]\nlat = 1.0\n", "place")
    (2, 1)
    """
    in_table = False
    for number, line in _statements(text):
        if found := _HEADER.match(line):
            in_table = True
            if found[2].replace('"', "").replace(" ", "").partition(".")[0] == key:
                return number
        elif not in_table and (found := _KEY.match(line)) and _bare(found[1]).partition(".")[0] == key:
            return number
    return None


def _same(key: str, wanted: str) -> bool:
    return bool(wanted) and (wanted == key or wanted.startswith(f"{key}.") or key.startswith(f"{wanted}."))


def _bare(key: str) -> str:
    return key.replace('"', "").replace("'", "")


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(line number, line) of what is not inside a string of several lines or an array of several lines."""
    fence, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if depth == 0:
            yield number, line
        fence = _opened_fence(line)
        if depth or _KEY.match(line):
            depth = max(0, depth + _brackets(line))


def _opened_fence(line: str) -> str:
    for fence in ('"""', "'''"):
        if line.count(fence) % 2:
            return fence
    return ""


def _brackets(line: str) -> int:
    bare = re.sub(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*', "", line)
    return bare.count("[") - bare.count("]")
