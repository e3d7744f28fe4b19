"""Runs one camera: pulls its frames in a thread and hands them to video detection in the same process.

Pictures never ride the bus; only detections, how many people are in view, and how many frames a second were analysed
leave the thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Final

from s4.core.city import Source
from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import S4Error
from s4.core.live import LiveBoard
from s4.core.logs import get_logger
from s4.core.model import Frame, ObservationBatch, Reading, Series
from s4.core.ports import Camera, Produced, Stage
from s4.runtime import metrics
from s4.runtime.host import Host
from s4.runtime.recorder import Recorder

_REPORT_NS: Final = 5 * NS_PER_S
_PATIENCE_S: Final = 30.0
_PAUSE_S: Final = 2.0
_LONGEST: Final = 200
"""Letters of a reason that whoever looks at the camera is told."""
_GRACE: Final = 10
"""Times in a row, about one a second, that a camera says it is lost before that is logged: it may just be starting."""

log = get_logger(__name__)


class CameraHost(Host):
    """One camera and the stages that watch its frames, in one thread. `run` returns when the film has ended."""

    def __init__(
        self,
        source: Source,
        camera: Camera,
        stages: list[Stage],
        recorder: Recorder,
        clock: Clock,
        board: LiveBoard | None = None,
    ) -> None:
        super().__init__()
        self.name = f"camera-{source.id}"
        self._source, self._camera, self._stages = source, camera, stages
        self._recorder, self._clock = recorder, clock
        self._halt = threading.Event()
        self._frames, self._dropped, self._reported = 0, 0, 0
        self._counted = 0
        self._board, self._connected, self._reconnects = board, True, 0
        self._complaint, self._missed = "", 0

    async def run(self) -> None:
        """Watch until the film ends or it is time to stop."""
        self.arrived.clear()
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._watch, args=(loop,), name=self.name, daemon=True)
        thread.start()
        try:
            await self.arrived.wait()
        finally:
            self._halt.set()
            self._camera.close()
            await asyncio.to_thread(thread.join, 5.0)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._watch_again_and_again(loop)
        finally:
            with contextlib.suppress(RuntimeError):  # the loop may be gone already
                loop.call_soon_threadsafe(self.arrived.set)

    def _watch_again_and_again(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._halt.is_set():
            try:
                for frame in self._camera.frames():
                    if self._halt.is_set():
                        return
                    if frame is None:
                        self._lost()
                        self._tell(self._step([], self._clock.now()), loop)
                    else:
                        self._see(frame, loop)
                self._say(state="ended")
                return
            except S4Error as error:
                self._complain(str(error))
                self._recorder.refused(self._source.id, str(error))
                self._say(state="failed", detail=str(error)[:_LONGEST])
            except Exception:
                log.exception("camera failed", source=self._source.id)
                self._say(state="failed", detail="s4 made a mistake; its log says more")
                metrics.STAGE_ERRORS.labels(self.name).inc()
            self._halt.wait(_PAUSE_S)

    def _see(self, frame: Frame, loop: asyncio.AbstractEventLoop) -> None:
        self._frames += 1
        metrics.FRAMES.labels(self._source.id).inc()
        produced = self._step([frame], frame.time)
        self._live(frame)
        self._tell(produced + self._people(frame) + self._rate(frame), loop)

    def _live(self, frame: Frame) -> None:
        self._reconnects += not self._connected
        self._connected, self._complaint, self._missed = True, "", 0
        delay = (self._clock.now() - frame.time) / 1e6
        self._say(
            state="live", last_frame=frame.time, delay_ms=round(delay, 1), reconnects=self._reconnects, detail="",
            dropped=self._camera.dropped,
        )  # fmt: skip

    def _lost(self) -> None:
        self._connected, self._missed = False, self._missed + 1
        trouble = self._camera.trouble
        if trouble and self._missed >= _GRACE:
            self._complain(trouble)
        self._say(state="lost", people=None, detail=trouble[:_LONGEST])

    def _complain(self, reason: str) -> None:
        """Once, however often it is tried again, until a picture comes or it is something else."""
        if reason != self._complaint:
            self._complaint = reason
            log.warning("camera lost", source=self._source.id, reason=reason)

    def _say(self, **changes: object) -> None:
        """How the camera is doing, for whoever looks."""
        if self._board is not None:
            self._board.tell(self._source.id, time=self._clock.now(), **changes)

    def _step(self, frames: list[Frame], now: int) -> list[Produced]:
        return [fact for stage in self._stages for fact in stage.step(frames, now)]

    def _tell(self, produced: list[Produced], loop: asyncio.AbstractEventLoop) -> None:
        if not produced:
            return
        done = asyncio.run_coroutine_threadsafe(self._recorder.out(produced), loop)
        with contextlib.suppress(FutureTimeoutError):
            done.result(_PATIENCE_S)

    def _people(self, frame: Frame) -> list[Produced]:
        """How many people are in view, each second, as who watches the camera last said."""
        if self._board is None or 0 <= frame.time - self._counted < NS_PER_S:
            return []
        self._counted = frame.time
        count = next((one.people for one in self._board.states() if one.camera == self._source.id), None)
        if count is None:
            return []
        reading = Reading(Series(self._source.id, "person_count", "1"), frame.time, float(count))
        return [ObservationBatch.of(frame.site, self._clock.now(), [reading])]

    def _rate(self, frame: Frame) -> list[Produced]:
        """How many frames a second are analysed and dropped, every 5 s: a camera that is silent shows as one."""
        now = self._clock.now()
        elapsed = now - self._reported
        if elapsed < _REPORT_NS:
            return []
        dropped = self._camera.dropped - self._dropped
        metrics.FRAMES_DROPPED.labels(self._source.id).inc(dropped)
        per_s = NS_PER_S / elapsed if self._reported else 0.0
        rates = {"frame_rate": self._frames * per_s, "dropped_frame_rate": dropped * per_s}
        self._frames, self._dropped, self._reported = 0, self._dropped + dropped, now
        self._say(per_s=round(rates["frame_rate"], 2), dropped_per_s=round(rates["dropped_frame_rate"], 2))
        readings = [Reading(Series(self._source.id, name, "Hz"), frame.time, rate) for name, rate in rates.items()]
        return [ObservationBatch.of(frame.site, now, readings)]
