"""The grammar: what each clause becomes, what is refused and where, and that no text does harm."""

import json
import time
from pathlib import Path

import pytest

from s4.edge.sql.grammar import StatementError, parse_expression, parse_select, parse_statement, parse_stream
from s4.edge.sql.tree import (
    Between,
    Binary,
    Call,
    Case,
    Column,
    Const,
    Expr,
    Field,
    In,
    Index,
    Join,
    Like,
    Manage,
    Member,
    Order,
    Over,
    Slice,
    Source,
    Star,
    Stream,
    Type,
    Unary,
    Window,
)
from s4.edge.sql.unparse import unparse
from s4.edge.sql.walk import walk
from tests.edge.sql import seeds

A, B, C = Field(name="a"), Field(name="b"), Field(name="c")


def binary(op: str, left: Expr, right: Expr) -> Binary:
    return Binary(op=op, left=left, right=right)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", binary("+", A, binary("*", B, C))),
        ("a - b - c", binary("-", binary("-", A, B), C)),
        ("a or b and c = 1", binary("or", A, binary("and", B, binary("=", C, Const(value=1))))),
        ("not a = b and c", binary("and", Unary(op="not", operand=binary("=", A, B)), C)),
        ("a | b & c", binary("|", A, binary("&", B, C))),
        ("-a * b", binary("*", Unary(op="-", operand=A), B)),
        ("a -1", binary("-", A, Const(value=1))),
        ("a * -1.5", binary("*", A, Const(value=-1.5))),
        ("(a + b) * c", binary("*", binary("+", A, B), C)),
        ("a * b->c", binary("*", A, Member(value=B, name="c"))),
        ("a between 1 and 2 and b", binary("and", Between(value=A, low=Const(value=1), high=Const(value=2)), B)),
        ("a not in (1, b)", In(value=A, choices=(Const(value=1), B), negated=True)),
        ("a in b->c", In(value=A, choices=Member(value=B, name="c"))),
        ("a not like 'x%'", Like(value=A, pattern=Const(value="x%"), negated=True)),
        ("a[0]", Index(value=A, index=Const(value=0))),
        ("a[-1]->b", Member(value=Index(value=A, index=Const(value=-1)), name="b")),
        ("a[1:b + 1]", Slice(value=A, start=Const(value=1), stop=binary("+", B, Const(value=1)))),
        ("a[:]", Slice(value=A)),
        ("a[]", Slice(value=A)),
        ("null", Const(value=None)),
        ("`null`", Field(name="null")),
        ("TRUE", Const(value=True)),
        ("f()", Call(name="f")),
        ("F(a, *,)", Call(name="f", args=(A, Star()))),
        ("f(g(a))", Call(name="f", args=(Call(name="g", args=(A,), number=1),))),
        ("f(a) filter (where b)", Call(name="f", args=(A,), where=B)),
        ("f(a) over (partition by b, c when a)", Call(name="f", args=(A,), over=Over(partition=(B, C), when=A))),
        ("f() over (order by a desc)", Call(name="f", over=Over(order=(Order(expr=A, descending=True),)))),
        ("case when a then b else c end", Case(whens=((A, B),), otherwise=C)),
        ("case a when 1 then b end", Case(value=A, whens=((Const(value=1), B),))),
        ("* except(a, b) replace(c as a)", Star(leave_out=("a", "b"), replace=(Column(expr=C, alias="a"),))),
        ("s.a", Field(name="a", stream="s")),
        ("s.*", Star(stream="s")),
        ("s.a.b", Member(value=Field(name="a", stream="s"), name="b")),
    ],
)
def test_expressions(text: str, tree: Expr) -> None:
    assert parse_expression(text) == tree


def test_a_dot_after_a_stream_means_its_column_and_after_a_column_its_member() -> None:
    select = parse_select("SELECT t.a, a.b, c.d FROM x/y AS t LEFT JOIN c ON c.k = t.k")
    assert [column.expr for column in select.columns] == [
        Field(name="a", stream="t"),
        Member(value=A, name="b"),
        Field(name="d", stream="c"),
    ]


