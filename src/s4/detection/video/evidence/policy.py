"""What evidence a camera makes, and for how long it is kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.errors import InputError
from s4.shield.person_key import public_raw
from s4.shield.sealed import MOST_HOLDERS, Office


class OriginalPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That originals are kept, sealed to two offices. `dpo`, `supervisor`: the public keys of those who hold a share
    (`s4 evidence key`); `keep_days`: what is older is deleted; `most_mb`: the oldest go sooner when there is more.
    """

    dpo: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST_HOLDERS)]
    supervisor: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST_HOLDERS)]
    keep_days: Annotated[float, Meta(gt=0.0, le=365.0)] = 3.0
    most_mb: Annotated[int, Meta(ge=1, le=1_000_000)] = 2000

    def __post_init__(self) -> None:
        try:
            for key in (*self.dpo, *self.supervisor):
                public_raw(key)
        except InputError as error:
            raise ValueError(str(error)) from error
        if set(self.dpo) & set(self.supervisor):
            raise ValueError("nobody may hold both shares: a key stands in both lists")

    @property
    def holders(self) -> dict[Office, tuple[str, ...]]:
        """Whose key each share is sealed to."""
        return {"dpo": self.dpo, "supervisor": self.supervisor}


class EvidencePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`enabled`: whether evidence is made at all; `before_s`, `after_s`: how much a clip shows around the start of what
    happens; `fps`: pictures a second at most; `width_px`: the widest picture; `most_per_hour`: further clips within an
    hour are not made; `keep_days`: what is older is deleted; `still_s`: a part of the picture is blurred until it has
    been still for so long; `original`: whether the original is kept, and for whom.
    """

    enabled: bool = True
    before_s: Annotated[float, Meta(ge=0.0, le=60.0)] = 10.0
    after_s: Annotated[float, Meta(ge=1.0, le=60.0)] = 10.0
    fps: Annotated[float, Meta(gt=0.0, le=30.0)] = 10.0
    width_px: Annotated[int, Meta(ge=160, le=1920)] = 1280
    most_per_hour: Annotated[int, Meta(ge=1, le=3600)] = 30
    keep_days: Annotated[float, Meta(gt=0.0, le=3650.0)] = 30.0
    still_s: Annotated[float, Meta(ge=0.0, le=600.0)] = 10.0
    original: OriginalPolicy | None = None
