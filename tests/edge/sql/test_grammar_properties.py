"""Any text gives a tree or one complaint; any tree, written and read, is the same tree."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from s4.edge.sql.grammar import StatementError, parse_expression, parse_statement
from s4.edge.sql.grammar_expression import BINDS
from s4.edge.sql.tree import (
    Between,
    Binary,
    Call,
    Case,
    Const,
    Expr,
    Field,
    In,
    Index,
    Like,
    Member,
    Node,
    Slice,
    Unary,
)
from s4.edge.sql.unparse import unparse
from tests.edge.sql import seeds

A, B, C = Field(name="a"), Field(name="b"), Field(name="c")


words = st.sampled_from(sorted({word for text in seeds.ALL for word in text.replace("(", " ( ").split()}))
fragments = st.lists(words | st.text(max_size=3), max_size=25).map(" ".join)


def attempt(text: str) -> Node | StatementError:
    try:
        return parse_statement(text)
    except StatementError as error:
        return error


def only_complains(text: str) -> None:
    got = attempt(text)
    if isinstance(got, Node):
        said = unparse(got)
        assert parse_statement(said) == got
        assert unparse(parse_statement(said)) == said
        return
    lines = text.split("\n")
    assert got.reason
    assert got.line is not None
    assert got.column is not None
    assert 1 <= got.line <= len(lines)
    assert 1 <= got.column <= len(lines[got.line - 1]) + 1


@given(st.text(max_size=80) | fragments)
@settings(max_examples=500)
def test_any_text_gives_a_tree_or_one_complaint_in_the_text(text: str) -> None:
    only_complains(text)


@given(st.sampled_from(seeds.ALL), st.data())
@settings(max_examples=500)
def test_a_damaged_statement_gives_a_tree_or_one_complaint(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 12)))
    only_complains(text[:start] + data.draw(fragments | st.text(max_size=4)) + text[stop:])


@pytest.mark.parametrize("text", seeds.ALL)
def test_a_statement_written_again_reads_the_same(text: str) -> None:
    tree = parse_statement(text)
    assert parse_statement(unparse(tree)) == tree


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True) | st.text(
    st.characters(blacklist_characters="`\n", blacklist_categories=["Cs"]), min_size=1, max_size=5
)
constants = st.builds(
    Const,
    value=st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"]), max_size=8),
)
fields = st.builds(Field, name=names, stream=st.just("") | names)


def _larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    ops = sorted({op.lower() for op in BINDS} - {"in", "between", "like", "not"})
    return st.one_of(
        st.builds(Binary, op=st.sampled_from(ops), left=inner, right=inner),
        st.builds(Unary, op=st.just("not"), operand=inner),
        st.builds(Unary, op=st.just("-"), operand=inner),
        st.builds(Between, value=inner, low=inner, high=inner, negated=st.booleans()),
        st.builds(In, value=inner, choices=some | fields, negated=st.booleans()),
        st.builds(Like, value=inner, pattern=inner, negated=st.booleans()),
        st.builds(Member, value=inner, name=names),
        st.builds(Index, value=inner, index=inner),
        st.builds(Slice, value=inner, start=st.none() | inner, stop=st.none() | inner),
        st.builds(
            Case,
            value=st.none() | inner,
            whens=st.lists(st.tuples(inner, inner), min_size=1, max_size=2).map(tuple),
            otherwise=st.none() | inner,
        ),
        st.builds(Call, name=st.sampled_from(["f", "left", "gänge"]), args=some),
    )


@given(st.recursive(constants | fields, _larger, max_leaves=12))
@settings(max_examples=500)
@example(Unary(op="-", operand=Const(value=-1)))
@example(Unary(op="-", operand=Const(value=1)))
@example(Member(value=Const(value=None), name="a"))
@example(Binary(op="-", left=A, right=Binary(op="-", left=B, right=C)))
def test_any_expression_written_reads_the_same(tree: Expr) -> None:
    again = parse_expression(unparse(tree))
    assert unparse(again) == unparse(tree)
    # Calls are numbered by the text, which a drawn tree knows nothing of.
    assert parse_expression(unparse(again)) == again
