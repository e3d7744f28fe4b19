"""The `[uplink]` table of a city: how an edge site treats its line to the hub."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError

_Patterns = tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...]


class UplinkPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`max_mib`: most disk that the outbox may take, MiB; `high`, `low`: series of that priority, as
    `<source>/<property>` with `*` and `?` (all others are normal; `high` wins); `one_in_normal`, `one_in_low`: of how
    many readings of such a series one is sent at once while the line is congested.
    """

    max_mib: Annotated[int, Meta(ge=16, le=1 << 20)] = 4096
    high: _Patterns = ()
    low: _Patterns = ()
    one_in_normal: Annotated[int, Meta(ge=1, le=100_000)] = 10
    one_in_low: Annotated[int, Meta(ge=1, le=100_000)] = 60

    def priority(self, source: str, property: str) -> str:
        """`high`, `normal` or `low`.

        >>> UplinkPolicy(high=("door-*/*",), low=("*/frame_rate",)).priority("cam-1", "frame_rate")
        'low'
        """
        name = f"{source}/{property}"
        for priority, patterns in (("high", self.high), ("low", self.low)):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return priority
        return "normal"

    def check(self) -> None:
        """Raise `ConfigError` for a pattern that can match no series."""
        for field in ("high", "low"):
            for i, pattern in enumerate(getattr(self, field)):
                if "/" not in pattern:
                    raise ConfigError(
                        f"{pattern!r} is not <source>/<property> (such as door-*/state)", field=f"uplink.{field}[{i}]"
                    )
