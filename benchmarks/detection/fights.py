"""How well fights are told from anything else, on scenes that were not learnt from: the clips of $S4_DATA/video/fight.

    .venv/bin/python -m benchmarks.detection.fights [--fit] [--measures FILE]

Every clip is measured at three phases of the 5 pictures a second. A fold leaves out all clips of one scene or camera,
or of one uploader who cut several; the logistic regression is learnt from the others and from two seconds each of
everything else there is (crowds, roads, rooms), which together weigh half as much as the clips without a fight. Then
the numbers learnt without a scene judge its clips as the behaviour does. `--fit` learns from all and writes
`fight.toml`; `--measures` keeps what was measured, for the next run. Nothing is random.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.detection.video import verdict
from s4.detection.video.behaviours.fight import ENOUGH, Fight
from s4.detection.video.flow import Flow, Flows
from s4.detection.video.look import view_of
from s4.detection.video.scene import Statement
from s4.detection.video.settings import Settings
from s4.detection.video.turmoil import Measures, Turmoil
from s4.detection.video.verdict import FARTHEST, Verdict, Weight
from s4.sensing.recording import Recording

FPS = 5.0
PHASES = (0.0, 1 / 3, 2 / 3)
TRUE_FPS = {"vtest.avi": 7.0, "pets2006_3.mp4": 12.5, "video03.avi": 30.0}
ELSE_WEIGHS, RIDGE = 0.5, 3.0
EVERY = 10  # windows of what is no clip of fights
SHARED = (
    "fi001 nofi001",
    "fi006 fi011",
    "fi016 nofi016",
    "fi021 nofi046",
    "fi031 fi036 fi041 nofi031",
    "fi051 nofi041",
    "fi066 nofi096",
    "fi101 nofi021",
    "fi106 nofi026",
    "fi111 nofi036",
    "fi116 fi121 nofi051",
    "fi126 nofi061",
    "nofi121 nofi131 nofi136",
)
"""Clips of one scene, by eye; every other clip is a scene of its own."""
OTHERS = ("fall", "umn", "vtest", "misc", "aboda", "pets2006", "intel", "bgs")
Floats = NDArray[np.float64]


class Steps(msgspec.Struct):
    """One clip: its measures picture by picture, from the one on that has enough before it, or the last."""

    name: str
    scene: str
    is_fight: bool
    phase: float
    measures: list[Measures | None]


def scene_of(name: str) -> str:
    """The scene of a clip."""
    return next((row.split()[0] for row in SHARED if name in row.split()), name)


def clips(root: Path) -> Iterator[tuple[Path, str, bool, tuple[float, ...]]]:
    """Path, scene, whether it is a fight, phases."""
    for path in sorted(root.glob("fight/*/*.mp4")):
        yield path, scene_of(path.stem), path.parent.name == "fight", PHASES
    for folder in OTHERS:
        for path in sorted([*root.glob(f"{folder}/*.mp4"), *root.glob(f"{folder}/*.avi")]):
            yield path, f"{folder} {path.stem[:6]}", False, PHASES[:1]


def flows_of(path: Path, phase: float) -> Iterator[tuple[int, int, Flow | None]]:
    """Time (ns), height, flow, five times a second from a phase on."""
    flows, settings = Flows(), Settings()
    due, last = phase / FPS, 0.0
    for frame in Recording([path], fps=TRUE_FPS.get(path.name, 0.0), width=640, trouble=_raise).frames():
        second = frame.time / NS_PER_S
        if second + 1e-6 < due:
            continue
        due += 1 / FPS
        view = view_of(frame, settings)
        yield frame.time, view.height, flows.next(view.reduce(frame.image), max(second - last, 1e-3))
        last = second


def _raise(error: InputError) -> None:
    raise error


def measured(path: Path, phase: float) -> list[Measures | None]:
    """What a clip shows, picture by picture; of a short one, at its end."""
    turmoil, found = Turmoil(), list[Measures | None]()
    for time, height, flow in flows_of(path, phase):
        if flow is None:
            continue
        turmoil.see(flow.motion, height, time)
        if turmoil.lasted >= ENOUGH:
            found.append(turmoil.measure())
    return found or [turmoil.measure()]


def read(root: Path) -> list[Steps]:
    """Everything, measured."""
    found: list[Steps] = []
    for path, scene, is_fight, phases in clips(root):
        found += [Steps(path.stem, scene, is_fight, phase, measured(path, phase)) for phase in phases]
        sys.stderr.write(f"\r{path.name:40}")
    sys.stderr.write("\n")
    return found


class Table(NamedTuple):
    """Measures, whether a fight, the scene, the weight of each row."""

    values: Floats
    fights: Floats
    scenes: list[str]
    weights: Floats


def table_of(all_steps: list[Steps]) -> Table:
    """One row for each clip and phase (its first judgement), and for windows of everything else."""
    rows: list[tuple[tuple[float, float, float], bool, str, float]] = []
    for steps in all_steps:
        is_clip = steps.scene.split()[0] not in OTHERS
        for one in steps.measures[:1] if is_clip else steps.measures[::EVERY]:
            if one is not None:
                weight = 1 / len(PHASES) if is_clip else 0.0
                rows.append(((one.jerk, one.stay, one.discord), steps.is_fight, steps.scene, weight))
    weights = np.array([row[3] for row in rows])
    fights = np.array([float(row[1]) for row in rows])
    without = weights[fights == 0].sum()
    weights[weights == 0] = ELSE_WEIGHS * without / max((weights == 0).sum(), 1)
    weights[fights == 1] *= weights[fights == 0].sum() / weights[fights == 1].sum()
    return Table(np.array([row[0] for row in rows]), fights, [row[2] for row in rows], weights)


def fit(table: Table, without: str = "") -> Verdict:
    """Ridge-penalised logistic regression by Newton's method, without one scene."""
    kept = np.array([scene != without for scene in table.scenes])
    values, fights, weights = table.values[kept], table.fights[kept], table.weights[kept]
    mean = np.average(values, axis=0, weights=weights)
    spread = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
    inputs = np.c_[np.clip((values - mean) / spread, -FARTHEST, FARTHEST), np.ones(len(values))]
    beta, penalty = np.zeros(4), np.diag([RIDGE, RIDGE, RIDGE, 1e-3])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-inputs @ beta))
        slope = inputs.T @ (weights * (chance - fights)) + penalty @ beta
        curve = (inputs * (weights * chance * (1 - chance))[:, None]).T @ inputs + penalty
        beta -= np.linalg.solve(curve, slope)
    parts = [Weight(*(round(float(v), 4) for v in one)) for one in zip(mean, spread, beta[:3], strict=True)]
    return Verdict(round(float(beta[3]), 4), *parts)


