"""The city's cameras: how each is doing, what it said lately, and what people say of that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from s4.core.archive import SourceState
from s4.core.city import Source, Zone
from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.ids import derive_id
from s4.core.live import CameraState
from s4.core.model import Command, Place
from s4.core.model.command import JUDGE
from s4.picture.alarms import DAY_NS, TAMPERED, Alarm, AlarmCount, Cause, Verdict, alarms_since, counted
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import Reason
from s4.picture.refusal import not_found
from s4.picture.services import PictureServices
from s4.shield.roles import Permission

DOOR: Final = "camera"
SILENT_S, LATE_S = 10.0, 3.0
"""No picture for so long, or ten, or three of its periods, and it is silent, or late."""
MOST_SHOWN: Final = 200
MOST_AT_ONCE: Final = 16
"""Cameras that one person looks at over one connection."""
Standing = Literal["fresh", "late", "silent", "tampered", "ended", "failed", "starting"]


class CameraView(msgspec.Struct, frozen=True):
    """A camera and how it is doing (`s4.core.live.CameraState` says what the figures mean).

    `state`: `fresh`; `late` (no picture for some seconds); `silent` (no connection, or nobody watches it); `tampered`
    (it does not show its place); `ended` (the recording is over); `failed`; `starting`. `why`: in words; `open`: alarms
    that go on now; `last`: the alarm that began last, within a day; `place`: where it stands; `per_s` … `delay_ms` are
    0 and `people` none while nobody watches it.
    """

    id: str
    name: str
    site: str
    place: Place | None
    state: Standing
    why: str
    last_frame: int
    people: int | None
    open: int
    last: Alarm | None
    shows: bool
    why_not: str
    per_s: float
    dropped_per_s: float
    dropped: int
    reconnects: int
    delay_ms: float
    zones: list[Zone]


class CameraPage(msgspec.Struct, frozen=True):
    """One camera, its alarms of the last 24 hours, newest first, and how many there were and were false (the last row
    is all kinds together).
    """

    camera: CameraView
    alarms: list[Alarm]
    counts: list[AlarmCount]


class JudgementOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says of an alarm. A `false_alarm` may have a `cause`; `withdrawn` takes back what was said."""

    verdict: Verdict
    cause: Cause = ""
    reason: Reason = ""

    def __post_init__(self) -> None:
        if self.cause and self.verdict != "false_alarm":
            raise ValueError("cause: only a false alarm has one")


@operation("GET", "/api/cameras", needs=Permission.SEE_PICTURE)
async def list_cameras(call: Call[Nothing, Nothing]) -> list[CameraView]:
    """Every camera of the city and how it is doing now. Pictures are asked for by `/api/looks`."""
    return await asyncio.to_thread(views, call.services)


@operation("GET", "/api/cameras/{id}", needs=Permission.SEE_PICTURE)
async def show_camera(call: Call[Nothing, Nothing]) -> CameraPage:
    """One camera, and its alarms of the last 24 hours with what people said of them."""
    return await asyncio.to_thread(_page, call.services, call.path["id"])


@operation("POST", "/api/alarms/{happening}/judge", needs=Permission.HANDLE_INCIDENTS, status=201)
async def judge_alarm(call: Call[Nothing, JudgementOrder]) -> Command:
    """Say of a camera's alarm that it was false, and why, or true, or take back what was said.

    It is recorded as a fact with who said it and when; the alarm itself and its incident stay as they are.
    """
    services, happening, body = call.services, call.path["happening"], call.body
    alarm = await asyncio.to_thread(_alarm_named, services, happening)
    now = services.clock.now()
    site = next(row.site for row in services.city.source if row.id == alarm.camera)
    command = Command(
        id=derive_id("com", "picture", happening, JUDGE, call.person.actor, now), revision=0, time=now, site=site,
        action=JUDGE, target=happening, state="approved", approved_by=call.person.actor, reason=body.reason.strip(),
        parameters={"verdict": body.verdict, "cause": body.cause, "camera": alarm.camera, "kind": alarm.kind},
    )  # fmt: skip
    said = f"{body.verdict} {body.cause}".strip()
    await services.publisher.decide([command], call.person.actor, JUDGE, happening, body.reason.strip() or said)
    return command


def camera_named(services: PictureServices, name: str) -> Source:
    """The camera of that id. Raises `RefusalError` 404."""
    found = next((row for row in cameras(services) if row.id == name), None)
    if found is None:
        raise not_found("camera", name)
    return found


def cameras(services: PictureServices) -> list[Source]:
    """The sources that are cameras, in the order of the city's description."""
    live = services.live.states()
    return [row for row in services.city.source if row.door == DOOR or row.id in live]


