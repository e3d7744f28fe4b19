"""A device that sends without measure: what is over its rate is left out before anybody looks at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.model import Raw
from s4.sensing.notices import Notices

NOTEWORTHY_PER_S: Final = 5_000
"""Messages a second of one device of no known kind that people are told of; nothing of it is left out."""
_DEVICE: Final = attrgetter("device")


class Flood:
    """Counts messages by device and second. `most`: how many a second a device may send, None for as many as it likes.

    Cost: about 0.1 µs a message.
    """

    def __init__(self, most: Callable[[str], float | None], notices: Notices) -> None:
        self._most, self._notices = most, notices
        self._second = 0
        self._counts: dict[str, int] = {}

    def kept(self, raws: Sequence[Raw]) -> Sequence[Raw]:
        """The messages that are within the rate of their device, in order."""
        if not raws:
            return raws
        second = raws[-1].received // NS_PER_S
        if second != self._second:
            self._second, self._counts = second, {}
        allowed: dict[str, int] = {}
        for device, count in Counter(map(_DEVICE, raws)).items():
            self._counts[device] = total = self._counts.get(device, 0) + count
            if total > 1:
                self._weigh(device, count, total, allowed)
        return self._within(raws, allowed) if allowed else raws

    def _weigh(self, device: str, count: int, total: int, allowed: dict[str, int]) -> None:
        most = self._most(device)
        if most is None:
            if total > NOTEWORTHY_PER_S:
                self._notices.flooded(device, float(total), 0)
        elif total > most:
            allowed[device] = max(0, count - (total - int(most)))
            self._notices.flooded(device, float(total), count - allowed[device])
            self._notices.refused(device, f"more than {most:g} messages a second", count - allowed[device])

    @staticmethod
    def _within(raws: Sequence[Raw], allowed: dict[str, int]) -> Sequence[Raw]:
        kept = []
        for raw in raws:
            left = allowed.get(raw.device)
            if left is None:
                kept.append(raw)
            elif left:
                allowed[raw.device] = left - 1
                kept.append(raw)
        return kept
