"""`s4 edge query` as people and checks call it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from s4.app.cli import main

DDL = """CREATE STREAM air (room STRING, t FLOAT, ts BIGINT) WITH (DATASOURCE="air/+", FORMAT="json", TIMESTAMP="ts");
CREATE TABLE rooms (room STRING, floor BIGINT) WITH (DATASOURCE="rooms.json", FORMAT="json");
"""
ROWS = [
    {"room": "hall", "t": 20, "ts": 1000},
    {"room": "hall", "t": 22, "ts": 4000},
    {"room": "roof", "t": 9, "ts": 11_000},
]
MEAN = "SELECT room, avg(t) AS mean FROM air GROUP BY room, TUMBLINGWINDOW(ss, 10)"


class Ran(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Ran]


def _to_the_end() -> None:
    main()
    sys.exit(0)


@pytest.fixture
def s4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`s4 edge query …`, run in this process."""

    def run(*args: str, stdin: str = "", cwd: Path) -> Ran:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["s4", "edge", "query", *args])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            _to_the_end()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "air.sql").write_text(DDL)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


def test_a_rule_over_a_file_of_rows(s4: Command, folder: Path) -> None:
    ran = s4(MEAN, "--ddl", "air.sql", "--input", "rows.jsonl", "--run-on", "10s", cwd=folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        [{"room": "hall", "mean": 21.0}],
        [{"room": "roof", "mean": 9.0}],
    ]


def test_rows_from_stdin_with_their_stream_and_times_by_event_time(s4: Command, folder: Path) -> None:
    order = [1, 0, 2]
    lines = [
        json.dumps({"stream": "air", "arrival_ts": 99_000, "event_ts": ROWS[n]["ts"], "row": ROWS[n]}) for n in order
    ]
    event_time = (MEAN, "--ddl", "air.sql", "--event-time", "--late")
    ran = s4(*event_time, "4s", "--out", "out.jsonl", stdin="\n".join(lines), cwd=folder)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert (folder / "out.jsonl").read_text() == ""
    ran = s4(*event_time, "1s", stdin="\n".join(lines), cwd=folder)
    assert json.loads(ran.stdout) == [{"room": "hall", "mean": 22.0}]
    assert ran.stderr == "watermark: 0 errors, 1 late, 0 dropped\n"


def test_explain(s4: Command, folder: Path) -> None:
    ran = s4(MEAN, "--ddl", "air.sql", "--explain", cwd=folder)
    assert ran.stdout.splitlines()[-1].strip() == "stream air"


@pytest.mark.parametrize(
    ("args", "line", "reason"),
    [
        (("SELECT t FROM air WERE t > 1", "--ddl", "air.sql"), "", "line 1 column 19"),
        (("SELECT x FROM air", "--ddl", "air.sql"), "", "x"),
        (("SELECT t FROM air", "--ddl", "none.sql"), "", "none.sql"),
        (("SELECT t FROM air", "--ddl", "air.sql", "--input", "none.jsonl"), "", "none.jsonl"),
        (("SELECT t FROM air", "--ddl", "air.sql", "--late", "soon"), "", "soon"),
        (("SELECT t FROM air", "--ddl", "air.sql"), "{", "line 1: is not JSON"),
        (("SELECT t FROM air", "--ddl", "air.sql"), "[]", "line 1: is not a JSON object"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    s4: Command, folder: Path, args: tuple[str, ...], line: str, reason: str
) -> None:
    ran = s4(*args, stdin=line, cwd=folder)
    assert ran.returncode == 1
    assert reason in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_without_a_statement_it_is_a_matter_of_usage(s4: Command, folder: Path) -> None:
    assert s4("--ddl", "air.sql", cwd=folder).returncode == 2


def test_errors_of_rows_are_told_and_counted(s4: Command, folder: Path) -> None:
    rows = '{"room": "hall", "t": 1}\n{"room": "hall", "t": "cold"}\n'
    ran = s4("SELECT t FROM air WHERE t > 0", "--ddl", "air.sql", stdin=rows, cwd=folder)
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        [{"t": 1.0}],
        [{"error": "run Where error: invalid operation string(cold) > int64(0)"}],
    ]
    assert "where: 1 errors" in ran.stderr


def test_many_cases(s4: Command, folder: Path) -> None:
    streams = {"air": DDL.split(";", 1)[0]}
    rows = [{"stream": "air", "arrival_ts": row["ts"], "event_ts": row["ts"], "row": row} for row in ROWS]
    cases = [
        {"name": "mean", "sql": MEAN, "streams": streams, "rows": rows, "run_on_ms": 10_000},
        {"name": "empty", "sql": "SELECT lower(none) AS x FROM air2 GROUP BY COUNTWINDOW(3)",
         "streams": {"air2": "CREATE STREAM air2 () WITH (FORMAT=\"json\")"},
         "rows": [{**row, "stream": "air2"} for row in rows]},
        {"name": "wrong", "sql": "SELECT t FROM air WHERE", "streams": streams, "rows": []},
        {"name": "read", "sql": "SELECT anything FROM anywhere", "streams": {}, "rows": [], "parse_only": True},
        {"name": "refused", "sql": "SELECT sin(true) FROM anywhere", "streams": {}, "rows": [], "parse_only": True},
    ]  # fmt: skip
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    ran = s4("--cases", "cases.jsonl", "--out", "results.jsonl", cwd=folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    mean, empty, wrong, read, refused = map(json.loads, (folder / "results.jsonl").read_text().splitlines())
    assert mean == {"name": "mean", "emissions": [[{"room": "hall", "mean": 21.0}], [{"room": "roof", "mean": 9.0}]]}
    assert empty == {"name": "empty", "emissions": [[[], [], []]]}
    assert wrong["error"].keys() == {"message", "line", "column"}
    assert (wrong["error"]["line"], wrong["error"]["column"]) == (1, 24)
    assert read == {"name": "read", "emissions": []}
    assert refused["error"]["line"] == 1


def test_a_line_that_is_no_case(s4: Command, folder: Path) -> None:
    (folder / "cases.jsonl").write_text('{"sql": 1}\n')
    ran = s4("--cases", "cases.jsonl", "--out", "results.jsonl", cwd=folder)
    assert ran.returncode == 1
    assert "cases.jsonl, line 1: is not a case" in ran.stderr
