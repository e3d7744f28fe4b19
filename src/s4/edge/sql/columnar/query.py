"""A rule that runs over columns: readings in by the batch, results out a window or batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from s4.core.errors import InputError
from s4.edge.sql.columnar.frame import Column, Frame, Int, either
from s4.edge.sql.columnar.intake import Intake
from s4.edge.sql.columnar.shape import Back, back_of, front_of
from s4.edge.sql.columnar.timeline import Timeline, Times
from s4.edge.sql.tree import Select, Stream


class Emission(msgspec.Struct, frozen=True, eq=False):
    """What a rule puts out at once. `time`: ms, of each row: its reading's, or the end of its window."""

    time: Int
    names: tuple[str, ...]
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.time)

    def rows(self) -> list[dict[str, Any]]:
        """As plain rows; a null is left out."""
        lists = [column.tolist() for column in self.columns]
        return [
            {name: value for name, value in zip(self.names, row, strict=True) if value is not None}
            for row in (zip(*lists, strict=True) if lists else [()] * len(self))
        ]


class Head:
    """The second half of one rule at work. `faults`: rows that could not be computed; `emitted`: rows put out."""

    def __init__(self, back: Back) -> None:
        self.back = back
        self.faults = self.emitted = 0

    def emit(self, frame: Frame) -> Emission | None:
        """What the rule makes of a frame; None when nothing is left."""
        if self.back.having is not None:
            held = self.back.having.run(frame)
            self.faults += 0 if held.fault is None else int(held.fault.sum())
            frame = frame.take(held.true())
        if not len(frame):
            return None
        emission = self._computed(frame, [output.vector.run(frame) for output in self.back.outputs])
        self.emitted += len(emission)
        return emission if len(emission) else None

    def _computed(self, frame: Frame, columns: Sequence[Column]) -> Emission:
        time, fault = frame.time, None
        for column in columns:
            fault = either(fault, column.fault)
        if fault is not None and fault.any():
            self.faults += int(fault.sum())
            time, columns = time[~fault], [column.take(~fault) for column in columns]
        return Emission(time, tuple(output.name for output in self.back.outputs), tuple(columns))


class ColumnarQuery:
    """One rule by itself. Raises `NotColumnar` when it has to run over rows.

    Cost: 50 ns a row for a filter and a mean a sensor over 10 s, in batches of 65,536.
    """

    def __init__(self, select: Select, stream: Stream, times: Times) -> None:
        self.timeline = Timeline(times)
        self.intake = Intake(front_of(select, stream))
        self.head = Head(back_of(select, stream, self.intake.slot))

    def feed(self, frame: Frame) -> list[Emission]:
        """Take in a batch; returns what follows from it."""
        passed = self.intake.feed(self.timeline.feed(frame))
        return self._emitted([] if passed is None else [passed])

    def advance(self, now_ms: int) -> list[Emission]:
        """Tell the time."""
        self.timeline.advance(now_ms)
        return self._emitted([])

    def _emitted(self, passed: list[Frame]) -> list[Emission]:
        made = [self.head.emit(frame) for frame in passed + self.intake.close(self.timeline.watermark)]
        return [emission for emission in made if emission is not None]

    def snapshot(self) -> bytes:
        """The whole state."""
        timeline, head = self.timeline, self.head
        return msgspec.msgpack.encode(
            [timeline.watermark, timeline.late, head.faults, head.emitted, self.intake.snapshot()]
        )

    def restore(self, state: bytes) -> None:
        """Become what `snapshot` described. Raises `InputError` when it is not of this rule."""
        timeline, head = self.timeline, self.head
        try:
            timeline.watermark, timeline.late, head.faults, head.emitted, intake = msgspec.msgpack.decode(state)
            self.intake.restore(intake)
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
            raise InputError(f"the rule's state is not understood: {error}") from error
