"""Runs one door: starts it again when it fails, and buries what it refused."""

from __future__ import annotations

import asyncio
from typing import Final

from s4.core.clock import Clock
from s4.core.errors import S4Error
from s4.core.logs import get_logger
from s4.core.ports import Door
from s4.runtime import deadletters, metrics
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.recorder import Recorder
from s4.runtime.routes import subject_of

_LONGEST_PAUSE_S: Final = 60.0
_REJECTS_EVERY_S: Final = 1.0

log = get_logger(__name__)


class DoorHost(Host):
    """One door at work. `run` returns when its source has truly ended."""

    def __init__(self, door: Door, city: str, bus: Bus, recorder: Recorder, clock: Clock) -> None:
        super().__init__()
        self.name = f"door-{door.source.id}"
        self._patience = deadletters.Patience()
        self._door, self._city, self._bus, self._recorder, self._clock = door, city, bus, recorder, clock

    async def run(self) -> None:
        """Take in until the source ends or it is time to stop."""
        work = asyncio.create_task(self._again_and_again(), name=f"{self.name}-work")
        work.add_done_callback(lambda _: self.stop())
        while not self.stopping:
            await self.wait(_REJECTS_EVERY_S)
            await self._bury()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await self._bury()

    async def _again_and_again(self) -> None:
        pause = 0.5
        while not await self._ran():
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _ran(self) -> bool:
        source = self._door.source.id
        try:
            await self._door.run(self._recorder.take)
        except S4Error as error:
            log.warning("door closed", source=source, reason=str(error))
            self._recorder.refused(source, str(error))
            return False
        except Exception as error:
            log.exception("door failed", source=source)
            metrics.STAGE_ERRORS.labels(self.name).inc()
            self._recorder.refused(source, f"{type(error).__name__}: {error}")
            return False
        return True

    async def _bury(self) -> None:
        letters = []
        for raw, error in self._door.rejects():
            self._recorder.refused(raw.device, str(error))
            if not self._patience.has_room(raw.device, raw.received):
                continue
            dead = deadletters.letter(self.name, str(error), subject_of(raw), raw.received, raw.payload)
            letters.append(deadletters.outgoing(self._city, dead))
        await self._bus.publish(letters)
