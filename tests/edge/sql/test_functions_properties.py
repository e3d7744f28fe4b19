"""Whatever a function is given, it answers or says why not, soon; and its vector form says the same."""

import math
import random
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from s4.edge.sql.functions.coerce import LONGEST
from s4.edge.sql.functions.function import Function, FunctionError
from s4.edge.sql.functions.registry import FAMILIES, FUNCTIONS
from s4.edge.sql.tree import Binary, Const, Expr, Field, Unary

NAMES = sorted(FUNCTIONS)
KINDS = (type(None), bool, int, float, str, bytes, list, dict)

texts = st.text(max_size=20) | st.sampled_from(
    ["base64", "zlib", "zstd", "bigint", "datetime", "$.a[*]", "$..a", "(a+)+$", "a{999}", "en_US", "1h", "2024-02-30",
     "yyyy-MM-dd'", "0x1F", "eyJ9", "topic", "UTC", "upper", "\ud800", "1e999", "\\"]
)  # fmt: skip
scalars = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([10**400, -(2**63), 2**63, 10**9, 0, 1, 2, -1])
    | st.floats() | texts | st.binary(max_size=8)
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3), max_leaves=12
)


class Place:
    """A row's surroundings, as an executor gives them."""

    def window(self) -> tuple[int, int] | None:
        return (1_000, 2_000)

    def trigger(self) -> int | None:
        return 2_000

    def event_time(self) -> int:
        return 1_500

    def now(self) -> int:
        return 1_568_854_515_123

    def rule(self) -> str:
        return "rule0"

    def started(self) -> int:
        return 500

    def number(self) -> int:
        return 3

    def meta(self, key: str, stream: str) -> Any:
        return {"topic": "devices/1", "nested": {"a": 1}}.get(key)

    def hits(self) -> tuple[int, int, int, int]:
        return (4, 5, 6, 7)


def arguments(data: st.DataObject, function: Function) -> list[Any]:
    most = function.least + 3 if function.most is None else function.most
    count = data.draw(st.integers(function.least, most))
    if function.takes_name:
        return [Place(), data.draw(st.sampled_from(["topic", "nested", "none"])), ""]
    if function.role == "aggregate":
        columns = count + function.takes_rows
        size = data.draw(st.integers(0, 5))
        return [data.draw(st.lists(values, min_size=size, max_size=size) | values) for _ in range(columns)]
    args = [data.draw(values) for _ in range(count)]
    if function.role == "columns":
        args.append([f"c{at}" for at in range(count)])
    if function.role == "window":
        return [Place(), *args]
    return [{}, data.draw(st.booleans()), *args] if function.remembers else args


