"""All that every reading has to pass, by whichever door it came: clock, number, range, and not having come already."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.errors import InputError
from s4.sensing.channels import Channels, Columns
from s4.sensing.notices import Notices
from s4.sensing.repeats import Repeats


class Judged(NamedTuple):
    """`kept`: what passed, in the unit of its series; `refused`: row and reason of the first that did not; `wrong`: how
    many did not.
    """

    kept: Columns
    refused: list[tuple[int, InputError]]
    wrong: int


class Judge:
    """Judges columns of readings of `channels`, and counts in `notices` what it did, by device.

    `most`: reasons made for one batch; of more rows that are refused only the number is told.
    """

    def __init__(self, channels: Channels, notices: Notices, *, most: int = 1024) -> None:
        self._channels, self._notices, self._most = channels, notices, most
        self._repeats = Repeats()

    def take(self, sent: Columns, received: NDArray[np.int64]) -> Judged:
        """Judge rows that arrived at `received` (ns UTC, one a row)."""
        sent = self._moved(sent, received)
        value, bad = self._channels.judge(sent, received)
        rows = Columns(sent.code, sent.time, value)
        refused = self._refused(rows, bad, received) if bad.any() else []
        good = ~bad
        profiled = self._channels.profiled(rows.code)
        if profiled is not None:
            good &= ~self._repeated(rows, received, good & profiled)
        return Judged(rows if good.all() else rows.take(good), refused, int(bad.sum()))

    def _moved(self, sent: Columns, received: NDArray[np.int64]) -> Columns:
        wrong = self._channels.impossible(sent, received)
        if wrong is None:
            return sent
        for code in np.unique(sent.code[wrong]).tolist():
            rows = np.flatnonzero(wrong & (sent.code == code))
            last = int(rows[-1])
            ahead = int(sent.time[last]) - int(received[last])
            self._notices.moved(self._channels[code].series.source, len(rows), ahead)
        return sent._replace(time=np.where(wrong, received, sent.time))

    def _refused(
        self, rows: Columns, bad: NDArray[np.bool_], received: NDArray[np.int64]
    ) -> list[tuple[int, InputError]]:
        which = np.flatnonzero(bad)
        found = [(i, self._reason(rows, i, int(received[i]))) for i in which[: self._most].tolist()]
        for code in np.unique(rows.code[bad]).tolist():
            mine = np.flatnonzero(bad & (rows.code == code))
            reason = self._reason(rows, int(mine[-1]), int(received[mine[-1]]))
            channel = self._channels[code]
            self._notices.refused(channel.series.source, f"{channel.series.property}: {reason.reason}", len(mine))
        return found

    def _reason(self, rows: Columns, row: int, received: int) -> InputError:
        return self._channels.reason(int(rows.code[row]), int(rows.time[row]), float(rows.value[row]), received)

    def _repeated(self, rows: Columns, received: NDArray[np.int64], which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        found = np.zeros(len(rows.code), np.bool_)
        found[which] = self._repeats.among(rows.take(which), received[which])
        for code in np.unique(rows.code[found]).tolist():
            self._notices.repeated(self._channels[code].series.source, int((found & (rows.code == code)).sum()))
        return found
