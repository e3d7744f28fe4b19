"""The exercise city played against a whole s4: everything on, through the public doors, the page opened."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec

from s4.app.run import Life, living
from s4.app.settings import Settings
from s4.core.city import City
from s4.core.clock import NS_PER_S, RealClock
from s4.core.logs import get_logger
from s4.exercise.write import write_city
from s4.runtime.sockets import free_port
from s4.shield.credentials import Credentials

log = get_logger(__name__)
_STOP_S: Final = 10.0
_DAY_NS: Final = 86_400 * NS_PER_S
_OPENS_NS: Final = int(16.5 * 3600) * NS_PER_S
"""The festival plays in the late afternoon, 16:30 UTC, whatever the hour: there is light, and there are people."""


class Play(msgspec.Struct, frozen=True):
    """What to play: `scenario` with `seed`, `speed` simulated seconds a second; `folder` keeps everything."""

    folder: Path
    scenario: str = "festival"
    seed: int = 7
    speed: float = 1.0
    http_port: int = 8400
    mqtt_port: int = 1883
    host: str = "127.0.0.1"


@contextlib.asynccontextmanager
async def playing(play: Play) -> AsyncIterator[Life]:
    """A new exercise city, watched over, with the scenario under way; leaving the block stops both.

    `<folder>/city` describes the city, `<folder>/data` holds what s4 kept, `<folder>/truth.jsonl` what really happened.
    """
    video_port = free_port()
    city_folder, data = play.folder / "city", play.folder / "data"
    for old in (city_folder, data):
        shutil.rmtree(old, ignore_errors=True)
    data.mkdir(parents=True)
    city = await asyncio.to_thread(write_city, city_folder, play.seed, video_port=video_port)
    secrets_file = play.folder / "devices.secret"
    _admit_devices(city, data, secrets_file)
    now = RealClock().now()
    evening = now // _DAY_NS * _DAY_NS + _OPENS_NS
    settings = Settings(
        city_file=city_folder / "city.toml", data_dir=data, host=play.host, http_port=play.http_port,
        mqtt_port=play.mqtt_port, start=evening, anchor=now, speed=play.speed,
    )  # fmt: skip
    async with living(settings) as life:
        process = await _start_exercise(play, settings, life, video_port, secrets_file)
        try:
            yield life
        finally:
            await _stop(process)
            secrets_file.unlink(missing_ok=True)


def _admit_devices(city: City, data: Path, secrets_file: Path) -> None:
    """A credential for every device of the exercise, made anew for each performance."""
    credentials = Credentials(data / "credentials.json", RealClock())
    named = dict.fromkeys([row.id for row in city.source] + [row.id for row in city.outlet])
    devices = {device: credentials.add_device(device) for device in named}
    descriptor = os.open(secrets_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(devices, file)


async def _start_exercise(
    play: Play, settings: Settings, life: Life, video_port: int, secrets_file: Path
) -> asyncio.subprocess.Process:
    with (play.folder / "exercise.log").open("wb") as exercise_log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "s4.exercise", str(settings.city_file.parent),
            "--scenario", play.scenario, "--seed", str(play.seed), "--speed", str(play.speed),
            "--start", str(settings.start), "--anchor", str(settings.anchor),
            "--mqtt", life.addresses.mqtt, "--http", life.addresses.http, "--credentials", str(secrets_file),
            "--truth", str(play.folder / "truth.jsonl"), "--video-port", str(video_port), "--follow-parent",
            stdout=exercise_log, stderr=exercise_log, stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        log.warning("the exercise ended by itself; see exercise.log", code=process.returncode)
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def new_folder() -> Path:
    """A folder of its own for a performance that nobody asked to keep."""
    return Path(tempfile.mkdtemp(prefix="s4-demo-"))