def alarms(steps: Steps, numbers: Verdict) -> int:
    """How often the behaviour would begin to tell of a fight, with these numbers."""
    behaviour, time, said = Fight(Settings(), (), numbers), 0, list[Statement]()
    for index, one in enumerate(steps.measures):
        time = round((index + ENOUGH) * NS_PER_S / FPS)
        said += behaviour.weigh(one, time)
    return sum(one.phase == "start" for one in [*said, *behaviour.close(time)])


def judge(all_steps: list[Steps], table: Table) -> None:
    """Print the figures, by scenes left out."""
    right: dict[tuple[float, bool], list[bool]] = defaultdict(list)
    wrong = list[str]()
    false, seconds = defaultdict[str, int](int), defaultdict[str, float](float)
    scores: dict[bool, list[float]] = {True: [], False: []}
    numbers = {scene: fit(table, scene) for scene in set(table.scenes)}
    for steps in all_steps:
        learnt = numbers.get(steps.scene) or fit(table)
        count = alarms(steps, learnt)
        if steps.scene.split()[0] in OTHERS:
            false[steps.scene] += count
            seconds[steps.scene] += (len(steps.measures) + ENOUGH) / FPS
            continue
        right[steps.phase, steps.is_fight].append((count > 0) == steps.is_fight)
        scores[steps.is_fight].append(learnt.score(steps.measures[0]))
        if (count > 0) != steps.is_fight:
            wrong.append(f"{steps.name}/{steps.phase:.1f}")
    for phase in PHASES:
        found, quiet = (float(np.mean(right[phase, kind])) for kind in (True, False))
        print(f"phase {phase:.2f}: fights told {found:.2f}, others not {quiet:.2f}, balanced {(found + quiet) / 2:.3f}")
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[True] for b in scores[False]]
    print(f"area under the curve {np.mean(pairs):.3f}; wrong: {' '.join(wrong)}")
    for scene, count in false.items():
        print(f"{scene}: {count} alarms in {seconds[scene]:.0f} s")
    print(f"elsewhere: {sum(false.values())} alarms in {sum(seconds.values()) / 60:.1f} minutes")


def write(numbers: Verdict, path: Path) -> None:
    """The learnt numbers, readable."""
    lines = [
        "# Learnt by `python -m benchmarks.detection.fights --fit`: a logistic regression over three measures.",
        "",
    ]
    lines.append(f"bias = {numbers.bias}")
    for name in ("jerk", "stay", "discord"):
        values = msgspec.structs.asdict(getattr(numbers, name))
        lines += ["", f"[{name}]", *(f"{field} = {value}" for field, value in values.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, judge, perhaps learn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--measures", type=Path)
    args = parser.parse_args()
    root = Path(os.environ.get("S4_DATA", "../shared/data")) / "video"
    if args.measures and args.measures.exists():
        all_steps = msgspec.json.decode(args.measures.read_bytes(), type=list[Steps])
    else:
        all_steps = read(root)
        if args.measures:
            args.measures.write_bytes(msgspec.json.encode(all_steps))
    table = table_of(all_steps)
    judge(all_steps, table)
    if args.fit:
        write(fit(table), Path(str(verdict.__file__)).with_name("fight.toml"))


if __name__ == "__main__":
    main()
