"""The dialect's own cases, where they are at hand: what must come out, and every difference with its reason."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from s4.edge.sql.cases import CaseInput, answer_case

UNANSWERABLE = {
    "TestSingleSQLOmitError/TestSingleSQLErrorRule1": "wants errors left out; the same case elsewhere wants them told",
    "TestCheckpoint/TestCheckpointRule1": "its rule is stopped half way and restarted, which the case does not say",
    "TestProjectPlan_SendNil/1": "wants a null told; TestProjectPlan_Apply1/1, with the same rule and row, wants none",
    "TestProjectPlan_SendNil/2": "wants a null told, as above",
    "TestMiscFunc_Apply1/7": "wants a topic that the case does not give",
    "TestMiscFunc_Apply1/16": "wants a start of the rule that the case does not give",
}
"""Cases that contradict others, or ask for what they do not say."""


def same(one: Any, other: Any) -> bool:
    """Equal, but for the kind of a number and for keys whose value is null."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def same_rows(got: list[Any], want: list[Any], *, ordered: bool) -> bool:
    if ordered or len(got) != len(want):
        return same(got, want)
    rest = list(want)
    for row in got:
        hit = next((place for place, other in enumerate(rest) if same(row, other)), None)
        if hit is None:
            return False
        del rest[hit]
    return True


def case_input(case: dict[str, Any]) -> CaseInput | None:
    """The case as a rule and its rows; None for those that test a step of that engine alone."""
    common = {"name": case["name"], "sql": case["sql"]}
    if case["kind"] == "parse":
        return CaseInput(**common, parse_only=True)
    if case["kind"] == "rule":
        tolerance = (case["options"] or [{}])[0].get("LateTol") or {}
        given = {
            "streams": {name: stream["ddl"] for name, stream in case["streams"].items()},
            "tables": case["tables"],
            "event_time": bool(case["event_time"]),
            "late_tolerance_ms": tolerance.get("$duration_ns", 0) // 1_000_000,
            "rows": case["input"],
            "run_on_ms": case["post_leap_ms"] or 0,
        }
        return msgspec.convert(common | given, CaseInput)
    rows = case["input"] if isinstance(case["input"], list) else [case["input"]]
    if not all("row" in row for row in rows) or case["expected"] is None or "__meta" in str(case["expected"]):
        return None
    name = rows[0].get("stream", "test")
    ddl = f'CREATE STREAM {name} () WITH (DATASOURCE="{name}", FORMAT="json")'
    fed = [{"stream": name, "row": row["row"]} for row in rows]
    return msgspec.convert(common | {"streams": {name: ddl}, "rows": fed}, CaseInput)


def agrees(case: dict[str, Any], answer: dict[str, Any]) -> bool:
    want = case["expected"]
    if case["kind"] == "parse":
        return ("error" in answer) == (want.get("error") is not None)
    if "error" in answer:
        return False
    got = answer["emissions"]
    if case["kind"] == "rule":
        ordered = "order by" in case["sql"].lower()
        return len(got) == len(want) and all(same_rows(g, w, ordered=ordered) for g, w in zip(got, want, strict=True))
    if isinstance(case["input"], list):
        want = [row for rows in want for row in rows]
    return same([row for rows in got for row in rows], [row for row in want if isinstance(row, dict)])


def test_cases_of_the_dialect(data_dir: Path) -> None:
    file = data_dir / "rules" / "ekuiper_cases.json"
    if not file.is_file():
        pytest.skip(f"no cases at {file}")
    cases = [case for case in json.loads(file.read_text())["cases"] if case["kind"] != "func_call"]
    asked = {case["name"]: (case, made) for case in cases if (made := case_input(case)) is not None}
    assert len(asked) > 290
    differ = {name for name, (case, made) in asked.items() if not agrees(case, answer_case(made))}
    assert differ <= UNANSWERABLE.keys(), f"differ without a reason: {sorted(differ - UNANSWERABLE.keys())}"
    answerable = len(asked) - len(UNANSWERABLE)
    assert (answerable - len(differ - UNANSWERABLE.keys())) / answerable >= 0.99