def test_every_clause_of_a_select() -> None:
    select = parse_select(seeds.SELECTS[1])
    assert select.columns == (
        Column(expr=Field(name="cell")),
        Column(expr=Call(name="avg", args=(Field(name="no2"),)), alias="mean"),
    )
    assert select.source == Source(name="air")
    assert select.where == binary(">", Field(name="no2"), Const(value=0))
    assert select.dimensions == (Field(name="cell"),)
    assert select.window == Window(kind="tumbling", length_ms=600_000)
    assert select.having == binary(">", Field(name="mean"), Const(value=40))
    assert parse_select("SELECT a FROM s ORDER BY a, b DESC LIMIT 3").order == (
        Order(expr=A),
        Order(expr=B, descending=True),
    )
    assert parse_select("SELECT a FROM s LIMIT 3").limit == 3


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("TumblingWindow(dd, 1)", Window(kind="tumbling", length_ms=86_400_000)),
        ("HOPPINGWINDOW(mi, 5, 1)", Window(kind="hopping", length_ms=300_000, interval_ms=60_000)),
        ("SLIDINGWINDOW(ms, 5)", Window(kind="sliding", length_ms=5)),
        ("SLIDINGWINDOW(ss, 5, 0)", Window(kind="sliding", length_ms=5000)),
        ("SLIDINGWINDOW(ss, 5, 2) FILTER (WHERE a) OVER (WHEN b)",
         Window(kind="sliding", length_ms=5000, delay_ms=2000, where=A, when=B)),
        ("SESSIONWINDOW(hh, 2, 1)", Window(kind="session", length_ms=7_200_000, interval_ms=3_600_000)),
        ("COUNTWINDOW(3)", Window(kind="count", length=3, interval=3)),
        ("COUNTWINDOW(3, 1)", Window(kind="count", length=3, interval=1)),
        ("STATEWINDOW(a, b) OVER (PARTITION BY c)", Window(kind="state", begin=A, end=B, partition=(C,))),
    ],
)  # fmt: skip
def test_windows(text: str, window: Window) -> None:
    assert parse_select(f"SELECT a FROM s GROUP BY {text}").window == window


@pytest.mark.parametrize("name", ["t", "a/b", "a/+/c", "/a/#", "/a/#/", "a+b#"])
def test_topics_are_names_of_streams(name: str) -> None:
    assert parse_select(f"SELECT a FROM {name} AS x WHERE a").source == Source(name=name, alias="x")
    assert parse_select(f"SELECT a FROM `{name}`").source == Source(name=name)


def test_joins() -> None:
    select = parse_select("SELECT a FROM s INNER JOIN t AS x ON a = b CROSS JOIN u FULL JOIN v ON a RIGHT JOIN w")
    assert select.joins == (
        Join(kind="inner", source=Source(name="t", alias="x"), on=binary("=", A, B)),
        Join(kind="cross", source=Source(name="u")),
        Join(kind="full", source=Source(name="v"), on=A),
        Join(kind="right", source=Source(name="w")),
    )


def test_streams_and_tables() -> None:
    assert parse_stream(seeds.STREAMS[0]) == Stream(
        name="air",
        fields=(("cell", Type("string")), ("no2", Type("float")), ("at", Type("datetime"))),
        options={"DATASOURCE": "city/+/air", "FORMAT": "json"},
    )
    doors = Type("struct", fields=(("floor", Type("bigint")), ("doors", Type("array", of=Type("string")))))
    table = parse_stream(seeds.STREAMS[1])
    assert (table.table, table.fields[1]) == (True, ("plan", doors))
    assert parse_stream(seeds.STREAMS[2]).fields == ()


