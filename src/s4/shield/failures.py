"""How often somebody may fail before they have to wait, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict

from s4.core.clock import NS_PER_S, Clock


class FailureLimit:
    """Counts failures per key (an address) and asks for a pause after `most` of them within `window_s` seconds.

    At most `keys` keys are remembered; the one that failed longest ago is forgotten first. An attacker with more
    addresses than that gains further attempts at 256-bit secrets, which is nothing; the limit saves work, not secrets.

    >>> from s4.core.clock import ManualClock
    >>> limit = FailureLimit(ManualClock(), most=2, window_s=60.0)
    >>> limit.failed("10.0.0.1")
    >>> limit.failed("10.0.0.1")
    >>> limit.wait_s("10.0.0.1"), limit.wait_s("10.0.0.2")
    (60.0, 0.0)
    """

    def __init__(self, clock: Clock, *, most: int = 10, window_s: float = 60.0, keys: int = 4096) -> None:
        self._clock = clock
        self._most = most
        self._window = int(window_s * NS_PER_S)
        self._keys = keys
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def wait_s(self, key: str) -> float:
        """Seconds until `key` may try again; 0 when it may now."""
        since, count = self._failures.get(key, (0, 0))
        left = since + self._window - self._clock.now()
        return left / NS_PER_S if count >= self._most and left > 0 else 0.0

    def failed(self, key: str) -> None:
        """Count one more failure of `key`."""
        now = self._clock.now()
        since, count = self._failures.pop(key, (now, 0))
        if now >= since + self._window:
            since, count = now, 0
        self._failures[key] = (since, count + 1)
        while len(self._failures) > self._keys:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)
