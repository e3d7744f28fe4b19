"""Windows are aligned to natural time: to the start of the day, hour, minute or second around them (UTC)."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400_000, 86_400_000), (3_600_000, 86_400_000), (60_000, 3_600_000), (1_000, 60_000), (1, 1_000))


def aligned_end(at: int, interval: int) -> int:
    """The first end of a window of `interval` ms after `at`, ms.

    Counted from the start of the unit around the unit of the interval: a window of 10 minutes ends at 00, 10, 20 … past
    the hour, one of days at midnight after that many days from today.

    >>> aligned_end(1541152486013, 10_000)
    1541152490000
    >>> aligned_end(1541152490000, 10_000)
    1541152500000
    """
    unit, around = next(pair for pair in _UNITS if interval % pair[0] == 0)
    start = at - at % around
    if unit == around:
        return start + interval
    return start + ((at - start) // interval + 1) * interval
