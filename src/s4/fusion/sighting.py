"""A detection as fusion sees it: which happening it is about, and where that is."""

from __future__ import annotations

from typing import NamedTuple

from s4.core.city import City
from s4.core.model import Detection, Severity, kind_of
from s4.fusion.belief import weight_of
from s4.fusion.dossier import Statement
from s4.fusion.spot import POINT_M, SITE_M, SOURCE_M, Spot
from s4.fusion.wording import whereabouts


class Sighting(NamedTuple):
    """`key`: of the happening; `spot`: where, None if unknown; `placed`: whether the detection itself said so (else
    it is where the source or the site is); `where`: what people call it.
    """

    detection: Detection
    key: str
    spot: Spot | None
    placed: bool
    where: str

    @classmethod
    def of(cls, detection: Detection, city: City) -> Sighting:
        """Look at a detection."""
        key = f"{detection.detector}|{detection.source}|{detection.happening}"
        spot, placed = _spot(detection, city)
        return cls(detection, key, spot, placed, whereabouts(city, detection.site, detection.place))

    def statement(self, known: Statement | None = None) -> Statement:
        """What it states; the end of a happening says nothing new about how probable it was."""
        detection = self.detection
        stated = str(detection.attributes.get("severity", ""))
        severity = Severity(stated) if stated in set(Severity) else kind_of(detection.kind).severity
        over = detection.phase == "end"
        weight = known.weight if known is not None and over else weight_of(detection.confidence)
        return Statement(detection.source, detection.kind, weight, severity, over=over)


def _spot(detection: Detection, city: City) -> tuple[Spot | None, bool]:
    source = city.source_named(detection.source)
    if detection.place is not None and not (source and detection.place == source.place):
        return Spot.of_place(detection.place, POINT_M), True
    if source is not None and source.place is not None:
        return Spot.of_place(source.place, SOURCE_M), False
    site = next((row for row in city.site if row.id == detection.site), None)
    return (Spot.of_place(site.place, SITE_M), False) if site else (None, False)
