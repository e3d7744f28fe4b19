"""What an operator reads: titles and lines in plain words."""

from __future__ import annotations

from s4.core.city import City
from s4.core.geo import distance_m
from s4.core.model import Detection, Place, StoryLine, kind_of


def whereabouts(city: City, site: str, place: Place | None) -> str:
    """What people call the spot: its own name, the asset it lies in, or the site.

    An asset counts when the spot is within its radius; of several, the smallest.
    """
    if place is not None:
        if place.name:
            return place.name
        near = [a for a in city.asset if distance_m(a.place.lat, a.place.lon, place.lat, place.lon) <= a.radius_m]
        if near:
            return min(near, key=lambda asset: (asset.radius_m, asset.id)).name
    return next((row.name for row in city.site if row.id == site), site)


def title(kind: str, where: str) -> str:
    """The title of an incident.

    >>> title("unattended_object", "Plaza Nueva")
    'Left bag, Plaza Nueva'
    """
    return f"{kind_of(kind).title}, {where}"


def told(detection: Detection) -> StoryLine:
    """A detection as a line of the story."""
    words = detection.text or kind_of(detection.kind).title
    if detection.phase == "end" and not detection.text:
        words = f"{words}: over"
    return StoryLine(detection.time, words, detection.kind, detection.source, detection.confidence, detection.id)
