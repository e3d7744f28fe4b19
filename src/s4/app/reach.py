"""How a command reaches the s4 that runs on a data folder: what it noted down, and its bus."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from s4.app.run import Addresses
from s4.core.errors import ServiceError
from s4.runtime.bus import Bus
from s4.runtime.nats_config import RUNNER
from s4.runtime.nats_server import runner_password


def running_here(data_dir: Path) -> Addresses:
    """The addresses of the s4 that runs on `data_dir`. Raises `ServiceError` when none does."""
    try:
        return msgspec.json.decode((data_dir / "running.json").read_bytes(), type=Addresses)
    except (OSError, msgspec.DecodeError):
        raise ServiceError(
            f"no s4 runs on {data_dir} (start it with: s4 run, or name its folder: --data-dir)"
        ) from None


@contextlib.asynccontextmanager
async def connected(data_dir: Path) -> AsyncIterator[Bus]:
    """A connection to its bus, closed at the end."""
    where = running_here(data_dir)
    own = bool(where.mqtt)
    bus = await Bus.connect(
        where.bus, user=RUNNER if own else "", password=runner_password(data_dir) if own else "", name="s4-cli"
    )
    try:
        yield bus
    finally:
        await bus.close()
