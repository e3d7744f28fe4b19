"""How every source is doing, now and at an instant in the past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from s4.core.archive import SourceState
from s4.core.city import City, Source
from s4.core.clock import NS_PER_S
from s4.core.model import Detection
from s4.picture.views import SourceView

SILENT_AFTER = 3
"""A source is silent once it is so many times older than its `fresh_s`."""
WITHOUT_READINGS = frozenset({"camera", "log"})
"""Doors whose sources leave no readings behind."""


def sources_now(city: City, states: Iterable[SourceState]) -> list[SourceView]:
    """Every source of the city with its live state; one that nobody has heard of is silent."""
    known = {state.source: state for state in states}
    return [_view(city, source, known.get(source.id) or _unheard(source)) for source in city.source]


def sources_then(city: City, at: int, heard: Mapping[str, int], detections: Iterable[Detection]) -> list[SourceView]:
    """Every source as far as is known of the instant `at` (ns UTC).

    `heard`: the newest reading of each source before then; `detections`: those known then, newest first. A source that
    was reported silent, and not back since, was silent. Otherwise it is judged by the age of its readings; cameras and
    logs have none that are kept, so they count as fresh unless reported, and `detail` says so. Before anything was
    known at all, everything was silent.
    """
    silence, spoke = _by_source(detections)
    states = [_state_then(source, at, heard.get(source.id, 0), spoke, silence) for source in city.source]
    return [_view(city, source, state) for source, state in zip(city.source, states, strict=True)]


def longest_memory_ns(city: City) -> int:
    """How far back readings still tell something of a source's state, ns."""
    return int(SILENT_AFTER * max((source.fresh_s for source in city.source), default=0.0) * NS_PER_S) + NS_PER_S


def _by_source(detections: Iterable[Detection]) -> tuple[dict[str, Detection], dict[str, int]]:
    silence: dict[str, Detection] = {}
    spoke: dict[str, int] = {}
    for detection in detections:
        if detection.kind == "source_silent":
            silence.setdefault(detection.source, detection)
        else:
            spoke[detection.source] = max(detection.time, spoke.get(detection.source, 0))
    return silence, spoke


def _state_then(
    source: Source, at: int, reading: int, spoke: Mapping[str, int], silence: Mapping[str, Detection]
) -> SourceState:
    last = max(reading, spoke.get(source.id, 0))
    report = silence.get(source.id)
    if report is not None and report.phase != "end" and reading <= report.time:
        return SourceState(source.id, "silent", last, last, 0, 0, report.text or "was reported silent")
    if source.fresh_s == 0:
        return SourceState(source.id, "event", last, last, 0, 0)
    if source.door not in WITHOUT_READINGS or reading:
        return SourceState(source.id, _by_age(source, at - reading), last, last, 0, 0)
    if spoke or silence:
        return SourceState(source.id, "fresh", last, last, 0, 0, "was not reported silent")
    return SourceState(source.id, "silent", 0, 0, 0, 0, "nothing was known yet")


def _by_age(source: Source, age: int) -> str:
    fresh = source.fresh_s * NS_PER_S
    if age <= fresh:
        return "fresh"
    return "stale" if age <= SILENT_AFTER * fresh else "silent"


def _unheard(source: Source) -> SourceState:
    return SourceState(source.id, "silent" if source.fresh_s else "event", 0, 0, 0, 0, "never heard")


def _view(city: City, source: Source, state: SourceState) -> SourceView:
    return SourceView(
        source.id, source.name or source.id, source.site, source.door, city.place_of(source.id), source.fresh_s,
        state.state, state.last_seen, state.last_time, state.accepted, state.rejected, state.detail,
    )  # fmt: skip