def views(services: PictureServices) -> list[CameraView]:
    """Every camera as it is now. Blocks; two queries."""
    rows = cameras(services)
    alarms = _alarms(services, frozenset(row.id for row in rows))
    heard, live = {one.source: one for one in services.feed.sources()}, services.live.states()
    return [view_of(services, row, live.get(row.id), heard.get(row.id), alarms) for row in rows]


def _alarms(services: PictureServices, names: frozenset[str]) -> list[Alarm]:
    return alarms_since(services.archive, services.clock.now() - DAY_NS, names)


def _alarm_named(services: PictureServices, happening: str) -> Alarm:
    names = frozenset(row.id for row in cameras(services))
    found = next((one for one in _alarms(services, names) if one.happening == happening), None)
    if found is None:
        raise not_found("alarm of the last 24 hours", happening)
    return found


def _page(services: PictureServices, name: str) -> CameraPage:
    row = camera_named(services, name)
    alarms = _alarms(services, frozenset({name}))
    heard = next((one for one in services.feed.sources() if one.source == name), None)
    view = view_of(services, row, services.live.states().get(name), heard, alarms)
    return CameraPage(view, alarms[:MOST_SHOWN], counted(alarms))


def view_of(
    services: PictureServices, row: Source, live: CameraState | None, heard: SourceState | None, alarms: list[Alarm]
) -> CameraView:
    """What is to be shown of a camera. `live`: as its process said last; `heard`: as a source."""
    now = services.clock.now()
    own = [one for one in alarms if one.camera == row.id]
    tampered = any(one.kind == TAMPERED and one.phase != "end" for one in own)
    state, why = standing(live, heard, now, services.clock.speed)
    if tampered and state in {"fresh", "late"}:
        state, why = "tampered", next(one.text for one in own if one.kind == TAMPERED and one.phase != "end")
    watched = live if live is not None and state not in {"silent"} else CameraState(row.id)
    seen = live.last_frame if live else heard.last_time if heard else 0
    return CameraView(
        id=row.id, name=row.name or row.id, site=row.site, place=services.city.place_of(row.id), state=state, why=why,
        last_frame=seen, people=watched.people if state in {"fresh", "tampered"} else None,
        open=sum(one.phase != "end" for one in own), last=own[0] if own else None, shows=watched.shows,
        why_not=watched.why_not, per_s=watched.per_s, dropped_per_s=watched.dropped_per_s, dropped=watched.dropped,
        reconnects=watched.reconnects, delay_ms=watched.delay_ms, zones=list(services.zones.of(row.id)),
    )  # fmt: skip


_SAID: Final[Mapping[str, tuple[Standing, str]]] = {
    "starting": ("starting", "no picture yet"),
    "lost": ("silent", "no connection"),
    "ended": ("ended", "the recording is over"),
}


def standing(live: CameraState | None, heard: SourceState | None, now: int, speed: float = 1.0) -> tuple[Standing, str]:
    """How a camera is doing, and why it is not better. `live.time` is when its last picture came.

    >>> standing(CameraState("cam-1", "live", time=0), None, 60 * NS_PER_S)
    ('silent', 'no picture for 60 s')
    >>> standing(CameraState("cam-1", "lost", detail="it said nothing in time"), None, 0)
    ('silent', 'no connection: it said nothing in time')
    """
    if live is None:
        fresh = heard is not None and heard.state == "fresh"
        return ("fresh", "watched elsewhere") if fresh else ("silent", "nobody watches it")
    if live.state == "ended":
        return _SAID["ended"]
    quiet = (now - live.time) / NS_PER_S / speed
    period = 1 / live.per_s if live.per_s else 0.0
    if quiet > max(SILENT_S, 10 * period):
        return "silent", f"no picture for {quiet:.0f} s"
    if live.state == "failed":
        return "failed", live.detail
    if live.state in _SAID:
        state, why = _SAID[live.state]
        return state, f"{why}: {live.detail}" if live.detail else why
    return ("late", f"no picture for {quiet:.0f} s") if quiet > max(LATE_S, 3 * period) else ("fresh", "")


def named(services: PictureServices, names: str) -> list[str]:
    """Ids with commas between → the cameras. Raises `RefusalError` 404 or `InputError`."""
    wanted = list(dict.fromkeys(names.split(",")))
    if len(wanted) > MOST_AT_ONCE:
        raise InputError(f"at most {MOST_AT_ONCE} cameras at once", field="cameras")
    return [camera_named(services, name).id for name in wanted]
