"""The checkpoint of a door: what it takes in of devices, its own and those behind it, is judged by their profiles, and
what comes of a device that nobody has let in is held.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from s4.core.errors import CapacityError, InputError, ServiceError
from s4.core.model import Observation, ObservationBatch, Raw, Series
from s4.core.ports import Card, Context, Door, Produced, Record, Reject
from s4.core.register import Register
from s4.core.subjects import ACK
from s4.sensing.channels import Channels, Columns, check_property
from s4.sensing.device import Profile, Profiles
from s4.sensing.judge import Judge
from s4.sensing.notices import Notices
from s4.sensing.payload import check_event, happened

Mask = NDArray[np.bool_]
MOST_REJECTS: Final = 1_000
_MOST_LANES: Final = 50_000
_TELL_S: Final = 1.0
_UNSAID: Final = ("", "1")
"""Units of a batch that say nothing: the number is as the device sent it."""


class Checkpoint:
    """Judges what one door gives. `source`: its own id, which may say anything that its profile, if any, allows."""

    def __init__(self, context: Context, source: str) -> None:
        self._register = context.register or Register(context.city)
        self._profiles = Profiles(context.city, self._register)
        self._source, self._clock = source, context.clock
        self.notices = Notices(context.city, self._register)
        self._channels = Channels()
        self._judge = Judge(self._channels, self.notices)
        self._rejects: list[Reject] = []
        self._lanes: dict[Series, int | InputError | None] = {}
        self._generation = 0

    def rejects(self) -> list[Reject]:
        """What was refused or held since the last call, at most `MOST_REJECTS`."""
        out, self._rejects = self._rejects, []
        return out

    def take(self, produced: Sequence[Produced]) -> list[Produced]:
        """What may go on, with what there is to say of the rest."""
        if self._generation != self._profiles.generation:
            self._generation, self._lanes = self._profiles.generation, {}
        kept: list[Produced] = []
        for item in produced:
            if isinstance(item, ObservationBatch):
                kept += self._batch(item)
            elif isinstance(item, Observation):
                kept += self._event(item)
            else:
                kept.append(item)
        return [*kept, *self.notices.tell(self._clock.now())]

    def _batch(self, batch: ObservationBatch) -> list[Produced]:
        lanes = [self._lane(series) for series in batch.series]
        if all(lane is None for lane in lanes):
            return [batch]
        free = np.array([lane is None for lane in lanes], np.bool_)
        code = np.array([lane if isinstance(lane, int) else -1 for lane in lanes], np.int32)
        for i, lane in enumerate(lanes):
            if isinstance(lane, InputError):
                self._stop(batch, i, lane)
        judged = code[batch.code] >= 0
        out = [_part(batch, free[batch.code])] if free.any() else []
        return [*out, *(self._judged(batch, judged, code) if judged.any() else [])]

    def _lane(self, series: Series) -> int | InputError | None:
        """Where readings of a series go: on as they are (None), before the judge (its channel), or nowhere (why)."""
        found = self._lanes.get(series, self)
        if found is self:
            if len(self._lanes) >= _MOST_LANES:
                self._lanes.clear()
            found = self._lanes[series] = self._find(series)
        return found  # type: ignore[return-value]

    def _find(self, series: Series) -> int | InputError | None:
        try:
            profile = self._profile(series.source)
            check_property(series.property)
            if profile is None or profile.spec is None:
                return None
            return self._channels.code(profile, series.property, None if series.unit in _UNSAID else series.unit)
        except InputError as error:
            return error

    def _profile(self, device: str) -> Profile | None:
        if device == self._source and not self._register.may_speak(device):
            return None
        return self._profiles.of(device)

    def _judged(self, batch: ObservationBatch, which: Mask, code: NDArray[np.int32]) -> list[ObservationBatch]:
        rows = Columns(code[batch.code[which]], batch.time[which], batch.value[which])
        judged = self._judge.take(rows, np.full(len(rows.code), batch.received, np.int64))
        for i, error in judged.refused:
            series = self._channels[int(rows.code[i])].series
            self._reject(series, float(rows.value[i]), int(rows.time[i]), batch.received, error)
        return self._channels.batches(judged.kept, batch.received)

    def _stop(self, batch: ObservationBatch, index: int, error: InputError) -> None:
        rows = np.flatnonzero(batch.code == index)
        if not len(rows):
            return
        series, last = batch.series[index], int(rows[-1])
        value, time = float(batch.value[last]), int(batch.time[last])
        if self._register.may_speak(series.source) or series.source == self._source:
            self.notices.refused(series.source, f"{series.property}: {error.reason}", len(rows))
        elif not self._held(series.source, series.property, f"{value:g} {series.unit}", len(rows)):
            return
        self._reject(series, value, time, batch.received, error)

    def _held(self, device: str, name: str, said: str, count: int) -> bool:
        """Whether what is held shall be kept; what a person keeps out is only counted."""
        if self._register.standing(device) == "rejected":
            self.notices.refused(device, "a person keeps it out", count)
            return False
        return self.notices.held(device, self._source, name, said, count)

    def _reject(self, series: Series, value: float, time: int, received: int, error: InputError) -> None:
        fields = {"value": value if np.isfinite(value) else repr(value), "time": time}
        if series.unit not in _UNSAID:
            fields["unit"] = series.unit
        self._letter(Raw(series.source, series.property, msgspec.json.encode(fields), received), error)

    def _letter(self, raw: Raw, error: InputError) -> None:
        if len(self._rejects) < MOST_REJECTS:
            self._rejects.append((raw, error))

    def _event(self, seen: Observation) -> list[Produced]:
        try:
            profile = self._profile(seen.source)
            check_property(seen.property)
            if profile is None or profile.spec is None:
                return [seen]
            if seen.property != ACK:
                check_event(profile.spec, seen.property, seen.body)
            time = happened(profile, seen.time, seen.received)
        except InputError as error:
            self._refused(seen, error)
            return []
        return [seen if time == seen.time else msgspec.structs.replace(seen, time=time)]

    def _refused(self, seen: Observation, error: InputError) -> None:
        said = msgspec.json.encode(dict(seen.body))
        if self._register.may_speak(seen.source) or seen.source == self._source:
            self.notices.refused(seen.source, f"{seen.property}: {error.reason}")
        elif not self._held(seen.source, seen.property, said[:80].decode(errors="replace"), 1):
            return
        self._letter(Raw(seen.source, seen.property, said, seen.received), error)


def _part(batch: ObservationBatch, which: Mask) -> ObservationBatch:
    return ObservationBatch(
        batch.site, batch.received, batch.series, batch.code[which], batch.time[which], batch.value[which]
    )  # fmt: skip


class Guarded(Door):
    """A door with its checkpoint: every door of a city stands behind one, ours or a stranger's."""

    card = Card("guarded", "1", "Guarded door", "Judges what a door takes in by the profiles of the devices behind it.")

    def __init__(self, door: Door, context: Context) -> None:
        super().__init__(context, door.source)
        self.inner = door
        self._checkpoint = Checkpoint(context, door.source.id)
        self._record: Record | None = None
        self._telling: asyncio.Task[None] | None = None

    async def run(self, record: Record) -> None:
        """Run the door; what it records is judged first."""
        self._record = record
        try:
            await self.inner.run(self._judge)
        finally:
            if self._telling is not None:
                self._telling.cancel()

    async def _judge(self, produced: Sequence[Produced]) -> None:
        kept = self._checkpoint.take(produced)
        if kept and self._record is not None:
            await self._record(kept)
        if len(self._checkpoint.notices) and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_later(), name=f"{self.source.id} notices")

    async def _tell_later(self) -> None:
        """What nothing follows is told as well."""
        await asyncio.sleep(_TELL_S)
        told = self._checkpoint.notices.tell_all(self.context.clock.now())
        if told and self._record is not None:
            with contextlib.suppress(CapacityError, ServiceError):
                await self._record(told)

    def rejects(self) -> Sequence[Reject]:
        """What the door or its checkpoint refused since the last call."""
        return [*self.inner.rejects(), *self._checkpoint.rejects()]