def test_other_statements() -> None:
    assert [parse_statement(text) for text in seeds.MANAGE] == [
        Manage(action="show"),
        Manage(action="show", table=True),
        Manage(action="describe", name="air"),
        Manage(action="drop", table=True, name="select"),
        Manage(action="explain", name="air"),
    ]
    assert isinstance(parse_statement(seeds.STREAMS[0]), Stream)
    assert parse_statement("SELECT a FROM s") == parse_select("SELECT a FROM s")


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "expected SELECT, CREATE, SHOW, DESCRIBE, DROP or EXPLAIN, but the text ends here"),
        ("SELECT", 7, "expected an expression, but the text ends here"),
        ("SELECT FROM s", 8, "expected an expression, found FROM"),
        ("SELECT a, FROM s", 11, "expected an expression, found FROM"),
        ("SELECT a s", 10, "expected FROM or another column, found s"),
        ("SELECT a FROM", 14, "expected a stream's name after FROM, but the text ends here"),
        ("SELECT a FROM s t", 17, "expected the end of the statement, found t"),
        ("SELECT a FROM s; SELECT b FROM s", 18, "expected the end of the statement, found SELECT"),
        ("SELECT a AS join FROM s", 13,
         "expected an alias after AS; join is a word of the language, write `join` to use it as a name"),
        ("SELECT * AS x FROM s", 10, "* stands for several columns and takes no alias"),
        ("SELECT * REPLACE(a) FROM s", 18, "say with AS which column is replaced"),
        ("SELECT ss FROM s", 8, "ss is a unit of time, which stands only in a window; write `ss` for a column"),
        ("SELECT a FROM s WHERE on = 1", 23, "expected an expression, found on; as a column's name write `on`"),
        ("SELECT a FORM s", 10, "expected FROM or another column, found FORM; did you mean FROM?"),
        ("SELECT a FROM s WERE a", 17, "expected the end of the statement, found WERE; did you mean WHERE?"),
        ("SELECT a FROM s WHERE a IS NULL", 25,
         "expected the end of the statement, found IS; whether a value is null is asked with isnull(…)"),
        ("SELECT a FROM s, t", 16,
         "expected the end of the statement, found ,; streams are joined with INNER, LEFT, RIGHT, FULL or CROSS JOIN"),
        ("SELECT a FROM s GROUP BY TUMBLNGWINDOW(ss, 1)", 26,
         "tumblngwindow is no window, so it takes no unit of time; did you mean tumblingwindow?"),
        ("SELECT a FROM s GROUP BY 1 + COUNTWINDOW(ss, 1)", 30, "countwindow is a window and stands alone in GROUP BY"),
        ("SELECT a[1 FROM s", 12, "expected ] or :, found FROM"),
        ("SELECT f(a FROM s", 12, "expected , or ), found FROM"),
        ("SELECT a FROM s WHERE a BETWEEN 1 OR 2", 35, "expected AND between the two ends of BETWEEN, found OR"),
        ("SELECT a FROM s WHERE a NOT b", 29, "expected IN, BETWEEN or LIKE after NOT, found b"),
        ("SELECT a FROM s WHERE a IN ()", 29, "IN needs at least one choice"),
        ("SELECT CASE END FROM s", 13, "expected an expression, found END"),
        ("SELECT CASE a END FROM s", 15, "expected WHEN in CASE, found END"),
        ("SELECT CASE WHEN a THEN 1 FROM s", 27, "expected WHEN, ELSE or END in CASE, found FROM"),
        ("SELECT f() OVER () FROM s", 18, "expected PARTITION BY or WHEN in OVER (…), found )"),
        ("SELECT a FROM s CROSS JOIN t ON a = b", 30, "CROSS JOIN takes every pair and no ON; say INNER JOIN"),
        ("SELECT a FROM s JOIN t ON a = b", 17, "say which join: INNER, LEFT, RIGHT, FULL or CROSS JOIN"),
        ("SELECT a FROM s LIMIT a", 23, "expected a whole number after LIMIT, found a"),
        ("SELECT a FROM s ORDER BY 1", 26, "a constant orders nothing; name a column"),
        ("SELECT a FROM s GROUP BY COUNTWINDOW(2), COUNTWINDOW(2)", 42, "a rule has one window"),
        ("SELECT a FROM s GROUP BY COUNTWINDOW(2, 3)", 41,
         "countwindow cannot move on by 3 rows when it holds 2"),
        ("SELECT a FROM s GROUP BY COUNTWINDOW(0)", 38, "a length of countwindow is more than 0"),
        ("SELECT a FROM s GROUP BY COUNTWINDOW(x)", 38, "countwindow takes 1 or 2 whole numbers here, found x"),
        ("SELECT a FROM s GROUP BY TUMBLINGWINDOW('ss', 1)", 41,
         "the first argument of tumblingwindow is a unit of time: dd, hh, mi, ss or ms, without quotes, found 'ss'"),
        ("SELECT a FROM s GROUP BY TUMBLINGWINDOW(ss, 1, 2)", 49,
         "tumblingwindow takes 1 whole number here, found 2"),
        ("SELECT a FROM s GROUP BY HOPPINGWINDOW(ss, 1)", 45, "hoppingwindow takes 2 whole numbers here, found 1"),
        ("SELECT a FROM s GROUP BY TUMBLINGWINDOW(dd, 400)", 45,
         "a length of tumblingwindow is at most a year (or 31622400000 rows)"),
        ("SELECT a FROM s GROUP BY COUNTWINDOW(2) FILTER where a", 48, "expected ( after FILTER, found where"),
        ("SELECT a FROM s GROUP BY COUNTWINDOW(2) OVER (PARTITION BY a)", 47,
         "only a state window takes PARTITION BY; put the keys of other windows into GROUP BY"),
        ("CREATE VIEW v", 8, "expected STREAM or TABLE, found VIEW"),
        ("CREATE STREAM s (a INT) WITH ()", 20,
         "expected a type (array, bigint, boolean, bytea, datetime, float, string, struct), found INT"),
        ("CREATE STREAM s (a FLOAT, a FLOAT) WITH ()", 27, "there are two columns a"),
        ('CREATE STREAM s () WITH (SHARED="perhaps")', 33, 'SHARED is "true" or "false"'),
        ('CREATE STREAM s () WITH (RETAIN_SIZE="-3")', 38, "RETAIN_SIZE is a whole number of rows"),
        ('CREATE STREAM s () WITH (FORMAT="jason")', 25, "there is no format 'jason'; did you mean json?"),
        ('CREATE TABLE s () WITH (FORMAT="binary")', 24, "a table cannot be in the format binary"),
        ('CREATE STREAM s (a FLOAT) WITH (FORMAT="binary")', 32,
         "a stream in the format binary has one column, of type bytea"),
        ('CREATE TABLE s () WITH (TYPE="memory", KIND="lookup")', 24, "a lookup table in memory needs KEY"),
        ("SHOW STREAM", 6, "expected STREAMS or TABLES, found STREAM"),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(text: str, column: int, reason: str) -> None:
    with pytest.raises(StatementError) as raised:
        parse_statement(text)
    assert (raised.value.line, raised.value.column, raised.value.reason) == (1, column, reason)


