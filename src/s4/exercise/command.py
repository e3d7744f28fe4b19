"""The command line of the exercise: `python -m s4.exercise CITY --mqtt URL --http URL --credentials FILE …`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from s4.core.clock import RealClock
from s4.core.errors import InputError, S4Error
from s4.core.logs import structlog
from s4.core.registry import load

LARGEST_CREDENTIALS: Final = 1 << 20
_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD of <malloc.h>


def main(argv: Sequence[str] | None = None) -> int:
    """Play until SIGTERM or Ctrl-C. Returns 0 when stopped, 1 for bad input, with one line on stderr."""
    parent = os.getppid()  # at once: it may be gone before the city stands
    options = _parser().parse_args(argv)
    _prepare()
    try:
        asyncio.run(_play(options, parent))
    except S4Error as error:
        sys.stderr.write(f"s4 exercise: {error}\n")
        return 1
    return 0


def _prepare() -> None:
    """Log to stderr from `info` up, and have large arrays given back to the system once they are done with."""
    level = structlog.make_filtering_bound_logger(20)
    structlog.configure(wrapper_class=level, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc only
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 1 << 18)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("s4.exercise", description="Play a scenario in the exercise city.")
    parser.add_argument("city", type=Path, help="folder with the city's files, as write_city made them")
    parser.add_argument("--scenario", default="festival", help="which one (default festival)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed plays the same exercise (default 7)")
    parser.add_argument("--start", type=int, help="simulated start, ns UTC (default: now)")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per real second (default 1)")
    parser.add_argument("--anchor", type=int, help="real instant of the start, ns UTC (default: now)")
    parser.add_argument("--mqtt", required=True, help="mqtt://host:port")
    parser.add_argument("--http", required=True, help="http://host:port")
    parser.add_argument(
        "--credentials", type=Path, required=True, help="JSON file {device: secret}, readable by you only"
    )
    parser.add_argument("--truth", type=Path, required=True, help="file of what really happened (JSON Lines)")
    parser.add_argument("--video-port", type=int, required=True, help="port of the cameras' own server on 127.0.0.1")
    parser.add_argument("--people", type=int, help="how many people live there (default 220)")
    parser.add_argument("--follow-parent", action="store_true", help="stop when the process that started this one ends")
    return parser


def secrets_from(path: Path) -> dict[str, str]:
    """The credentials file. Raises `InputError` when it is not what it should be, or others may read it.

    The secrets are read once and never written anywhere.
    """
    try:
        state = path.stat()
        if state.st_mode & 0o077:
            raise InputError("may be read by others (make it mode 0600)", file=str(path))
        if state.st_size > LARGEST_CREDENTIALS:
            raise InputError(f"is larger than {LARGEST_CREDENTIALS} bytes", file=str(path))
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from error
    except msgspec.DecodeError as error:
        raise InputError("is not a JSON object of texts", file=str(path)) from error


async def _play(options: argparse.Namespace, parent: int) -> None:
    from s4.exercise.play import Play, Settings

    now = RealClock().now()
    start = now if options.start is None else options.start
    anchor = now if options.anchor is None else options.anchor
    settings = Settings(
        options.city, options.seed, start, options.speed, anchor, options.mqtt, options.http,
        secrets_from(options.credentials), options.truth, options.video_port, options.people,
    )  # fmt: skip
    play = Play(settings, load("s4.scenarios", options.scenario))
    task = asyncio.create_task(play.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    watch = asyncio.create_task(_follow(task, parent)) if options.follow_parent else None
    with contextlib.suppress(asyncio.CancelledError):
        await task
    if watch is not None:
        watch.cancel()


async def _follow(task: asyncio.Task[None], parent: int) -> None:
    """End with the process that started this one: a killed parent cannot say goodbye."""
    while os.getppid() == parent:  # noqa: ASYNC110 - the system tells nobody that a parent has died
        await asyncio.sleep(0.5)
    task.cancel()
