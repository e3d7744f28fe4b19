"""A statement's text, cut into tokens: names, numbers, strings, keywords and signs, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

import msgspec

from s4.core.errors import InputError
from s4.edge.sql.tree import At

LONGEST: Final = 65_536
"""Characters of the longest statement taken."""

UNITS: Final = frozenset({"DD", "HH", "MI", "SS", "MS"})
"""Units of time; they stand only in a window."""

_WORDS: Final = (
    "SELECT AS FROM WHERE AND OR GROUP HAVING ORDER BY DESC ASC FILTER INNER LEFT RIGHT FULL CROSS JOIN ON CASE WHEN "
    "THEN ELSE END IN NOT BETWEEN LIKE OVER PARTITION REPLACE EXCEPT TRUE FALSE LIMIT INVISIBLE"
)
KEYWORDS: Final = UNITS | frozenset(_WORDS.split())
"""Words that are names only between backticks."""

_LARGEST: Final = 2**63 - 1
_TOKEN: Final = re.compile(
    r"""(?P<skip>(?:[ \t\r\n]+|--[^\n]*|/\*[\s\S]*?\*/)+)
    |(?P<word>[A-Za-z][A-Za-z0-9_]*)
    |(?P<number>[0-9]+(?:\.[0-9]*)?(?![A-Za-z_])|\.[0-9]+(?![A-Za-z_]))
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>`[^`\n]+`)
    |(?P<open>/\*|["'`])
    |(?P<sign>->|!\s*=|<\s*[=>]|>\s*=|[-+*/%&|^=<>()\[\],.:;\#])
    |(?P<odd>[\s\S])""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|(.))", re.DOTALL
)
_PLAIN: Final = {
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "n": b"\n",
    "r": b"\r",
    "t": b"\t",
    "v": b"\v",
    "\\": b"\\",
    '"': b'"',
    "'": b"'",
}
_UNCLOSED: Final = {"/*": "comment", "`": "name in backticks"}


class StatementError(InputError):
    """A statement that cannot be used; `line` and `column` say where, `reason` why."""


class Token(msgspec.Struct, frozen=True, gc=False):
    """One token. `kind` is "name", "int", "number", "string" or "end"; of keywords and signs the word itself, in
    upper case. `value` is what it stands for, `start` and `end` are its place in the text.
    """

    kind: str
    value: str | int | float
    start: int
    end: int


class Text:
    r"""A text that can say at which line and column a place in it is.

    >>> Text("select a\nfrom b").at(9)
    At(line=2, column=1)
    """

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))] if "\n" in text else [0]

    def at(self, place: int) -> At:
        """Line and column of a place, both from 1."""
        if len(self._starts) == 1:
            return At(1, place + 1)
        line = bisect_right(self._starts, place)
        return At(line, place - self._starts[line - 1] + 1)

    def error(self, reason: str, place: int) -> StatementError:
        """A complaint about that place."""
        at = self.at(place)
        return StatementError(reason, line=at.line, column=at.column)


def tokenize(text: Text) -> list[Token]:
    """All tokens, with an "end" at the end. Linear in the text. Raises `StatementError`.

    >>> [token.kind for token in tokenize(Text("SELECT a -- all"))]
    ['SELECT', 'name', 'end']
    """
    if len(text.text) > LONGEST:
        raise text.error(f"a statement has at most {LONGEST} characters; this one has {len(text.text)}", LONGEST)
    tokens: list[Token] = []
    put = tokens.append
    for found in _TOKEN.finditer(text.text):
        group, said, start, end = found.lastgroup, found.group(), found.start(), found.end()
        if group == "skip":
            continue
        if group == "word":
            upper = said.upper()
            put(Token(upper, said, start, end) if upper in KEYWORDS else Token("name", said, start, end))
        elif group == "sign":
            sign = said if len(said) < 2 else "".join(said.split())
            put(Token("!=" if sign == "<>" else sign, sign, start, end))
        else:
            put(_rarer(text, str(group), said, start))
    put(Token("end", "", len(text.text), len(text.text)))
    return tokens


def _rarer(text: Text, group: str, said: str, start: int) -> Token:
    end = start + len(said)
    if group == "number":
        return _number(text, said, start)
    if group == "string":
        return Token("string", _string(text, said, start), start, end)
    if group == "name":
        return Token("name", said[1:-1], start, end)
    if group == "open":
        raise text.error(f"the {_UNCLOSED.get(said, 'string')} that begins here has no end", start)
    raise text.error(_odd(text.text, said, start), start)


def _odd(text: str, said: str, start: int) -> str:
    if said.isdigit():
        return "a number is followed by a letter; leave a space between them, or put a name in backticks"
    if said == "_" or said.isalpha():
        return f"a name begins with a letter from A to Z; put this one in backticks: `{_word(text, start)}`"
    return f"{said!r} means nothing here"


def _word(text: str, start: int) -> str:
    found = re.compile(r"\w{1,40}").match(text, start)
    return found.group() if found else text[start]


def _number(text: Text, said: str, start: int) -> Token:
    end = start + len(said)
    if "." in said:
        number = float(said)
        if number in (float("inf"), float("-inf")):
            raise text.error("this number is too large", start)
        return Token("number", number, start, end)
    digits = said.lstrip("0") or "0"
    if len(digits) > 19 or int(digits) > _LARGEST:
        raise text.error(f"a whole number is at most {_LARGEST}", start)
    return Token("int", int(digits), start, end)


def _string(text: Text, said: str, start: int) -> str:
    if "\\" not in said:
        return said[1:-1]
    parts: list[bytes] = []
    place = 1
    for found in _ESCAPE.finditer(said, 1, len(said) - 1):
        parts.append(said[place : found.start()].encode("utf-8", "surrogatepass"))
        parts.append(_escaped(text, found, said[0], start))
        place = found.end()
    parts.append(said[place:-1].encode("utf-8", "surrogatepass"))
    try:
        return b"".join(parts).decode("utf-8")
    except UnicodeDecodeError:
        raise text.error("the escapes in this string do not make characters", start) from None


def _escaped(text: Text, found: re.Match[str], quote: str, start: int) -> bytes:
    """What an escape stands for: Go's escapes, which are what the dialect's users write."""
    byte, four, eight, octal, plain = found.groups()
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8)])
    if four or eight:
        code = int(four or eight, 16)
        if code < 0x110000 and not 0xD800 <= code < 0xE000:
            return chr(code).encode()
    elif plain in _PLAIN and (plain != "'" or quote == "'"):
        return _PLAIN[plain]
    raise text.error(f"{found.group()} is no escape in a string; write \\\\ for a backslash", start + found.start())
