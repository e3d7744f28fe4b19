"""Evidence: a reference to something that may be looked at, never the raw pixels themselves."""

from __future__ import annotations

from typing import Literal

import msgspec

EvidenceType = Literal["clip", "frame", "plot", "document", "log"]


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An anonymised clip, picture, plot or document.

    `ref`: name in the site's evidence store (no path, no address); `sha256`: hex digest of the bytes;
    `media_type`: as IANA names it; `start`, `end`: ns UTC covered; `anonymised` must be true to leave the site.
    """

    ref: str
    type: EvidenceType
    media_type: str
    sha256: str
    start: int
    end: int
    title: str = ""
    anonymised: bool = True
