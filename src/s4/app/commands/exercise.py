"""`s4 exercise`: film seeded clips with their truth, and see what the detectors make of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s4.exercise.training.scene import Scene
    from s4.exercise.training.score import People, Tally
    from s4.exercise.training.truth import Truth

_Jobs = Annotated[int, typer.Option(min=1, max=256, help="Processes side by side.")]
_Result = tuple["Truth", "dict[str, Tally]", "People"]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="A training ground: clips drawn with their exact truth.", no_args_is_help=True)
    group.callback()(_group)
    group.command("render")(render)
    group.command("grid")(grid)
    group.command("score")(score)
    app.add_typer(group, name="exercise")


def _group() -> None:
    """A training ground: clips drawn with their exact truth."""


def render(
    out: Annotated[Path, typer.Argument(help="The clip to write (MP4); its truth is written beside it.")],
    act: Annotated[str, typer.Option(help="What happens.")] = "walkers",
    seed: Annotated[int, typer.Option(min=0, help="Who, where and which way.")] = 1,
    set_: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE of the scene.")] = None,
) -> None:
    """Film one scene: an MP4, its truth (JSON), and a camera's file where it needs a zone.

    \b
    Examples:
      s4 exercise render bag.mp4 --act bag_left --set light=evening --set rain=0.5 --set people=12
      s4 exercise render hand.mp4 --act walkers --set "tamper=covered, hand"
    """
    from s4.exercise.training.clip import render as film

    truth = film(_scene(act, seed, set_ or []), out)
    for one in truth.acts:
        typer.echo(f"{one.kind}: {one.start_s:.2f} to {one.end_s:.2f} s, frames {one.start_frame} to {one.end_frame}")
    typer.echo(f"{out}: {truth.seconds:.1f} s, {len(truth.pictures)} pictures", err=True)


def _scene(act: str, seed: int, given: Iterable[str]) -> Scene:
    from s4.exercise.training.scene import scene_of

    return scene_of({"act": act, "seed": str(seed), **_fields(given)})


def _fields(given: Iterable[str]) -> dict[str, str]:
    from s4.core.errors import InputError

    fields = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise InputError("is not FIELD=VALUE", field=one)
        fields[name.strip()] = value.strip()
    return fields


def grid(
    folder: Annotated[Path, typer.Argument(help="Where the clips go; those already there stay.")],
    act: Annotated[list[str] | None, typer.Option(help="What happens; all acts when none is named.")] = None,
    condition: Annotated[list[str] | None, typer.Option(help="In which conditions; all when none is named.")] = None,
    tamper: Annotated[list[str] | None, typer.Option(help="What is done to the camera besides.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="How often each, with seeds from 1.")] = 1,
    set_: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE of every scene.")] = None,
    jobs: _Jobs = 1,
) -> None:
    """Film every act in every condition, each so many times.

    \b
    Examples:
      s4 exercise grid clips --act fall --act daily --condition plain --condition night --seeds 5 --jobs 2
      s4 exercise grid hands --act walkers --tamper "covered, hand" --set fps=5 --set width=320
    """
    from s4.exercise.training.acts import ACTS
    from s4.exercise.training.grid import CONDITIONS, render_all, scenes
    from s4.exercise.training.grid import jobs as jobs_of

    given = _fields(set_ or [])
    wanted = jobs_of(folder, [*scenes(act or list(ACTS), condition or list(CONDITIONS), seeds, tamper or [""], given)])
    for number, job in enumerate(render_all(wanted, jobs), start=1):
        typer.echo(f"{number} {job.path}", err=True)
    typer.echo(f"{len(wanted)} clips in {folder}", err=True)


def score(
    folder: Annotated[Path, typer.Argument(help="The clips, each with its truth beside it.")],
    only: Annotated[str, typer.Option(help="Only files that fit this pattern.")] = "*",
    behaviour: Annotated[list[str] | None, typer.Option(help="Only these behaviours; all when none is named.")] = None,
    jobs: _Jobs = 1,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object, with a row for each clip.")] = False,
) -> None:
    """Detect in every clip as `s4 detect video` does, and compare with its truth: found, missed, false by condition.

    \b
    Examples:
      s4 exercise score clips --jobs 2
      s4 exercise score clips --only "fall.*" --behaviour fall --json
    """
    from s4.core.errors import InputError

    clips = [path for path in sorted(folder.glob(f"{only}.mp4")) if path.with_suffix(".json").exists()]
    if not clips:
        raise InputError("holds no clip with its truth beside it", file=str(folder))
    results: dict[str, _Result] = {}
    for name, result in _scored(clips, tuple(behaviour or ()), jobs):
        results[name] = result
        typer.echo(f"{len(results)}/{len(clips)} {name}", err=True)
    sys.stdout.write(_json(results) if as_json else _table(results))


def _scored(clips: list[Path], behaviours: tuple[str, ...], at_once: int) -> Iterator[tuple[str, _Result]]:
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    if at_once == 1:
        yield from (_score_one(clip, behaviours) for clip in clips)
        return
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_score_one, clip, behaviours) for clip in clips]):
            yield done.result()


def _score_one(clip: Path, behaviours: tuple[str, ...]) -> tuple[str, _Result]:
    """One clip, with the defaults and its zones."""
    import cv2
    import msgspec

    from s4.detection.video.camfile import CameraFile, read_camera
    from s4.detection.video.report import report
    from s4.exercise.training.score import tally
    from s4.exercise.training.truth import read_truth
    from s4.sensing.recording import Recording

    cv2.setNumThreads(1)
    description = clip.with_suffix(".toml")
    camera = read_camera(description) if description.exists() else CameraFile()
    settings = msgspec.structs.replace(camera.settings, behaviours=behaviours)
    truth = read_truth(clip.with_suffix(".json"))
    lines = report(Recording([clip], trouble=_raise).frames(), settings, camera.zones)
    kinds, people = tally(truth, lines)
    slim = msgspec.structs.replace(truth, pictures=())
    return clip.name, (slim, kinds, people)


def _raise(error: Exception) -> None:
    raise error


def _table(results: dict[str, _Result]) -> str:
    """A row for each kind and condition, and one for the people's boxes."""
    from s4.exercise.training.score import summed

    heads = f"{'acts':>5} {'found':>5} {'missed':>6} {'false':>5} {'false/h':>8} {'delay':>7}"
    rows = [f"{'kind':<26} {'condition':<12} {heads}"]
    kinds, people = summed(results.values())
    for (kind, condition), one in sorted(kinds.items()):
        delay = "–" if one.delay_s is None else f"{one.delay_s:.1f} s"
        rows.append(
            f"{kind:<26} {condition:<12} {one.acts:>5} {one.found:>5} {one.missed:>6} {one.false:>5}"
            f" {one.false_per_hour:>8.2f} {delay:>7}"
        )
    for condition, count in sorted(people.items()):
        rows.append(f"{'person':<26} {condition:<12} F1 {count.f1:.2f}, of {count.right + count.missed} boxes")
    hours = sum(truth.seconds for truth, _, _ in results.values()) / 3600
    return "\n".join([*rows, f"{len(results)} clips, {hours:.2f} h of video", ""])


def _json(results: dict[str, _Result]) -> str:
    import msgspec

    clips = [
        {
            "file": name, "scene": truth.scene, "seconds": truth.seconds, "acts": truth.acts,
            "kinds": tallies, "people": people,
        }
        for name, (truth, tallies, people) in sorted(results.items())
    ]  # fmt: skip
    return msgspec.json.format(msgspec.json.encode({"clips": clips}), indent=1).decode() + "\n"
