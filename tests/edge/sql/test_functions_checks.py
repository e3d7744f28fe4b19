"""What functions say against their arguments as they are written."""

from typing import Any

import pytest

from s4.edge.sql.functions.registry import FUNCTIONS
from s4.edge.sql.tree import Binary, Const, Expr, Field, Member, Unary


def check(name: str, *args: Expr) -> str | None:
    refuses = FUNCTIONS[name].check
    return refuses(args) if refuses else None


def const(value: Any) -> Const:
    return Const(value=value)


A = Field(name="a")

WRONG: list[tuple[str, tuple[Expr, ...]]] = [
    ("abs", (const(True),)),
    ("abs", (const("1"),)),
    ("abs", (Field(name="ss"),)),
    ("abs", (Binary(op=">", left=A, right=A),)),
    ("bitand", (const(1.0), const(1))),
    ("mod", (const(1), Field(name="SS"))),
    ("trim", (const(1),)),
    ("cast", (const("1"), const("int"))),
    ("cast", (A, const(1))),
    ("encode", (A, const(True))),
    ("encode", (A, const("hex"))),
    ("encode", (A, A)),
    ("split_value", (A, const("/"), Unary(op="-", operand=const(1)))),
    ("substring", (A, Unary(op="-", operand=const(1)))),
    ("substring", (A, const(2), const(1))),
    ("deduplicate", (A, const("x"))),
    ("deduplicate", (A, A)),
    ("lag", (A, A)),
    ("lag", (A, const(-1))),
    ("meta", (const("topic"),)),
    ("mqtt", (A,)),
    ("mqtt", (const("topic"),)),
    ("changed_cols", (const(1), const(True), A)),
    ("had_changed", (const("x"), A)),
    ("object_construct", (const("a"),)),
    ("object_construct", (const(1), A)),
    ("acc_sum", (A, const(True))),
    ("format", (A, const(2.5))),
    ("chr", (const(65.0),)),
    ("date_calc", (A, A)),
    ("hour", (const("2020"),)),
    ("now", (A,)),
    ("json_path_query", (A, A)),
    ("concat", (const(1),)),
]


@pytest.mark.parametrize(("name", "args"), WRONG, ids=[one[0] for one in WRONG])
def test_arguments_that_are_surely_wrong_are_refused_as_written(name: str, args: tuple[Expr, ...]) -> None:
    assert check(name, *args)


RIGHT: list[tuple[str, tuple[Expr, ...]]] = [
    ("abs", (A,)),
    ("chr", (const("A"),)),
    ("format", (A, const(2))),
    ("conv", (A, const(16), A)),
    ("abs", (const(-1.5),)),
    ("abs", (const(None),)),
    ("cast", (A, const("bigint"))),
    ("cast", (A, A)),
    ("substring", (A, const(0), const(3))),
    ("deduplicate", (A, const(False))),
    ("lag", (A, const(2), A, const(True))),
    ("meta", (Member(value=Field(name="reading", stream="src1"), name="device"),)),
    ("mqtt", (Field(name="Topic"),)),
    ("object_construct", (const("a"), const(1))),
    ("acc_sum", (A, const(True), A)),
    ("now", ()),
    ("now", (const(3),)),
    ("pi", ()),
]


@pytest.mark.parametrize(("name", "args"), RIGHT, ids=[one[0] for one in RIGHT])
def test_arguments_that_may_be_right_pass(name: str, args: tuple[Expr, ...]) -> None:
    assert check(name, *args) is None
