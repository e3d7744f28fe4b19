"""Turns: who analyses a picture now, where there are more cameras than cores: those that have waited longest.

All at once they would all be late, and hold each other up; so as many are at it as there are cores, and each is done
sooner.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock


class Turns:
    """Lets at most `most` threads be within `turn` at a time, in the order in which they came.

    >>> turns = Turns(1)
    >>> with turns.turn():
    ...     print("alone")
    alone
    """

    def __init__(self, most: int) -> None:
        self._free, self._lock = most, Lock()
        self._waiting: deque[Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for it, and pass it on at the end."""
        gate = self._come()
        if gate is not None:
            gate.acquire()  # opened by who passes the turn on
        try:
            yield
        finally:
            self._pass_on()

    def _come(self) -> Lock | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
            return gate

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


@cache
def turns() -> Turns:
    """The turns of this process: one for each core that it may use."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return Turns(cores)


@cache
def one_core_each() -> None:
    """Let OpenCV work in the thread that calls it: there are more cameras than cores, and splitting work costs some."""
    import cv2

    cv2.setNumThreads(1)
