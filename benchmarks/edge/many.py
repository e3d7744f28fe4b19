"""Many rules at once: do 1,000 keep up with 100,000 readings a second, what do 10,000 weigh, how soon is one added.

Through the live stage (`queries`), from what lies on the bus to the detections. `python -m benchmarks.edge.many
[--seconds N] [--rules N]` for a smaller run; `s4 bench edge-many` for the real one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.child import resident_mib
from benchmarks.figure import Figure, percentile

NAME = "edge-many"
_ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
RULES, RESIDENT, ADDED = 1_000, 10_000, 1_000
_WARM = 2
_MOST_S = 1800


def run() -> list[Figure]:
    """Each part in a process of its own."""
    return measure(SECONDS, RULES, RESIDENT)


def measure(seconds: int, rules: int, resident: int) -> list[Figure]:
    """Figures of `rules` rules over `seconds` of readings, and of `resident` rules in memory."""
    busy, full = _part("busy", rules, seconds), _part("resident", resident, 5)
    lag = _part("lag", 1, 1)
    note = (
        f"{rules:,} rules ({busy['rows']:.0f} row by row), {seconds} s of readings, {busy['detections']:.0f} detections"
    )
    over = f"{resident:,} rules ({full['rows']:.0f} row by row), {ADDED:,} more added while readings came"
    longest = f"longest {busy['worst_ms']:.0f} ms"
    adding = f"longest {full['add_worst_ms']:.1f} ms"
    return [
        Figure(NAME, "cores that 100,000 readings/s take", busy["cores"], "cores", 2.0, note=note),
        Figure(NAME, "batches of 50 ms, p99 until stated", busy["p99_ms"], "ms", note=longest),
        Figure(NAME, "cores that one rule with lag() takes", lag["cores"], "cores", note="it sees every reading"),
        Figure(NAME, "resident with all rules", full["mib"], "MiB", 1024.0, note=over),
        Figure(NAME, "adding one rule, p99", full["add_p99_ms"], "ms", 50.0, note=adding),
        Figure(NAME, "a batch of 50 ms with all rules, p99", full["p99_ms"], "ms", note="5,000 readings"),
    ]  # fmt: skip


def _part(part: str, rules: int, seconds: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.edge.many", "--part", part, "--rules", str(rules)]
    command += ["--seconds", str(seconds)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=_MOST_S)
    if done.returncode:
        raise RuntimeError(f"{part} failed: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout))


def _work(part: str, rules: int, seconds: int) -> dict[str, float]:
    """One part, in this process."""
    import os

    from benchmarks.edge import city_rules
    from s4.runtime.wire import decode_batch, encode_batch

    mix = {"lag": (city_rules.ANALYTIC,)}.get(part, city_rules.MIX)
    stage = city_rules.stage()
    for rule in city_rules.rules(rules, mix):
        stage.book.add(rule)
    messages = [encode_batch(batch) for batch in city_rules.batches(seconds + _WARM)]
    warm, took, detections, used = len(messages) * _WARM // (seconds + _WARM), list[float](), 0, 0.0
    more = city_rules.rules(rules + ADDED, mix)
    fresh = [rule for n, rule in enumerate(more) if n >= rules and part == "resident"]
    added: list[float] = []
    for number, message in enumerate(messages):
        if number == warm:
            used = time.process_time()
        started = time.perf_counter()
        batch = decode_batch(message)
        detections += len(stage.step([batch], batch.received))
        took.append((time.perf_counter() - started) * 1000)
        for rule in fresh[number * 20 : number * 20 + 20]:
            started = time.perf_counter()
            stage.step([city_rules.command(rule)], batch.received)
            added.append((time.perf_counter() - started) * 1000)
    told = {
        "cores": (time.process_time() - used) / seconds, "p99_ms": percentile(took[warm:], 0.99),
        "worst_ms": max(took[warm:]), "detections": float(detections), "rows": float(len(stage.book.why)),
        "mib": resident_mib(os.getpid()),
    }  # fmt: skip
    if added:
        told |= {"add_p99_ms": percentile(added, 0.99), "add_worst_ms": max(added)}
    return told


def main() -> None:
    """One part as JSON, or all of them as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--part", default="")
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--resident", type=int, default=RESIDENT)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(_work(asked.part, asked.rules, asked.seconds)))
        return
    for figure in measure(asked.seconds, asked.rules, asked.resident):
        print(f"{figure.name:<60} {figure.value:>16,.6g} {figure.unit:<16} {figure.met}\n    {figure.note}")


if __name__ == "__main__":
    main()
