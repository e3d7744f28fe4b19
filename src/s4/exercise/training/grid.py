"""Many scenes: every act in every condition, several times, each with its own seed; filmed side by side if asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

from s4.core.errors import InputError
from s4.exercise.training.scene import Scene, scene_of

_ROOM: Final[dict[str, Any]] = {"place": "room", "height_m": 2.6, "tilt_deg": 25.0, "view_deg": 80.0, "people": 1}
CONDITIONS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "evening": {"light": "evening"},
    "overcast": {"light": "overcast"},
    "clouds": {"light": "clouds"},
    "night": {"light": "night"},
    "rain": {"light": "overcast", "rain": 0.8},
    "fog": {"light": "overcast", "fog_m": 70.0},
    "noise": {"noise": 7.0},
    "shake": {"shake_px": 1.2},
    "low": {"height_m": 3.2, "tilt_deg": 15.0},
    "high": {"height_m": 12.0, "tilt_deg": 40.0, "view_deg": 45.0},
    "wide": {"view_deg": 90.0, "height_m": 4.5, "tilt_deg": 30.0},
    "many": {"people": 18},
    "few": {"people": 0},
    "indoors": _ROOM,
    "switched": _ROOM | {"light": "switched"},
}
"""What differs from the usual scene, by name."""
_PLACES: Final = ("square", "station", "stadium")


class Job(NamedTuple):
    """A scene and the file it becomes."""

    scene: Scene
    path: Path


def scenes(
    acts: Sequence[str],
    conditions: Sequence[str],
    seeds: int,
    tampers: Sequence[str] = ("",),
    given: Mapping[str, Any] | None = None,
) -> Iterator[Scene]:
    """Every act × condition × tampering × seed from 1 to `seeds`; places take turns. `given` holds for all.

    Raises `InputError` for a condition that there is not.

    >>> [(s.condition, s.seed, s.place) for s in scenes(["fall"], ["plain", "night"], 2)]
    [('plain', 1, 'station'), ('plain', 2, 'stadium'), ('night', 1, 'station'), ('night', 2, 'stadium')]
    """
    for act in acts:
        for condition in conditions:
            if condition not in CONDITIONS:
                raise InputError(
                    f"there is no condition {condition!r} (there are: {', '.join(CONDITIONS)})", field="condition"
                )
            for tamper in tampers:
                for seed in range(1, seeds + 1):
                    place = {"place": _PLACES[seed % len(_PLACES)]}
                    fields = place | CONDITIONS[condition] | dict(given or {})
                    yield scene_of({"act": act, "condition": condition, "seed": seed, "tamper": tamper, **fields})


def jobs(folder: Path, wanted: Sequence[Scene]) -> list[Job]:
    """Where each scene goes: `act.condition.seed.mp4`, with the tampering in between."""
    return [Job(scene, folder / f"{_name(scene)}.mp4") for scene in wanted]


def _name(scene: Scene) -> str:
    tamper = "".join(letter if letter.isalnum() else "_" for letter in scene.tamper)
    return ".".join(part for part in (scene.act, scene.condition, tamper, str(scene.seed)) if part)


def render_all(wanted: Sequence[Job], at_once: int = 1) -> Iterator[Job]:
    """Film them, `at_once` in processes of their own; yields each when it is there. What is there already stays."""
    todo = [job for job in wanted if not job.path.with_suffix(".json").exists()]
    if at_once <= 1 or len(todo) <= 1:
        yield from map(_render, todo)
        return
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_render, job) for job in todo]):
            yield done.result()


def _render(job: Job) -> Job:
    import cv2

    from s4.exercise.training.clip import render

    cv2.setNumThreads(1)
    render(job.scene, job.path)
    return job
