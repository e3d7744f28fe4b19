"""Runs recordings again for people who try settings: one at a time, bounded, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from s4.app.replay import Order, Told
from s4.core.city import City
from s4.core.errors import CapacityError, ConfigError, InputError
from s4.core.ids import derive_id
from s4.core.replays import ReplayOffer, ReplaySetting, ReplayState
from s4.core.zones import ZoneBook

SUFFIXES: Final = frozenset({".mp4", ".avi", ".mkv", ".mov", ".ts", ".webm", ".mpg", ".m4v"})
MOST_RECORDINGS: Final = 200
MOST_WAITING: Final = 4
MOST_KEPT: Final = 16
LONGEST_S: Final = 1800.0
_LINE: Final = 4 << 20


class Replays:
    """`core.replays.ReplayDesk`. `folder`: of the city's description; `recordings`: where a city puts recordings, in
    a folder for each camera.
    """

    def __init__(self, city: City, zones: ZoneBook, folder: Path, recordings: Path) -> None:
        self._city, self._zones, self._folder, self._recordings = city, zones, folder, recordings
        self._states: OrderedDict[str, ReplayState] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._count = 0

    def offer(self, camera: str) -> ReplayOffer:
        """See `ReplayDesk.offer`: every number among the settings of this camera."""
        from s4.detection.video.settings import Settings, read_settings

        present = read_settings(self._options(), camera)
        fields = msgspec.inspect.type_info(Settings).fields  # type: ignore[attr-defined]
        found = (_setting(one.name, one.type, getattr(present, one.name)) for one in fields)
        return ReplayOffer(sorted(self._files(camera)), [one for one in found if one is not None])

    async def start(self, camera: str, recording: str, settings: Mapping[str, float]) -> ReplayState:
        """See `ReplayDesk.start`."""
        order = await asyncio.to_thread(self._order, camera, recording, settings)
        if len(self._tasks) >= MOST_WAITING:
            raise CapacityError(f"{MOST_WAITING} recordings are being run or wait already")
        self._count += 1
        state = ReplayState(derive_id("rep", camera, recording, self._count), camera, recording, dict(settings))
        self._states[state.id] = state
        while len(self._states) > MOST_KEPT + MOST_WAITING:
            self._states.popitem(last=False)
        task = asyncio.create_task(self._run(state.id, order), name=f"replay-{camera}")
        self._tasks[state.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(state.id, None))
        return state

    def state(self, replay: str) -> ReplayState | None:
        """See `ReplayDesk.state`."""
        return self._states.get(replay)

    async def cancel(self, replay: str) -> ReplayState | None:
        """See `ReplayDesk.cancel`."""
        task = self._tasks.get(replay)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._note(replay, state="cancelled")
        return self._states.get(replay)

    async def close(self) -> None:
        """End all of them: the process stops."""
        for replay in list(self._tasks):
            await self.cancel(replay)

    def _options(self) -> Mapping[str, Any]:
        return {key: value for key, value in self._city.city.stages.get("video", {}).items() if key != "enabled"}

    def _files(self, camera: str) -> dict[str, Path]:
        """Name → file: what the city has put there, and the recording that the camera itself replays."""
        folder = self._recordings / camera
        listed = sorted(folder.iterdir())[:MOST_RECORDINGS] if folder.is_dir() else []
        files = {one.name: one for one in listed if one.suffix.lower() in SUFFIXES and one.is_file()}
        row = self._city.source_named(camera)
        own = self._folder / str(row.options.get("url", "")) if row is not None else None
        if own is not None and own.is_file():
            files.setdefault(own.name, own)
        return files

    def _order(self, camera: str, recording: str, settings: Mapping[str, float]) -> bytes:
        from s4.detection.video.settings import read_settings

        file = self._files(camera).get(recording)
        row = self._city.source_named(camera)
        if file is None or row is None:
            raise InputError(f"there is no recording {recording[:80]!r} of this camera", field="recording")
        offered = {one.name: one for one in self.offer(camera).settings}
        if unknown := next((name for name in settings if name not in offered), None):
            raise InputError(f"{unknown[:40]!r} is not a setting that can be tried", field="settings")
        tried = {name: int(value) if offered[name].whole else value for name, value in settings.items()}
        now = self._options()
        cameras = {**now.get("cameras", {}), camera: {**now.get("cameras", {}).get(camera, {}), **tried}}
        changed = {**now, "cameras": cameras}
        try:
            read_settings(changed, camera)
        except ConfigError as error:  # of what somebody tries, not of the city's description
            raise InputError(error.reason, field="settings") from error
        rate = float(row.options.get("fps", 0.0)) if file == self._folder / str(row.options.get("url", "")) else 0.0
        place, zones = self._city.place_of(camera), self._zones.of(camera)
        return msgspec.json.encode(Order(str(file), rate, str(self._folder), camera, place, zones, now, changed))

    async def _run(self, replay: str, order: bytes) -> None:
        async with self._turn:
            self._note(replay, state="running")
            try:
                async with asyncio.timeout(LONGEST_S):
                    await self._work(replay, order)
            except TimeoutError:
                self._note(replay, state="failed", detail=f"it took longer than {LONGEST_S / 60:.0f} minutes")
        state = self._states.get(replay)
        if state is not None and state.state == "running":
            self._note(replay, state="failed", detail=state.detail or "it broke off")

    async def _work(self, replay: str, order: bytes) -> None:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "s4.app.replay", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, limit=_LINE,
        )  # fmt: skip
        try:
            if worker.stdin is None or worker.stdout is None:
                return
            worker.stdin.write(order)
            worker.stdin.close()
            async for line in worker.stdout:
                self._heard(replay, msgspec.json.decode(line, type=Told))
        finally:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()

    def _heard(self, replay: str, told: Told) -> None:
        if told.trouble:
            self._note(replay, state="failed", detail=told.trouble[:300])
        elif told.alarms is not None:
            done = told.done_s
            self._note(replay, state="done", done_s=done, of_s=done, alarms=told.alarms, detail=told.detail)
        else:
            self._note(replay, done_s=told.done_s, of_s=told.of_s)

    def _note(self, replay: str, **changes: Any) -> None:
        if replay in self._states:
            self._states[replay] = msgspec.structs.replace(self._states[replay], **changes)


def _setting(name: str, kind: msgspec.inspect.Type, value: object) -> ReplaySetting | None:
    """A number among the settings, with its bounds; None for anything else."""
    if not isinstance(kind, msgspec.inspect.FloatType | msgspec.inspect.IntType) or not isinstance(value, int | float):
        return None
    least = kind.ge if kind.ge is not None else kind.gt
    most = kind.le if kind.le is not None else kind.lt
    return ReplaySetting(name, float(value), least, most, isinstance(kind, msgspec.inspect.IntType))
