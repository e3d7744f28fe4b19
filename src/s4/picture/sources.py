"""How every source is doing, now and at an instant in the past."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from s4.core.archive import SourceState
from s4.core.city import City, Source
from s4.core.model import Detection
from s4.picture.views import SourceUpdate, SourceView

SILENT: Final = "source_silent"
"""The kind of detection that says so."""


def sources_now(city: City, states: Iterable[SourceState]) -> list[SourceView]:
    """Every source of the city with its live state; one that nobody has heard of is silent."""
    known = {state.source: state for state in states}
    return [_view(city, source, known.get(source.id) or _unheard(source)) for source in city.source]


def source_updates(states: Iterable[SourceState]) -> list[SourceUpdate]:
    """What moves of each source, named as `SourceView` names it."""
    return [
        SourceUpdate(
            one.source, one.state, one.last_seen, one.last_time, one.accepted, one.rejected, one.detail
        ) for one in states
    ]  # fmt: skip


def sources_then(city: City, silences: Iterable[Detection], awake: bool) -> list[SourceView]:
    """Every source as it was known to do at an instant.

    `silences`: the detections of kind `source_silent` known then, newest first; `awake`: whether s4 knew anything at
    all. A source that was reported silent, and not back since, was silent; any other was not known to be, and counts
    as fresh. Before anything was known, everything was silent. What is counted live is not kept, and so 0.
    """
    last: dict[str, Detection] = {}
    for report in silences:
        last.setdefault(report.source, report)
    states = [_state_then(source, last.get(source.id), awake) for source in city.source]
    return [_view(city, source, state) for source, state in zip(city.source, states, strict=True)]


def _state_then(source: Source, report: Detection | None, awake: bool) -> SourceState:
    if report is not None and report.phase != "end":
        return SourceState(source.id, "silent", 0, 0, 0, 0, report.text or "was reported silent")
    if source.fresh_s == 0:
        return SourceState(source.id, "event", 0, 0, 0, 0)
    if awake:
        return SourceState(source.id, "fresh", 0, 0, 0, 0, "was not reported silent")
    return SourceState(source.id, "silent", 0, 0, 0, 0, "nothing was known yet")


def _unheard(source: Source) -> SourceState:
    return SourceState(source.id, "silent" if source.fresh_s else "event", 0, 0, 0, 0, "never heard")


def _view(city: City, source: Source, state: SourceState) -> SourceView:
    return SourceView(
        source.id, source.name or source.id, source.site, source.door, city.place_of(source.id), source.fresh_s,
        state.state, state.last_seen, state.last_time, state.accepted, state.rejected, state.detail,
    )  # fmt: skip
