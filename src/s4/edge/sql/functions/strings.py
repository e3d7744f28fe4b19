"""Texts. Other values are taken as the text they are written as; positions and lengths in bytes say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from s4.edge.sql.functions import coerce, expressions
from s4.edge.sql.functions.checks import both, constant, takes
from s4.edge.sql.functions.coerce import bounded, text
from s4.edge.sql.functions.function import Function, FunctionError, Value
from s4.edge.sql.tree import Const, Expr

FAMILY: Final = "string"
_LOCALES: Final = ("en_US",)
_MOST_PLACES: Final = 1000

SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def _each(change: Callable[[str], str], whole: str) -> str:
    """Character by character, as long as one stays one: `ß` has no single capital."""
    if whole.isascii():
        return change(whole)
    return "".join(changed if len(changed := change(char)) == 1 else char for char in whole)


def _concat(*values: Value) -> str:
    return bounded("".join(text(value) for value in values))


def _indexof(value: Value, part: Value) -> int:
    if value is None or part is None:
        return -1
    return coerce.utf8(text(value)).find(coerce.utf8(text(part)))


def _length(value: Value) -> int:
    return len(value) if isinstance(value, list | dict) else len(text(value))


def _lpad(value: Value, count: Value) -> str:
    return bounded(" " * coerce.room(coerce.whole(count)) + text(value))


def _rpad(value: Value, count: Value) -> str:
    return bounded(text(value) + " " * coerce.room(coerce.whole(count)))


def _substring(value: Value, start: Value, end: Value = None) -> str:
    whole, begin = coerce.utf8(text(value)), coerce.whole(start)
    stop = len(whole) if end is None else coerce.whole(end)
    if begin < 0 or stop < 0:
        raise FunctionError("the start and the end must not be negative")
    if end is not None and begin > stop:
        raise FunctionError("the start must not lie behind the end")
    return whole[begin:stop].decode("utf-8", "replace")


def _split_value(value: Value, separator: Value, index: Value) -> str:
    whole, between, at = text(value), text(separator), coerce.whole(index)
    parts = whole.split(between) if between else list(whole)
    if not -len(parts) <= at < len(parts):
        raise FunctionError(f"there is no part {at} among {len(parts)}")
    return parts[at]


def _format(value: Value, places: Value, locale: Value = None) -> str:
    x, digits = coerce.number(value), coerce.whole(places)
    if not 0 <= digits <= _MOST_PLACES:
        raise FunctionError(f"the decimal places must lie between 0 and {_MOST_PLACES}")
    if locale is None:
        return f"{x:.{digits}f}"
    if text(locale) not in _LOCALES:
        raise FunctionError(f"the locale must be one of {', '.join(_LOCALES)}")
    return _grouped(coerce.plain(x), digits)


def _grouped(number: str, digits: int) -> str:
    """Thousands apart by commas; further digits are cut off, missing ones zeros."""
    before, _, after = number.partition(".")
    if not before.lstrip("-").isdecimal():
        raise FunctionError("only a finite number can be written out")
    sign, body = ("-", before[1:]) if before.startswith("-") else ("", before)
    return f"{sign}{int(body):,}" + (f".{after[:digits]:0<{digits}}" if digits else "")


def _not_before(args: Sequence[Expr]) -> str | None:
    start, end = (constant(arg) for arg in (*args, *(Const(value=None),) * 3)[1:3])
    if isinstance(start, int) and start < 0:
        return "argument 2, the start, must not be negative"
    if isinstance(start, int) and isinstance(end, int) and end < start:
        return "argument 3, the end, must not lie before the start"
    return None


def _not_negative(args: Sequence[Expr]) -> str | None:
    index = constant(args[2]) if len(args) > 2 else None
    return "argument 3, the index, must not be negative" if isinstance(index, int) and index < 0 else None


def _make(
    name: str, call: Callable[..., Value], said: str, least: int = 1, most: int | None = 1, **more: Any
) -> Function:
    return Function(name, FAMILY, "scalar", call, said, least, most, **{"check": takes("string"), **more})


FUNCTIONS: Final[Sequence[Function]] = (
    _make("concat", _concat, "The texts one after the other; null counts as empty.", 1, None, nothing_for_null=False),
    _make(
        "endswith", lambda a, b: text(a).endswith(text(b)), "Whether the first text ends with the second.", 2, 2,
        null_answer=False,
    ),
    _make(
        "format", _format,
        "A number with so many digits after the point; with the locale `en_US`, thousands apart and digits cut off.",
        2, 3, check=takes("number", "whole", "string"),
    ),
    _make(
        "indexof", _indexof, "Where the second text first stands in the first, in bytes from 0; -1 when it does not.",
        2, 2, nothing_for_null=False,
    ),
    _make("length", _length, "The number of characters of a text, or of elements.", check=None, null_answer=0),
    _make("lower", lambda a: _each(str.lower, text(a)), "The text in lower case."),
    _make("lpad", _lpad, "So many spaces, then the text.", 2, 2, check=takes("string", "whole")),
    _make("ltrim", lambda a: text(a).lstrip(SPACE), "The text without white space at its start."),
    _make("numbytes", lambda a: len(coerce.utf8(text(a))), "The number of bytes of the text in UTF-8.", null_answer=0),
    _make(
        "regexp_matches", lambda a, b: expressions.matches(text(a), text(b)),
        "Whether the regular expression (RE2) is found in the text.", 2, 2, null_answer=False,
    ),
    _make(
        "regexp_replace", lambda a, b, c: bounded(expressions.replaced(text(a), text(b), text(c))),
        "The text with every match of the regular expression replaced; `$1` stands for the first group.", 3, 3,
    ),
    *(
        _make(name, lambda a, b: expressions.found(text(a), text(b)),
              "The first match of the regular expression in the text, or an empty text.", 2, 2)
        for name in ("regexp_substr", "regexp_substring")
    ),
    _make("reverse", lambda a: text(a)[::-1], "The text backwards."),
    _make("rpad", _rpad, "The text, then so many spaces.", 2, 2, check=takes("string", "whole")),
    _make("rtrim", lambda a: text(a).rstrip(SPACE), "The text without white space at its end."),
    _make(
        "split_value", _split_value, "The text cut at each separator: the part of that index, from 0; -1 is the last.",
        3, 3, check=both(takes("string", "string", "whole"), _not_negative),
    ),
    _make(
        "startswith", lambda a, b: text(a).startswith(text(b)), "Whether the first text starts with the second.", 2, 2,
        null_answer=False,
    ),
    _make(
        "substring", _substring, "The text from the start (from 0) up to but without the end, both in bytes.", 2, 3,
        check=both(takes("string", "whole"), _not_before),
    ),
    _make("trim", lambda a: text(a).strip(SPACE), "The text without white space at either end."),
    _make("upper", lambda a: _each(str.upper, text(a)), "The text in upper case."),
)  # fmt: skip
