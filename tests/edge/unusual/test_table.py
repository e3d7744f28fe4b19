"""`s4 sense series`: the file, the columns, the complaints, the lines."""

import json
import subprocess
import sys
from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S, parse_time
from s4.core.errors import InputError
from s4.edge.unusual.table import Row, read_series

HEAD = "timestamp,value\n"


def rows(text: str, **columns: str) -> list[Row]:
    return list(read_series(text.splitlines(keepends=True), file="a.csv", **columns))


def test_times_of_every_usual_kind() -> None:
    instant = parse_time("2026-05-01T18:00:00Z")
    texts = ["2026-05-01T18:00:00Z", "2026-05-01 18:00:00", "2026-05-01T20:00:00+02:00", "1777658400", "1777658400000"]
    texts += ["1777658400000000", "1777658400000000000"]
    assert [row.time for row in rows(HEAD + "".join(f"{text},1\n" for text in texts))] == [instant] * len(texts)
    assert rows(HEAD + "0.25,1\n")[0].time == NS_PER_S // 4


def test_columns_by_name_number_or_guess() -> None:
    text = '"date","room","co2"\n"1","2026-05-01 18:00:00","a",420\n"2","2026-05-01 18:01:00","a",421\n'
    assert [row.value for row in rows(text)] == [420.0, 421.0]
    assert [row.value for row in rows(text, value="co2")] == [420.0, 421.0]
    assert [row.value for row in rows(text, time="1", value="3")] == [420.0, 421.0]


def test_missing_values_are_not_numbers() -> None:
    found = rows(HEAD + "1,\n2,NA\n3,nan\n4,-inf\n5,7\n")
    assert [isnan(row.value) for row in found] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("text", "columns", "reason"),
    [
        ("", {}, "a.csv: is empty"),
        (HEAD + "1,2\nx,3\n", {}, "a.csv, line 3, timestamp: 'x' is no time"),
        (HEAD + "1,2\n2,abc\n", {}, "a.csv, line 3, value: 'abc' is not a number"),
        (HEAD + "1,2\n2\n", {}, "a.csv, line 3: has 1 cells, not 2"),
        (HEAD + "1,2\n", {"value": "co2"}, "there is no column 'co2' (there are: timestamp, value)"),
        ("a,b\n1,x\n", {}, "has no column of numbers"),
        (HEAD + "1e300,2\n", {}, "is no time"),
        (HEAD + "1," + "9" * 2_000_000 + "\n", {}, "line 2: is longer than"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, columns: dict[str, str], reason: str) -> None:
    with pytest.raises(InputError) as caught:
        rows(text, **columns)
    assert reason in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_gives_rows_or_one_reason(text: str) -> None:
    found: list[Row] = []
    try:
        found = rows(HEAD + text)
    except InputError as error:
        reason = str(error)
    else:
        reason = "a.csv"
    assert reason.startswith("a.csv")
    assert all(isinstance(row.time, int) for row in found)


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("s4")), "sense", "series", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_prints_a_line_a_row(tmp_path: Path) -> None:
    text = HEAD + "".join(
        f"2026-05-01 {i // 60:02}:{i % 60:02}:00,{20 + i % 7 + 500 * (i == 400)}\n" for i in range(450)
    )
    (tmp_path / "a.csv").write_text(text)
    done = run(str(tmp_path / "a.csv"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [sorted(line) for line in lines] == [["label", "score", "ts"]] * 450
    assert lines[0]["ts"] == "2026-05-01 00:00:00"
    assert max(range(200, 450), key=lambda i: lines[i]["score"]) == 400
    again = run("-", "--time", "timestamp", "--value", "value", "--out", str(tmp_path / "out.jsonl"), stdin=text)
    assert (again.returncode, again.stdout) == (0, "")
    assert (tmp_path / "out.jsonl").read_text() == done.stdout


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    missing = run(str(tmp_path / "none.csv"))
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "none.csv: No such file" in missing.stderr
    (tmp_path / "b.csv").write_text(HEAD + "1,2\n2,abc\n")
    bad = run(str(tmp_path / "b.csv"))
    assert bad.returncode == 1
    assert bad.stderr.strip().endswith("b.csv, line 3, value: 'abc' is not a number")
    (tmp_path / "c.csv").write_bytes(b"\xff\xfe\x00")
    assert run(str(tmp_path / "c.csv")).returncode == 1
