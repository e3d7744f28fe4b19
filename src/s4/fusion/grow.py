"""How an incident takes in a sighting, and when that is worth telling."""

from __future__ import annotations

from typing import Final

from s4.core.model import Detection, Incident, Severity, StoryLine, kind_of
from s4.fusion.dossier import MOST_EVIDENCE, MOST_SOURCES, SEVERITIES, Dossier
from s4.fusion.sighting import Sighting
from s4.fusion.spot import merged
from s4.fusion.wording import told

CALM_NS: Final = 10_000_000_000
"""A source that repeats a kind within this long is counted, and told of later."""
GOES_ON_NS: Final = 60_000_000_000
"""How often a revision says that a happening goes on."""
TELLING: Final = 0.02
"""A change of the probability that is worth a revision by itself."""
MOST_CORRELATED: Final = 8


def begin(dossier: Dossier, first: Sighting) -> None:
    """Put the first sighting into a new dossier."""
    dossier.state_more(first.key, first.statement())
    _count(dossier, first.detection)
    dossier.name()
    dossier.tell(told(first.detection))


def grow(dossier: Dossier, sighting: Sighting, now: int) -> list[Incident]:
    """Take in a further sighting; a revision follows if it changes what an operator should know."""
    detection, known = sighting.detection, dossier.statements.get(sighting.key)
    news = _calm(dossier, detection) if known is None else detection.phase == "end" and not known.over
    reopened = dossier.state == "closed" and detection.phase != "end"
    dossier.state_more(sighting.key, sighting.statement(known))
    shown = _count(dossier, detection)
    dossier.heard, dossier.time = now, max(dossier.time, detection.time)
    dossier.untold += known is None
    _move(dossier, sighting)
    dossier.name()
    if reopened:
        dossier.state, dossier.closed = "open", None
    if news or reopened:
        dossier.tell(told(detection))
    changed = abs(dossier.belief().probability - dossier.said) >= TELLING
    if not (news or reopened or changed or shown or now - dossier.told >= GOES_ON_NS):
        return []
    words = detection.text or kind_of(detection.kind).title
    prefix = "New evidence: " if reopened else "" if news else "To be seen: " if shown else "Goes on: "
    return [dossier.revise(now, prefix + words)]


def mention(dossier: Dossier, bystander: Detection, now: int) -> list[Incident]:
    """A person or vehicle near by: told once for each source and kind, and no evidence of anything."""
    if any(x.source == bystander.source and x.kind == bystander.kind for x in dossier.story):
        return []
    _count(dossier, bystander)
    dossier.tell(told(bystander))
    dossier.time = max(dossier.time, bystander.time)
    return [dossier.revise(now, f"Near by: {bystander.text or kind_of(bystander.kind).title}")]


def note_beside(physical: Dossier, cyber: Dossier) -> bool:
    """Tell in a serious physical incident of a cyber one on the same site; false when it was told before."""
    serious = SEVERITIES.index(physical.severity()) >= SEVERITIES.index(Severity.MODERATE)
    if not serious or cyber.id in physical.correlated or len(physical.correlated) >= MOST_CORRELATED:
        return False
    physical.correlated.append(cyber.id)
    last = cyber.story[-1]
    words = f"At the same time on this site's network: {cyber.title}"
    physical.tell(StoryLine(cyber.time, words, "correlated", last.source, cyber.said, last.detection))
    return True


def _count(dossier: Dossier, detection: Detection) -> bool:
    """Whether there is something more to look at."""
    dossier.detections += 1
    if detection.source not in dossier.sources and len(dossier.sources) < MOST_SOURCES:
        dossier.sources.append(detection.source)
    fresh = [one for one in detection.evidence if one not in dossier.evidence]
    dossier.evidence.extend(fresh)
    del dossier.evidence[: max(0, len(dossier.evidence) - MOST_EVIDENCE)]
    return bool(fresh)


def _move(dossier: Dossier, sighting: Sighting) -> None:
    """A stated place refines the estimate; a source's own place only serves while there is nothing better."""
    if sighting.spot is None or (dossier.placed and not sighting.placed):
        return
    if dossier.placed and dossier.spot is not None:
        dossier.spot = merged(dossier.spot, sighting.spot)
    elif sighting.placed or dossier.spot is None:
        dossier.spot, dossier.placed, dossier.where = sighting.spot, sighting.placed, sighting.where


def _calm(dossier: Dossier, detection: Detection) -> bool:
    """Whether the same source has not just told of the same kind."""
    alike = (x for x in reversed(dossier.story) if x.source == detection.source and x.kind == detection.kind)
    last = next(alike, None)
    return last is None or detection.time - last.time >= CALM_NS
