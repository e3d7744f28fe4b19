"""`s4 edge`: the edge node's own tools: a rule tried over recorded rows."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from s4.edge.sql.query import Emission, Query
    from s4.edge.sql.replay import Replay

_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The edge node: rules over what devices say.", no_args_is_help=True)
    group.command("query")(query)
    app.add_typer(group, name="edge")


def query(
    sql: Annotated[str, typer.Argument(help="The rule's statement.")] = "",
    ddl: Annotated[Path | None, typer.Option(help="CREATE STREAM and CREATE TABLE statements.")] = None,
    input_: Annotated[str, typer.Option("--input", help="Rows, a JSON object a line; - for stdin.")] = "-",
    out: Annotated[Path | None, typer.Option(help="Where to write; stdout when left out.")] = None,
    event_time: Annotated[bool, typer.Option("--event-time", help="Go by the rows' own times.")] = False,
    late: Annotated[str, typer.Option(help="How late a row may be by event time: 500ms, 1s, 2m.")] = "0s",
    run_on: Annotated[str, typer.Option(help="How long the clock runs on after the last row.")] = "0s",
    explain: Annotated[bool, typer.Option("--explain", help="Show what would be done, and stop.")] = False,
    cases: Annotated[Path | None, typer.Option(help="Run many cases instead, one JSON object a line.")] = None,
) -> None:
    """Replay rows through one rule; prints one emission (a JSON list of rows) a line.

    \b
    Example:
      s4 edge query "SELECT avg(t) AS mean FROM air GROUP BY TUMBLINGWINDOW(ss, 10)" --ddl air.sql --input rows.jsonl
    """
    from s4.core.errors import InputError

    if cases is not None:
        _run_cases(cases, out)
        return
    if not sql or ddl is None:
        raise typer.BadParameter("give a statement and --ddl FILE, or --cases FILE")
    from s4.edge.sql.query import Options
    from s4.edge.sql.replay import Replay, read_ddl

    try:
        streams = read_ddl(ddl.read_text(encoding="utf-8"), str(ddl))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(ddl)) from None
    replay = Replay(sql, streams, Options(event_time=event_time, late_ms=duration_ms(late)))
    if explain:
        typer.echo(replay.query.explain())
        return
    _replay(replay, input_, out, duration_ms(run_on))


def duration_ms(text: str) -> int:
    """A duration in ms.

    >>> duration_ms("1.5s")
    1500
    """
    from s4.core.errors import InputError

    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text.strip())
    if match is None:
        raise InputError(f"{text!r} is no duration; say 500ms, 1s, 2m, 1h or 1d")
    return round(float(match[1]) * _MS[match[2]])


def _replay(replay: Replay, source: str, out: Path | None, run_on: int) -> None:
    from s4.app.output import lines_to

    with _lines(source) as lines, lines_to(out) as write:
        for emission in replay.run(lines, source):
            write(_line(emission))
        for emission in replay.run_on(run_on):
            write(_line(emission))
    _complain(replay.query)


def _line(emission: Emission) -> bytes:
    import msgspec

    rows: Any = [{"error": emission.error}] if emission.error else emission.rows
    return msgspec.json.encode(rows)


def _complain(query: Query) -> None:
    for step, counter in query.counters.items():
        if counter.errors or counter.late or counter.dropped:
            sys.stderr.write(
                f"{step}: {counter.errors} errors, {counter.late} late, {counter.dropped} dropped"
                + (f"; last: {counter.reason}\n" if counter.reason else "\n")
            )


def _run_cases(cases: Path, out: Path | None) -> None:
    import msgspec

    from s4.app.output import lines_to
    from s4.core.errors import InputError
    from s4.edge.sql.cases import CaseInput, answer_case

    with _lines(str(cases)) as lines, lines_to(out) as write:
        for number, line in enumerate(lines, 1):
            try:
                case = msgspec.json.decode(line, type=CaseInput)
            except msgspec.DecodeError as error:
                raise InputError(f"is not a case: {error}", file=str(cases), line=number) from None
            write(msgspec.json.encode(answer_case(case)))


@contextmanager
def _lines(source: str) -> Iterator[Iterable[bytes]]:
    from s4.core.errors import InputError

    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 - closed below, opened where its errors are known
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=source) from None
    with file:
        yield file