def test_an_option_may_have_been_meant() -> None:
    with pytest.raises(StatementError, match=r"line 2 column 5: expected an option .* did you mean DATASOURCE\?"):
        parse_statement('CREATE STREAM s () WITH (\n    DATASORCE="x")')


def test_a_place_counts_lines() -> None:
    with pytest.raises(StatementError, match=r"^line 3 column 7: expected an expression, found ;$"):
        parse_select("SELECT a\nFROM s\nWHERE ;")
    where = parse_select("SELECT a\nFROM s\nWHERE b = 1").where
    assert where is not None
    assert (where.at.line, where.at.column) == (3, 7)


@pytest.mark.parametrize("opening", ["(", "f(", "a[", "not ", "- ", "case when a then ", "a in (", "-("])
def test_brackets_are_bounded(opening: str) -> None:
    with pytest.raises(StatementError, match="more than 64 brackets stand in one another here"):
        parse_select(f"SELECT {opening * 3000}")


@pytest.mark.parametrize("link", [" + a", " OR a", "->a", "[0]", " = a", " IN a", " LIKE a", " BETWEEN a AND a"])
def test_a_tree_is_not_too_tall_to_walk(link: str) -> None:
    tall = parse_select(f"SELECT a{link * 120} FROM s")
    assert len(list(walk(tall))) > 120
    assert parse_select(unparse(tall)) == tall
    with pytest.raises(StatementError, match="more than 128 operators hang below one another here"):
        parse_select(f"SELECT a{link * 3000} FROM s")


@pytest.mark.parametrize("piece", ["a,", "a ", "(", "'", "/*", "*/", "--\n", "`", '"\\', "1.", "- ", "case ", "\n"])
def test_any_long_text_is_answered_soon(piece: str) -> None:
    started = time.perf_counter()
    with pytest.raises(StatementError):
        parse_select("SELECT " + piece * (60_000 // len(piece)))
    assert time.perf_counter() - started < 2


def test_wide_statements_are_taken() -> None:
    columns = ", ".join(f"abs(c{n} + {n}) AS k{n}" for n in range(2000))
    assert len(parse_select(f"SELECT {columns} FROM s").columns) == 2000


def test_every_statement_of_the_cases_is_read(data_dir: Path) -> None:
    """Refused are only those whose fault is in the grammar: the rest is for `check`."""
    cases = json.loads((data_dir / "rules" / "ekuiper_cases.json").read_text())["cases"]
    for case in cases:
        for stream in (case.get("streams") or {}).values():
            parse_stream(stream["ddl"])
        if "sql" not in case:
            continue
        refused = case["kind"] == "parse" and case["expected"]["error"] is not None
        try:
            tree = parse_select(case["sql"])
        except StatementError:
            assert refused, case["name"]
        else:
            assert parse_select(unparse(tree)) == tree


def test_a_rule_is_read_in_less_than_a_millisecond() -> None:
    text = seeds.SELECTS[1]
    best = min(_seconds(text) for _ in range(5))
    assert best < 0.001


def _seconds(text: str) -> float:
    started = time.perf_counter()
    for _ in range(100):
        parse_select(text)
    return (time.perf_counter() - started) / 100
