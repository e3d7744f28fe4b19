"""What evidence a camera makes, and for how long it is kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class EvidencePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`enabled`: whether evidence is made at all; `before_s`, `after_s`: how much a clip shows around the start of what
    happens; `fps`: pictures a second at most; `width_px`: the widest picture; `most_per_hour`: further clips within an
    hour are not made; `keep_days`: what is older is deleted.
    """

    enabled: bool = True
    before_s: Annotated[float, Meta(ge=0.0, le=60.0)] = 10.0
    after_s: Annotated[float, Meta(ge=1.0, le=60.0)] = 10.0
    fps: Annotated[float, Meta(gt=0.0, le=30.0)] = 10.0
    width_px: Annotated[int, Meta(ge=160, le=1920)] = 1280
    most_per_hour: Annotated[int, Meta(ge=1, le=3600)] = 30
    keep_days: Annotated[float, Meta(gt=0.0, le=3650.0)] = 30.0
