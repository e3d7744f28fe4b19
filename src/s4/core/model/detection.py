"""Detection: something that a detector says is there or is happening."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from s4.core.model.evidence import Evidence
from s4.core.model.place import Place

Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Phase = Literal["start", "update", "end"]


class Detection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One statement of a detector.

    `kind`: from `core.model.kinds`; `time`: ns UTC of what is stated; `source`: whose observations it rests on;
    `detector`: name and version of who says so; `happening`: the detector's own key of the happening, the same
    from start to end; `phase`: start, update or end of it; `confidence`: the probability, 0–1, that the statement
    is true; `attributes`: numbers and words with the unit in the name (`speed_m_s`, `bbox_px`); `inputs`: ids of
    the observations used, at most 32; `text`: one sentence for an operator.
    """

    id: str
    kind: str
    time: int
    site: str
    source: str
    detector: str
    happening: str
    confidence: Probability
    phase: Phase = "start"
    place: Place | None = None
    text: str = ""
    attributes: Mapping[str, float | str | bool | tuple[float, ...]] = {}
    evidence: tuple[Evidence, ...] = ()
    inputs: tuple[str, ...] = ()
