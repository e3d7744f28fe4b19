"""Tokens: what a text is cut into, and where."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.edge.sql.tokens import LONGEST, StatementError, Text, Token, tokenize


def kinds(text: str) -> list[str]:
    return [token.kind for token in tokenize(Text(text))]


def values(text: str) -> list[object]:
    return [token.value for token in tokenize(Text(text)) if token.kind != "end"]


def test_words_are_keywords_in_any_case_and_names_between_backticks() -> None:
    assert kinds("select Select `select` selects") == ["SELECT", "SELECT", "name", "name", "end"]


def test_signs() -> None:
    assert kinds("-> != <> <= >= < 1 > 1 = + - * / % & | ^ ( ) [ ] , . : ; #") == [
        "->", "!=", "!=", "<=", ">=", "<", "int", ">", "int", "=", "+", "-", "*", "/", "%", "&", "|", "^",
        "(", ")", "[", "]", ",", ".", ":", ";", "#", "end",
    ]  # fmt: skip
    assert kinds("! = < = > =") == ["!=", "<=", ">=", "end"]


def test_numbers() -> None:
    assert values("0 007 12. .5 1.25 9223372036854775807") == [0, 7, 12.0, 0.5, 1.25, 2**63 - 1]
    assert [type(value) for value in values("1 1.")] == [int, float]


def test_comments_and_space_part_tokens_and_are_left_out() -> None:
    assert values("a--b\nc/* d\n */e\tf\r\n--") == ["a", "c", "e", "f"]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r"'it\'s'", "it's"),
        ("'a\"b'", 'a"b'),
        (r'"\\d\t\n"', "\\d\t\n"),
        (r'"é€\U0001F600\x41\101"', "é€😀AA"),
        (r'"\xc3\xa9"', "é"),
        ('""', ""),
    ],
)
def test_strings(said: str, value: str) -> None:
    assert values(said) == [value]


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ('a\n  "b', 2, 3, "the string that begins here has no end"),
        ('"a\nb"', 1, 1, "the string that begins here has no end"),
        ("a /* b", 1, 3, "the comment that begins here has no end"),
        ("`a", 1, 1, "the name in backticks that begins here has no end"),
        (r'"ab\d"', 1, 4, r"\d is no escape in a string; write \\ for a backslash"),
        (r'"\'"', 1, 2, r"\' is no escape in a string; write \\ for a backslash"),
        (r'"\ud800"', 1, 2, r"\ud800 is no escape in a string; write \\ for a backslash"),
        (r'"\xff"', 1, 1, "the escapes in this string do not make characters"),
        ("a ? b", 1, 3, "'?' means nothing here"),
        ("1e5", 1, 1, "a number is followed by a letter; leave a space between them, or put a name in backticks"),
        ("größe", 1, 3, "a name begins with a letter from A to Z; put this one in backticks: `öße`"),
        ("9223372036854775808", 1, 1, "a whole number is at most 9223372036854775807"),
        ("9" * 5000, 1, 1, "a whole number is at most 9223372036854775807"),
        ("9" * 400 + ".0", 1, 1, "this number is too large"),
    ],
)
def test_what_is_no_token_is_told_with_its_place(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(StatementError) as raised:
        tokenize(Text(text))
    assert (raised.value.line, raised.value.column, raised.value.reason) == (line, column, reason)


def test_a_text_is_bounded() -> None:
    tokenize(Text(" " * LONGEST))
    with pytest.raises(StatementError, match="at most 65536 characters"):
        tokenize(Text(" " * (LONGEST + 1)))


def attempt(text: str) -> tuple[list[Token], StatementError | None]:
    try:
        return tokenize(Text(text)), None
    except StatementError as error:
        return [], error


@given(st.text(alphabet=string.printable + "é🌊\x00", max_size=200))
def test_tokens_lie_in_the_text_in_order_and_leave_out_only_space_and_comments(text: str) -> None:
    cut, error = attempt(text)
    if error is not None:
        assert error.line is not None
        assert 1 <= error.line <= text.count("\n") + 1
        return
    end = 0
    for token in cut:
        between = text[end : token.start]
        assert not between.strip(" \t\r\n") or "--" in between or "/*" in between
        assert token.end > token.start or token.kind == "end"
        end = token.end
    assert end == len(text)


@given(st.text(max_size=60), st.integers(0, 60))
def test_a_place_is_found_again_by_its_line_and_column(text: str, place: int) -> None:
    place = min(place, len(text))
    at = Text(text).at(place)
    lines = text.split("\n")
    assert sum(len(line) + 1 for line in lines[: at.line - 1]) + at.column - 1 == place
