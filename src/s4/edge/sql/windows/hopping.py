"""Hopping windows: longer than their interval, so that they overlap."""

from __future__ import annotations

from s4.edge.sql.place import Span
from s4.edge.sql.windows.ticking import Ticking


class Hopping(Ticking):
    """`HOPPINGWINDOW(ss, 10, 5)`: `length` ms, one every `interval` ms."""

    def _span(self, end: int) -> Span:
        if self._begin is None:
            return Span(end - self._length, end)
        return Span(self._begin - (self._length - self._interval), end)
