"""Tumbling windows: one after the other, every row in exactly one."""

from __future__ import annotations

from s4.edge.sql.windows.ticking import Ticking


class Tumbling(Ticking):
    """`TUMBLINGWINDOW(ss, 10)`: `length` ms each."""

    def __init__(self, length: int, started: int | None, most_rows: int) -> None:
        super().__init__(length, length, started, most_rows)
