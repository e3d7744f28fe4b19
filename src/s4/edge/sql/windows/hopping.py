"""Hopping windows: longer than their interval, so that they overlap."""

from __future__ import annotations

from s4.edge.sql.windows.ticking import Ticking


class Hopping(Ticking):
    """`HOPPINGWINDOW(ss, 10, 5)`: `length` ms, one every `interval` ms. One that is shorter than its interval leaves
    gaps, whose rows are in no window.
    """