def sane(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return all(sane(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return all(isinstance(name, str) and sane(one, depth + 1) for name, one in value.items())
    return isinstance(value, KINDS)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=25)
def test_it_answers_or_says_why_not(name: str, data: st.DataObject) -> None:
    function = FUNCTIONS[name]
    args = arguments(data, function)
    before = repr(args[2:] if function.remembers else args[1:] if function.role == "window" else args)
    said, got = "", None
    try:
        got = function.call(*args)
    except FunctionError as reason:
        said = str(reason) or "nothing\n"
    assert "\n" not in said
    assert sane(got)
    after = repr(args[2:] if function.remembers else args[1:] if function.role == "window" else args)
    assert before == after, "a function must not change what it is given"


exprs: st.SearchStrategy[Expr] = st.one_of(
    st.builds(lambda value: Const(value=value), st.none() | st.booleans() | st.integers() | st.floats() | texts),
    st.builds(lambda name: Field(name=name), st.sampled_from(["a", "ss", "MI", "topic"])),
    st.builds(lambda value: Unary(op="-", operand=Const(value=value)), st.integers() | st.floats()),
    st.just(Binary(op="=", left=Field(name="a"), right=Const(value=1))),
)


@pytest.mark.parametrize("name", NAMES)
@given(args=st.lists(exprs, max_size=5))
@settings(max_examples=10)
def test_a_check_says_nothing_or_one_line(name: str, args: list[Expr]) -> None:
    check = FUNCTIONS[name].check
    said = None if check is None else check(args)
    assert said is None or (said and "\n" not in said)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


BIG: dict[str, Any] = {
    "deep": deep(5_000), "long": "a" * LONGEST, "digits": "9" * 100_000, "many": list(range(100_000)),
    "brackets": "(" * 900, "large": 10**5000,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", BIG)
def test_large_values_end_soon(name: str, kind: str) -> None:
    function, big = FUNCTIONS[name], BIG[kind]
    if function.takes_name or function.role == "window":
        return
    count = max(function.least, 1)
    columns: list[Any] = [[big] * 2 for _ in range(count + function.takes_rows)]
    args = columns if function.role == "aggregate" else [big] * count
    if function.role == "columns":
        args.append(["a"] * count)
    if function.most == 0:
        return
    start = time.process_time()
    with suppress(FunctionError):
        function.call(*([{}, True] if function.remembers else []), *args)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("regexp_matches", ("a" * 100_000 + "b", "(a+)+$")),
        ("regexp_replace", ("a" * 100_000, "(a|a)*?$", "x")),
        ("lpad", ("x", 10**12)),
        ("repeat", ("x", 10**12)),
        ("sequence", (0, 10**15)),
        ("format", (1.5, 10**9)),
        ("json_path_query", ({"a": [[[[[list(range(10))] * 10] * 10] * 10] * 10]}, "$" + "..*" * 12)),
        ("round", (1.5, -(10**9))),
    ],
)
def test_what_would_take_for_ever_does_not(name: str, args: tuple[Any, ...]) -> None:
    start = time.process_time()
    with suppress(FunctionError):
        FUNCTIONS[name].call(*args)
    assert time.process_time() - start < 3


def test_a_packed_bomb_is_refused() -> None:
    for method in ("zlib", "gzip", "flate", "zstd"):
        packed = FUNCTIONS["compress"].call(b"0" * (LONGEST * 3), method)
        assert len(packed) < LONGEST
        with pytest.raises(FunctionError, match="longer"):
            FUNCTIONS["decompress"].call(packed, method)


SCALAR_VECTORS = [name for name in NAMES if FUNCTIONS[name].vector and FUNCTIONS[name].role == "scalar"]
AGGREGATE_VECTORS = [name for name in NAMES if FUNCTIONS[name].vector and FUNCTIONS[name].role == "aggregate"]
whole = st.integers(-(2**53), 2**53)
floats = st.floats(allow_nan=True, allow_infinity=False, width=64)


def close(one: Any, other: Any, scale: float = 0.0) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return math.isclose(one, other, rel_tol=1e-13, abs_tol=1e-300 + scale * 1e-12) or one == other


@pytest.mark.parametrize("name", SCALAR_VECTORS)
@given(data=st.data())
@settings(max_examples=40)
def test_the_vector_form_says_the_same_of_each_row(name: str, data: st.DataObject) -> None:
    function = FUNCTIONS[name]
    assert function.vector is not None
    rows = data.draw(st.integers(1, 6))
    kind = st.sampled_from([whole, floats]) if not name.startswith("bit") else st.just(whole)
    columns = [
        data.draw(st.lists(data.draw(kind), min_size=rows, max_size=rows))
        for _ in range(data.draw(st.integers(function.least, function.most or 1)))
    ]
    arrays = [np.array(one, np.float64 if any(isinstance(v, float) for v in one) else np.int64) for one in columns]
    got = np.asarray(function.vector(*arrays))
    for at in range(rows):
        args = [None if isinstance(one[at], float) and math.isnan(one[at]) else one[at] for one in columns]
        alone = None if None in args else function.call(*args)
        together = got[at].item()
        assert close(None if isinstance(together, float) and math.isnan(together) else together, alone), args


@pytest.mark.parametrize("name", AGGREGATE_VECTORS)
@given(column=st.lists(whole, max_size=20) | st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), max_size=20))
@example(column=[2**53] * 3)
def test_the_vector_form_says_the_same_of_a_column(name: str, column: list[int | float]) -> None:
    function = FUNCTIONS[name]
    assert function.vector is not None
    is_float = any(isinstance(one, float) for one in column)
    nulls: list[Any] = [None if isinstance(one, float) and math.isnan(one) else one for one in column]
    scale = max((abs(one) for one in nulls if one is not None), default=0.0)
    alone = function.call(nulls)
    together = function.vector(np.array(column, np.float64 if is_float else np.int64))
    assert close(alone, together, float(scale) ** 2 if name.startswith("var") else float(scale))
    assert type(alone) is type(together)


def test_bits_of_floats_are_left_to_the_rows() -> None:
    vector = FUNCTIONS["bitand"].vector
    assert vector is not None
    with pytest.raises(FunctionError):
        vector(np.array([1.5]), np.array([1.0]))


def test_a_shuffled_array_holds_the_same() -> None:
    random.seed(1)
    assert sorted(FUNCTIONS["array_shuffle"].call([3, 1, 2])) == [1, 2, 3]


def test_names_are_lower_case_and_stand_once() -> None:
    names = [one.name for family in FAMILIES for one in family.FUNCTIONS]
    assert len(names) == len(set(names)) == len(FUNCTIONS)
    assert all(name == name.lower() for name in names)


def test_every_function_tells_what_it_does_in_one_line() -> None:
    for function in FUNCTIONS.values():
        assert function.text.endswith(".")
        assert "\n" not in function.text
        assert function.most is None or function.least <= function.most
