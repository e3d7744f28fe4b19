"""What the API answers with: the words of `s4.core.model`, bundled for the page."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from s4.core.archive import AuditEntry
from s4.core.city import Site, Zone
from s4.core.model import FACTS, Asset, Command, Detection, Incident, Place, Recommendation, Risk, Task, Unit
from s4.core.model.severity import Severity
from s4.core.profile import DeviceProfile
from s4.picture.urgency import Threat
from s4.shield.roles import Role


class Me(msgspec.Struct, frozen=True):
    """Who is signed in. `actor`: the id that their decisions carry; `name`: what people call them."""

    actor: str
    role: Role
    name: str


class CityView(msgspec.Struct, frozen=True):
    """The city as the page needs it."""

    id: str
    name: str
    place: Place
    language: str


class SourceView(msgspec.Struct, frozen=True):
    """A source and how it is doing: what the city's file says of it, and what moves.

    Looking back, `state` is what was reported then; the times and the counts are 0: they are kept live only.
    """

    id: str
    name: str
    site: str
    door: str
    place: Place | None
    fresh_s: float
    state: str
    last_seen: int
    last_time: int
    accepted: int
    rejected: int
    detail: str


class DeviceView(msgspec.Struct, frozen=True):
    """A device: what is known of it, and how it is doing (`s4.core.devices.DeviceState` says what the fields mean).

    `profile`: the name of its kind, "" when nobody has said; `commands`: what it can be told; `battery_low`: its
    battery is at or below the limit of its profile; `by`: who let it in, keeps it out or works on it.
    """

    id: str
    name: str
    site: str
    place: Place | None
    door: str
    via: str
    profile: str
    maker: str
    model: str
    health: str
    since: int
    detail: str
    last_seen: int
    accepted: int
    refused: int
    reason: str
    repeated: int
    moved: int
    left_out: int
    held: int
    battery: float | None
    battery_low: bool
    ahead_ms: float | None
    per_s: float
    said: dict[str, str]
    by: str
    commands: list[str]


class DevicePage(msgspec.Struct, frozen=True):
    """One device, its profile, what it was told lately (newest first), and who decided what about it."""

    device: DeviceView
    profile: DeviceProfile | None
    commands: list[Command]
    audit: list[AuditEntry]


class Picture(msgspec.Struct, frozen=True):
    """Everything that is known, now or as it was known `at` an instant (ns UTC).

    `cursor`: where to resume the stream from, so that nothing between this answer and the stream is missed (something
    may come twice: drop what has a revision already held). Incidents: those not closed, most urgent first, then those
    closed within 24 h; risks, recommendations, commands and tasks: those of these incidents.
    """

    now: int
    at: int | None
    speed: float
    cursor: int
    threat: Threat
    city: CityView
    sites: tuple[Site, ...]
    assets: tuple[Asset, ...]
    zones: tuple[Zone, ...]
    sources: list[SourceView]
    units: list[Unit]
    incidents: list[Incident]
    risks: list[Risk]
    recommendations: list[Recommendation]
    commands: list[Command]
    tasks: list[Task]
    map: str = "/api/map"


class IncidentRevision(msgspec.Struct, frozen=True):
    """What was thought of an incident, and since when s4 knew it (`recorded`, ns UTC)."""

    recorded: int
    fact: Incident


class IncidentStory(msgspec.Struct, frozen=True):
    """One incident and everything about it: the last revision of each fact, oldest first, and who did what."""

    incident: Incident
    revisions: list[IncidentRevision]
    detections: list[Detection]
    risks: list[Risk]
    recommendations: list[Recommendation]
    commands: list[Command]
    tasks: list[Task]
    audit: list[AuditEntry]


class TimelineIncident(msgspec.Struct, frozen=True):
    """When an incident was open, ns UTC (`closed` is none while it is)."""

    id: str
    title: str
    opened: int
    closed: int | None
    severity: Severity


class Timeline(msgspec.Struct, frozen=True):
    """How many detections there were in each equal part of [start, end) ns, and the incidents of that time."""

    start: int
    end: int
    detections: list[int]
    incidents: list[TimelineIncident]


class SeriesName(msgspec.Struct, frozen=True):
    """A series of readings there is."""

    source: str
    property: str
    unit: str


class SeriesWindow(msgspec.Struct, frozen=True):
    """Readings in equal parts of time: (ns, mean, min, max), in `unit` (UCUM)."""

    unit: str
    points: list[tuple[int, float, float, float]]


class Health(msgspec.Struct, frozen=True):
    """The server answers."""

    status: str


class Recorded(msgspec.Struct, frozen=True):
    """Data of the stream's event `fact`: the fact, which word it is, when it became known (ns UTC)."""

    cursor: int
    recorded: int
    word: str
    fact: Annotated[
        Any, Meta(extra_json_schema={"oneOf": [{"$ref": f"#/$defs/{fact.__name__}"} for fact in FACTS.values()]})
    ]


class SourceUpdate(msgspec.Struct, frozen=True):
    """How one source is doing: the moving part of `SourceView`. Data of the stream's event `sources` is a list of them.

    `last_seen`, `last_time`: ns UTC, 0 = never heard; the counts are since the start.
    """

    id: str
    state: str
    last_seen: int
    last_time: int
    accepted: int
    rejected: int
    detail: str


class ClockView(msgspec.Struct, frozen=True):
    """Data of the stream's event `clock`: the city's time (ns UTC), how fast it runs, and how tense the city is."""

    now: int
    speed: float
    threat: Threat


class StreamEnd(msgspec.Struct, frozen=True):
    """Data of the stream's event `end`: why the server ends the stream. Connect again to resume."""

    reason: str
