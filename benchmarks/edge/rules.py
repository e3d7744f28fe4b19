"""Rules beside their peers: the same lines, the same answer, in turns, on this machine, now.

`python -m benchmarks.edge.rules [--rows N] [--rounds N]` for a smaller run; `s4 bench edge-rules` for the real one.
The peers come from `python -m benchmarks.edge.peers.install`; those that are not there are said to be missing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.edge import work
from benchmarks.edge.contender import CONTENDERS, OURS, Contender, Run
from benchmarks.edge.contender import run as run_once
from benchmarks.edge.peers import install
from benchmarks.figure import Figure

NAME = "edge-rules"
ROUNDS = 3
TARGETS = {OURS.name: 1e6, "s4, columnar batches from the bus": 8e6}
RATIOS = {"Pathway": 10.0, "Bytewax": 25.0}

Runs = dict[Contender, list[Run]]


def run() -> list[Figure]:
    """Three rounds of a million readings; in each, every contender once, and each round begins with another one."""
    return measure(work.ROWS, ROUNDS)


def measure(rows: int, rounds: int) -> list[Figure]:
    """Figures of `rounds` rounds of `rows` readings."""
    there = [one for one in CONTENDERS if not one.peer or install.is_there(one.peer)]
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as folder:
        runs = _rounds(Path(folder), there, rows, rounds)
    missing = [one.name for one in CONTENDERS if one not in there]
    wrong = [f"{one.name}: {ran.differs}" for one, made in runs.items() for ran in made if ran.differs]
    setting = f"{rows:,} readings, {rounds} rounds, seed {work.SEED}"
    return [
        *(_speed(one, made) for one, made in runs.items()),
        *(_ratio(one, made, runs[OURS]) for one, made in runs.items() if one.peer or "stdlib" in one.name),
        Figure(NAME, "runs whose alerts are not the right ones", float(len(wrong)), "runs", 0.0, note="; ".join(wrong)),
        Figure(NAME, "peers missing", float(len(missing)), "peers", note=", ".join([*missing, setting])),
    ]


def _rounds(folder: Path, there: list[Contender], rows: int, rounds: int) -> Runs:
    made, runs = work.Work(rows), Runs()
    answers = {one.share: made.right(rows // one.share) for one in there}
    for share in answers:
        made.write(folder / f"readings-{share}", rows // share)
    for number in range(rounds):
        for one in there[number % len(there) :] + there[: number % len(there)]:
            source, target = folder / f"readings-{one.share}", folder / "alerts"
            ran = run_once(one, source, target, answers[one.share], rows // one.share)
            runs.setdefault(one, []).append(ran)
            print(f"  round {number + 1}: {one.name} {ran.rows / ran.cpu_s:,.0f}/s", file=sys.stderr, flush=True)
    return {one: runs[one] for one in there}


def _speed(one: Contender, runs: list[Run]) -> Figure:
    speeds = [ran.rows / ran.cpu_s for ran in runs]
    wall = statistics.median(ran.rows / ran.wall_s for ran in runs)
    whole = statistics.median(ran.rows / ran.whole_s for ran in runs)
    note = f"{min(speeds):,.0f}-{max(speeds):,.0f}; by the clock {wall:,.0f}/s; with its start {whole:,.0f}; "
    name, middle = f"{one.name} → alerts", statistics.median(speeds)
    return Figure(NAME, name, middle, "obs/s per core", TARGETS.get(one.name), "more", note + runs[0].version)


def _ratio(one: Contender, runs: list[Run], ours: list[Run]) -> Figure:
    """By CPU of the work, of the same round."""
    ratios = [theirs.cpu_s / mine.cpu_s for theirs, mine in zip(runs, ours, strict=True)]
    note = f"{min(ratios):.1f}-{max(ratios):.1f}"
    return Figure(
        NAME,
        f"s4 from NDJSON, times {one.name}",
        statistics.median(ratios),
        "times",
        RATIOS.get(one.name),
        "more",
        note,
    )


def main() -> None:
    """Measure as the command line says and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=work.ROWS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    for figure in measure(asked.rows, asked.rounds):
        print(f"{figure.name:<60} {figure.value:>16,.6g} {figure.unit:<16} {figure.met or ''}\n    {figure.note}")


if __name__ == "__main__":
    main()
