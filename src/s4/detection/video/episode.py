"""Episode: a state that has to hold for a while before it is said, and to be gone for a while before it is over."""

from __future__ import annotations

from typing import Final

from s4.core.clock import NS_PER_S
from s4.detection.video.happening import Happening
from s4.detection.video.picture import Box
from s4.detection.video.scene import Attributes, Statement
from s4.detection.video.trust import rate

GAP: Final = 0.5  # share of the time before its start in which it must have held


class Episode:
    """Of one kind, under one key. `after_s`: it holds for so long before it is told; `over_s`: it is over when it has
    not held for so long; `every_s`: it is told again. Its confidence is the share of pictures in which it held.
    """

    def __init__(self, kind: str, key: str, *, after_s: float, over_s: float, every_s: float) -> None:
        self._kind, self._key = kind, key
        self._after_s, self._over_s, self._every_s = after_s, over_s, every_s
        self._happening: Happening | None = None
        self._held = self._seen = self._last = 0

    @property
    def going_on(self) -> bool:
        """Whether it holds, or did a moment ago."""
        return self._happening is not None

    def holds(self, time: int, box: Box, text: str, attributes: Attributes) -> list[Statement]:
        """It holds in this picture."""
        if self._happening is None:
            self._happening, self._held, self._seen = Happening(self._kind, self._key, time), 0, 0
        one, self._last = self._happening, time
        self._held, self._seen = self._held + 1, self._seen + 1
        one.note(rate(self._held, self._seen), box)
        long_enough = time - one.began >= self._after_s * NS_PER_S and self._held >= GAP * self._seen
        if not long_enough or not one.due(time, self._every_s):
            return []
        return [one.go_on(time, text, attributes)]

    def fails(self, time: int, text: str) -> list[Statement]:
        """It does not hold in this picture; `text` says that it is over."""
        self._seen += 1
        if self._happening is None or time - self._last < self._over_s * NS_PER_S:
            return []
        return self.end(text)

    def end(self, text: str) -> list[Statement]:
        """It is over, or nobody looks any more."""
        one, self._happening = self._happening, None
        return [one.say("end", self._last, text, {})] if one is not None and one.started else []
