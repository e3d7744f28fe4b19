"""How well unusual readings are found: the Numenta Anomaly Benchmark, standard profile, beside a windowed Gaussian.

    .venv/bin/python -m benchmarks.edge.nab            # needs the recordings ($S4_DATA, default ../shared/data)
    .venv/bin/python -m benchmarks.edge.nab --scores DIR   # also write the scores, a/b.jsonl for each a/b.csv

The files in `nab_split.toml` under `tuning` were looked at while the defaults were chosen, those under `held_out` as
seldom as `docs/rooms/edge.md` says. The baseline is the windowed Gaussian that comes with the benchmark (window 6,400,
step 100), written anew.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure

NAME = "nab"
HERE = Path(__file__).resolve().parent
FALSE_ALARM = 0.11
Floats = NDArray[np.float64]


class Recording(NamedTuple):
    """One file: seconds, values, and the (first row, last row) of each labelled window."""

    seconds: NDArray[np.int64]
    values: Floats
    windows: list[tuple[int, int]]


def folder() -> Path:
    return Path(os.environ.get("S4_DATA") or HERE.parents[2] / "shared" / "data") / "nab"


def load(root: Path, name: str, labels: dict[str, Any]) -> Recording:
    with (root / "data" / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    seconds = np.array([_seconds(row["timestamp"]) for row in rows], np.int64)
    windows = []
    for first, last in labels[name]:
        inside = np.flatnonzero((seconds >= _seconds(first)) & (seconds <= _seconds(last)))
        if len(inside):
            windows.append((int(inside[0]), int(inside[-1])))
    return Recording(seconds, np.array([float(row["value"]) for row in rows]), windows)


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(microsecond=0, tzinfo=UTC).timestamp())


def _sigmoid(x: Any) -> Any:
    return 2.0 / (1.0 + np.exp(5.0 * x)) - 1.0


def gains(recording: Recording) -> tuple[NDArray[np.int64], Floats]:
    """Per row: the number of its window (-1 outside) and what an alarm there is worth."""
    count = len(recording.values)
    window, worth = np.full(count, -1), np.full(count, -FALSE_ALARM)
    for number, (first, last) in enumerate(recording.windows):
        following = recording.windows[number + 1][0] if number + 1 < len(recording.windows) else count
        rows = np.arange(first, last + 1)
        window[rows] = number
        worth[rows] = _sigmoid(-(last - rows + 1) / (last - first + 1)) / _sigmoid(-1.0)
        after = np.arange(last + 1, following)
        past = (after - last) / (last - first) if last > first else np.full(len(after), 9.0)
        worth[after] = np.where(past <= 3, _sigmoid(np.minimum(past, 3.0)), -1.0) * FALSE_ALARM
    return window, worth


def standard_score(recordings: dict[str, Recording], scores: dict[str, Floats]) -> float:
    """The benchmark's score at the best single threshold for all these files: 0 says nothing ever, 100 all at once."""
    levels, steps, windows = [], [], 0
    for name, recording in recordings.items():
        window, worth = gains(recording)
        skip = min(int(0.15 * len(worth)), 750)
        windows += sum(last >= skip for _, last in recording.windows)
        score, step = scores[name][skip:], worth[skip:].copy()
        for number in range(len(recording.windows)):
            rows = np.flatnonzero(window[skip:] == number)
            if len(rows):
                falling = rows[np.argsort(-score[rows], kind="stable")]
                best = np.maximum.accumulate(step[falling])
                step[falling] = np.diff(best, prepend=-1.0)
        levels.append(score)
        steps.append(step)
    level, step = np.concatenate(levels), np.concatenate(steps)
    order = np.argsort(-level, kind="stable")
    total = np.cumsum(step[order]) - windows
    whole = np.flatnonzero(np.diff(level[order], append=-np.inf) != 0)
    best_total = max(-float(windows), float(total[whole].max()))
    return 100.0 * (best_total + windows) / (2.0 * windows)


def windowed_gaussian(values: Floats, window: int = 6400, step: int = 100) -> Floats:
    """One minus the tail probability under the mean and deviation of the window so far, moved on every `step` rows."""
    scores, held, waiting = np.zeros(len(values)), list(values[:0]), list(values[:0])
    mean = deviation = 0.0
    for i, value in enumerate(values):
        if held:
            scores[i] = 1.0 - 0.5 * math.erfc(abs(value - mean) / deviation / 1.4142)
        if len(held) < window:
            held.append(value)
        else:
            waiting.append(value)
            if len(waiting) < step:
                continue
            held, waiting = held[step:] + waiting, []
        mean, deviation = float(np.mean(held)), float(np.std(held)) or 1e-6
    return scores


def ours(recordings: dict[str, Recording]) -> tuple[dict[str, Floats], float]:
    """Our scores with the defaults, all files side by side as a stage would see them; and seconds of processor time."""
    from s4.edge.unusual.watch import Watch

    watch, found = Watch(), {name: np.zeros(len(one.values)) for name, one in recordings.items()}
    every = list(recordings.items())
    started = time.process_time()
    for row in range(max(len(one.values) for one in recordings.values())):
        some = [i for i, (_, one) in enumerate(every) if row < len(one.values)]
        seconds = np.array([every[i][1].seconds[row] for i in some])
        values = np.array([every[i][1].values[row] for i in some])
        verdict = watch.take(np.array(some), seconds * 10**9, values)
        for i, score in zip(some, verdict.score.tolist(), strict=True):
            found[every[i][0]][row] = score
    return found, time.process_time() - started


def run(out: Path | None = None) -> list[Figure]:
    """Both detectors on both halves of the files. Empty, with a line, when the recordings are not there."""
    root = folder()
    if not root.is_dir():
        sys.stderr.write(f"nab: no recordings at {root}; set S4_DATA to the folder that holds them\n")
        return []
    labels = json.loads((root / "labels" / "combined_windows.json").read_text())
    split = tomllib.loads((HERE / "nab_split.toml").read_text())
    every = {name: load(root, name, labels) for part in ("tuning", "held_out") for name in split[part]}
    found, seconds = ours(every)
    gaussian = {name: windowed_gaussian(one.values) for name, one in every.items()}
    if out is not None:
        write(out, found)
    figures = []
    for part, title, target in (("tuning", "tuning", None), ("held_out", "held-out", 58.0)):
        files = {name: every[name] for name in split[part]}
        note = f"windowed Gaussian {standard_score(files, gaussian):.1f} on the same {len(files)} files"
        figures.append(Figure(NAME, f"score, {title} files", standard_score(files, found), "", target, "more", note))
    note = f"windowed Gaussian {standard_score(every, gaussian):.1f} on the same {len(every)} files"
    figures.append(Figure(NAME, "score, all files", standard_score(every, found), "", None, "more", note))
    rows = sum(len(one.values) for one in every.values())
    figures.append(Figure(NAME, f"a reading, {len(every)} series at once", seconds / rows * 1e6, "µs"))
    return figures


def write(out: Path, scores: dict[str, Floats]) -> None:
    """One line a row, as the benchmark's scorers read it."""
    for name, values in scores.items():
        path = (out / name).with_suffix(".jsonl")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f'{{"ts": {i}, "score": {value:.6f}}}\n' for i, value in enumerate(values)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path)
    for figure in run(parser.parse_args().scores):
        print(f"{figure.name:<40} {figure.value:8.2f} {figure.unit}   {figure.note}")
