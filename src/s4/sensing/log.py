"""Logs: a file that grows, followed line by line; or a recorded one, replayed by its own times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Observation
from s4.core.ports import Card, Context, Door, Record, Reject
from s4.sensing.eve import Eve
from s4.sensing.files import Line, read_lines
from s4.sensing.formats import JsonLines, LineFormat
from s4.sensing.options import read_options
from s4.sensing.pace import start_of
from s4.sensing.payload import instant
from s4.sensing.replay import RejectBox, by_own_times, deliver
from s4.sensing.tail import Tail, load_position, save_position
from s4.sensing.zeek import ZeekConn

BATCH = 512


class LogOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of a log in `city.toml`.

    `path`: the file; a replayed one may end in `.gz` or `.xz`. `format`: `json`, `eve` (Suricata) or `zeek-conn`.
    For `json`: `property`, or the field that names it; `time_field` and, if that is a number, its `time_unit`.
    `ignore`: EVE event types that are not wanted. Followed: `state`, the file that remembers how far it was read;
    `from_start`, when nothing is remembered; `poll_s`, how often to look. Replayed (`replay`): `start`, the instant
    that the first record stands for ("now", RFC 3339, or empty to keep its times); `from_s`: begin so many seconds
    behind the first record, which then is the instant that `start` stands for.
    """

    path: Annotated[str, Meta(min_length=1)]
    format: Literal["json", "eve", "zeek-conn"] = "json"
    property: str = "log"
    property_field: str = ""
    time_field: str = "time"
    time_unit: Literal["s", "ms", "us", "ns"] = "ns"
    ignore: tuple[str, ...] = ("stats",)
    state: str = ""
    from_start: bool = False
    poll_s: Annotated[float, Meta(ge=0.01, le=3600)] = 0.25
    replay: bool = False
    start: str = ""
    from_s: Annotated[float, Meta(ge=0, le=1e9)] = 0.0

    def line_format(self) -> LineFormat:
        """A fresh reader of such lines."""
        if self.format == "eve":
            return Eve(self.ignore)
        if self.format == "zeek-conn":
            return ZeekConn()
        return JsonLines(
            property=self.property, property_field=self.property_field,
            time_field=self.time_field, time_unit=self.time_unit,
        )  # fmt: skip


class LogDoor(Door):
    """A log file of another system, one observation a line.

    Cost: about 50 µs a line. A line that cannot be used is kept for `rejects` with file, line and reason.
    """

    card: ClassVar = Card(
        name="log",
        version="1",
        title="Log file",
        purpose="Takes in what another system writes down: alerts and flows of network sensors, access control.",
        legal_basis="GDPR Art. 6(1)(e) with Recital 49: network and information security (IP addresses are kept)",
        limits="64 KiB a record; one line a record.",
    )
    produces: ClassVar = (Observation,)

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        owner = f"source[{source.id}]"
        self.options = read_options(LogOptions, source.options, owner)
        self._start = start_of(self.options.start, context.clock, field=f"{owner}.options.start")
        self._path = Path(context.folder) / self.options.path
        self._format = self.options.line_format()
        self._refused = RejectBox(source.id, "log", context.clock)

    def rejects(self) -> Sequence[Reject]:
        """The lines refused since the last call, at most the last 1000."""
        return self._refused.drain()

    async def run(self, record: Record) -> None:
        """Follow the file until cancelled, or replay it to its end.

        Raises `InputError` for a recording that is not there, or a remembered position that is damaged.
        """
        await (self._replay(record) if self.options.replay else self._follow(record))

    # Following

    async def _follow(self, record: Record) -> None:
        state = Path(self.context.folder) / self.options.state if self.options.state else None
        position = await asyncio.to_thread(load_position, state) if state else None
        tail = await asyncio.to_thread(Tail, self._path, position, from_start=self.options.from_start)
        try:
            for comment in tail.head():
                self._format.read(comment, self.context.clock.now())
            while True:
                lines = await asyncio.to_thread(tail.read, BATCH)
                if not lines:
                    await asyncio.sleep(self.options.poll_s)
                    continue
                await deliver(record, list(self._observations(lines)))
                if state and (position := tail.position):
                    await asyncio.to_thread(save_position, state, position)
        finally:
            tail.close()

    # Replaying

    async def _replay(self, record: Record) -> None:
        self._format = self.options.line_format()
        async for batch in by_own_times(self._chunks(), self.context.clock, BATCH):
            now = self.context.clock.now()
            await deliver(record, [msgspec.structs.replace(one, received=now) for one in batch])

    def _chunks(self) -> Callable[[], list[tuple[int, Observation]] | None]:
        """A function that reads the next few lines each time it is called, as `by_own_times` wants it."""
        lines = read_lines(self._path)
        begin: int | None = None

        def read() -> list[tuple[int, Observation]] | None:
            nonlocal begin
            some = list(islice(lines, BATCH))
            if not some:
                return None
            seen = list(self._observations(some))
            if begin is None and seen:
                begin = seen[0].time + int(self.options.from_s * NS_PER_S)
            wanted = [one for one in seen if one.time >= (begin or 0)] if self.options.from_s else seen
            shift = 0 if self._start is None or begin is None else self._start - begin
            return [(one.time, one) for one in self._moved(wanted, shift)]

        return read

    def _moved(self, seen: Iterable[Observation], shift: int) -> Iterator[Observation]:
        """The same observations at another time, under the ids that they then have."""
        for one in seen:
            if not shift:
                yield one
                continue
            try:
                time = instant(one.time + shift, 0)
            except InputError as error:
                self._refused.add(b"", error.at(file=str(self._path)))
                continue
            key = Observation.derive_id(one.source, one.property, time, one.id.encode())
            yield msgspec.structs.replace(one, id=key, time=time)

    # Lines

    def _observations(self, lines: Iterable[Line]) -> Iterator[Observation]:
        now = self.context.clock.now()
        for line in lines:
            try:
                one = self._read(line, now)
            except InputError as error:
                self._refused.add(line.text, error.at(file=str(self._path), line=line.number))
                continue
            if one is not None:
                yield one

    def _read(self, line: Line, now: int) -> Observation | None:
        if line.too_long:
            raise InputError("is longer than 1 MiB")
        said = self._format.read(line.text, now)
        if said is None:
            return None
        source = self.source
        key = Observation.derive_id(source.id, said.property, said.time, line.text)
        return Observation(key, source.id, said.property, said.time, source.site, now, said.body)
