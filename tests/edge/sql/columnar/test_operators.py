"""Over columns, an operator gives what it gives value by value: the same results, nulls and faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s4.edge.sql.columnar.frame import Column, numbers, strings
from s4.edge.sql.columnar.operators import binary, inverted, negated
from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.values import operation

OPERATORS = ["+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "&", "|", "^", "and", "or"]
FAULT = "fault"
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "whole": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    "float": st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.5]),
    "truth": st.booleans(),
    "text": st.sampled_from(["", "a", "b", "bb", "é"]),
}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str, list[tuple[Any, Any]]]:
    """Kinds of both sides, and rows of them. Large whole numbers beside floats are left out: which is nearer cannot
    be said in floats, and the two ways need not agree there.
    """
    left, right = draw(st.sampled_from(list(KINDS))), draw(st.sampled_from(list(KINDS)))
    small = st.integers(-(2**53), 2**53)
    kinds = KINDS | {"whole": small} if "float" in {left, right} else KINDS
    row = st.tuples(st.none() | kinds[left], st.none() | kinds[right])
    return left, right, draw(st.lists(row, min_size=1, max_size=6))


def column(kind: str, values: list[Any]) -> Column:
    if kind == "text":
        return strings(values)
    made = numbers(values)
    dtype = {"whole": np.int64, "float": np.float64, "truth": np.bool_}[kind]
    return Column(made.values.astype(dtype), made.valid)


def one_by_one(op: str, rows: list[tuple[Any, Any]]) -> list[Any]:
    run, results = operation(op), []
    for left, right in rows:
        decided = (op == "and" and left is False) or (op == "or" and left is True)
        try:
            results.append(left if decided else run(left, right))
        except FunctionError:
            results.append(FAULT)
    return results


def with_faults(result: Column) -> list[Any]:
    faults = np.zeros(len(result.values), np.bool_) if result.fault is None else result.fault
    return [FAULT if fault else value for value, fault in zip(result.tolist(), faults.tolist(), strict=True)]


@pytest.mark.parametrize("op", OPERATORS)
@given(pairs())
@example(("whole", "whole", [(-7, 2), (7, -2), (-(2**63), -1), (5, 0), (2**62, 2), (2**63 - 1, 1)]))
@example(("whole", "whole", [(None, None), (None, 1), (1, None)]))
def test_columns_give_what_values_give(op: str, given_rows: tuple[str, str, list[tuple[Any, Any]]]) -> None:
    left, right, rows = given_rows
    result = binary(op, column(left, [row[0] for row in rows]), column(right, [row[1] for row in rows]))
    assert with_faults(result) == one_by_one(op, rows)


def test_a_fault_on_the_right_counts_only_where_the_left_does_not_decide() -> None:
    zero = binary("/", numbers([1, 1]), numbers([0, 0]))
    tested = binary("and", Column(np.array([True, False])), binary(">", zero, numbers([0, 0])))
    assert with_faults(tested) == [FAULT, False]


def test_signs_and_negation() -> None:
    assert with_faults(negated(numbers([1, None, -(2**63)]))) == [-1, None, FAULT]
    assert inverted(Column(np.array([True, False]))).tolist() == [False, True]
    assert with_faults(inverted(numbers([1]))) == [FAULT]
