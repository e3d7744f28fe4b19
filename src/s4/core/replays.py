"""A recording of a camera run again: what other settings would have raised, beside what the present ones raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

Number = Annotated[float, Meta(ge=-1e9, le=1e9)]
Raised = Literal["both", "now", "changed"]
"""By which settings an alarm is raised: by both, only by the present ones, only by the changed ones."""


class ReplaySetting(msgspec.Struct, frozen=True):
    """A setting that may be tried: its present value and what it may be (None: not bounded on that side)."""

    name: str
    value: float
    least: float | None
    most: float | None
    whole: bool


class ReplayOffer(msgspec.Struct, frozen=True):
    """What there is to run again of a camera, and what can be changed."""

    recordings: list[str]
    settings: list[ReplaySetting]


class ReplayAlarm(msgspec.Struct, frozen=True):
    """An alarm in a recording: `began`, `ended` s since its first picture, its greatest confidence, who raises it."""

    kind: str
    title: str
    began: float
    ended: float
    confidence: float
    text: str
    raised: Raised


class ReplayState(msgspec.Struct, frozen=True):
    """A run: how far it is (`done_s` of `of_s` seconds of the recording; `of_s` 0: not known), and when it is `done`,
    the alarms in the order of their beginning. `detail`: why it failed, or what was left out.
    """

    id: str
    camera: str
    recording: str
    settings: Mapping[str, float]
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
    done_s: float = 0.0
    of_s: float = 0.0
    alarms: Sequence[ReplayAlarm] = ()
    detail: str = ""


class ReplayDesk(Protocol):
    """Where recordings are run again. One at a time, in a process of its own."""

    def offer(self, camera: str) -> ReplayOffer:
        """What there is. Blocks."""

    async def start(self, camera: str, recording: str, settings: Mapping[str, float]) -> ReplayState:
        """Begin a run. Raises `InputError` for what cannot be run, `CapacityError` when too many wait."""

    def state(self, replay: str) -> ReplayState | None:
        """How far a run is; None for one that is not known (any more)."""

    async def cancel(self, replay: str) -> ReplayState | None:
        """End a run; one that is over stays as it is."""
