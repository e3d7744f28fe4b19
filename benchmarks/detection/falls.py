"""How many falls are told, and what is taken for one: the clips of $S4_DATA/video/fall, each in 20 ways.

    .venv/bin/python -m benchmarks.detection.falls [--unseen] [--fit] [--landings FILE]

As it is at five phases of the 5 pictures a second; mirrored; at 0.7 to 1.4 times its speed; at 4, 6 and 10 pictures a
second; with more noise; with half of the light; reduced to a half, a third and a fifth of its size, in an empty
picture with a sensor's noise; without what is above or below. Backwards, and at 0.35 of its speed, a fall is none any
more. Then everything else there is, as it is: each alarm there is a false one. Only the behaviour runs, nothing looks
for people. The random seeds are fixed.

`--unseen`: each person is judged by limits that were chosen without any clip of them, by the rule of `fall_limits`.
`--fit` chooses by everything and writes `fall.toml`; `--landings` keeps what was measured, for the next run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.detection.fall_limits import Shown, choose, told
from benchmarks.detection.fall_ways import CALM, OTHERS, WAYS, Timed, clips, read, sampled
from s4.core.clock import NS_PER_S
from s4.detection.video import landing
from s4.detection.video.descent import Descents
from s4.detection.video.landing import Landing, Limits, landing_of
from s4.detection.video.settings import Settings
from s4.detection.video.sight import grey_of


def landings(pictures: Timed) -> list[Landing]:
    """All that sinks, measured."""
    descents, found, time = Descents(Settings().person_height[0]), list[Landing](), 0
    for second, image in pictures:
        time, grey = round(second * NS_PER_S), grey_of(image)
        found += [landing_of(descent, grey, time) for descent in descents.see(grey, time)]
    return found + [landing_of(descent, grey, time) for descent in descents.close(time)]


def measured(root: Path) -> Iterator[Shown]:
    """Every clip, in every way."""
    for path in clips(root, ("fall",)):
        pictures, is_fall = read(path), "Fall" in path.name
        for name, way in (WAYS | CALM).items():
            yield Shown(path.stem, name, is_fall and name in WAYS, landings(way(pictures)))
        sys.stderr.write(f"\r{path.name:40}")
    for path in clips(root, OTHERS):
        yield Shown(f"{path.parent.name}/{path.stem}", "", False, landings(sampled(read(path))))
        sys.stderr.write(f"\r{path.name:40}")
    sys.stderr.write("\n")


def judge(known: list[Shown], limits: dict[str, Limits]) -> None:
    """Print what is told. `limits`: by the person, or by "" for all."""
    right: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[str]] = defaultdict(list)
    for shown in known:
        kind = "falls" if shown.is_fall else "lying down, getting up" if "Fall" in shown.clip else "daily life"
        name = f"{shown.person} {kind}" if shown.way else "elsewhere"
        is_told = told(shown, limits.get(shown.person) or limits[""])
        right[name].append(is_told)
        if is_told != shown.is_fall:
            wrong[shown.clip].append(shown.way)
    for name, each in sorted(right.items()):
        print(f"{name}: {sum(each)} of {len(each)} told as falls")
    for name, ways in wrong.items():
        print(f"wrong: {name}: {', '.join(ways)}")


def write(limits: Limits, path: Path) -> None:
    """The chosen limits, readable."""
    lines = ["# Chosen by `python -m benchmarks.detection.falls --fit`; `landing.Limits` says what each is.", ""]
    lines += [f"{name} = {value}" for name, value in msgspec.structs.asdict(limits).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(root: Path, kept: Path | None) -> list[Shown]:
    """What was measured before, or anew."""
    if kept and kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=list[Shown])
    known = list(measured(root))
    if kept:
        kept.write_bytes(msgspec.json.encode(known))
    return known


def main() -> None:
    """Measure, choose, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseen", action="store_true")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--landings", type=Path)
    args = parser.parse_args()
    known = load(Path(os.environ.get("S4_DATA", "../shared/data")) / "video", args.landings)
    limits = {"": choose(known) if args.fit or args.unseen else landing.limits()}
    if args.unseen:
        people = sorted({shown.person for shown in known if shown.way})
        limits |= {one: choose([shown for shown in known if shown.person != one or not shown.way]) for one in people}
    for name, one in limits.items():
        print(f"without {name}: {msgspec.structs.asdict(one)}" if name else f"all: {msgspec.structs.asdict(one)}")
    judge(known, limits)
    if args.fit:
        write(limits[""], Path(str(landing.__file__)).with_name("fall.toml"))


if __name__ == "__main__":
    main()
