"""A `s4 run` of our own: a small city in a folder, started as a user would start it, found by what it notes down."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s4.core.clock import RealClock
from s4.shield.credentials import Credentials

S4 = str(Path(sys.executable).with_name("s4"))
READY_WITHIN_S = 90.0  # 2 s on a machine that does nothing else

CITY = """
[city]
id = "town"
name = "Town"
place = { lat = 43.26, lon = -2.93 }

[[site]]
id = "square"
name = "Square"
place = { lat = 43.26, lon = -2.93 }
"""


def device(name: str) -> str:
    """The lines of `city.toml` for one device."""
    return f'\n[[source]]\nid = "{name}"\nsite = "square"\ndoor = "device"\nfresh_s = 0\n'


@dataclass
class Town:
    """A city's folder and its process. `options`: further arguments of `s4 run`."""

    folder: Path
    http_port: int
    mqtt_port: int
    rooms: Sequence[str] = ()
    options: Sequence[str] = ()
    name: str = "data"
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / self.name

    @property
    def http(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.http_port}"

    def let_in(self, *devices: str) -> dict[str, str]:
        """Give devices their secrets."""
        self.data.mkdir(exist_ok=True, parents=True)
        credentials = Credentials(self.data / "credentials.json", RealClock())
        return {one: credentials.add_device(one) for one in devices}

    def let_people_in(self, **roles: str) -> dict[str, str]:
        """Give people their roles; returns their secrets."""
        self.data.mkdir(exist_ok=True, parents=True)
        credentials = Credentials(self.data / "credentials.json", RealClock())
        return {who: credentials.add_user(who, role) for who, role in roles.items()}

    def start(self) -> None:
        """Start it, without waiting."""
        command = [S4, "run", "city.toml", *self.rooms, "--data-dir", str(self.data)]
        command += ["--http-port", str(self.http_port), "--mqtt-port", str(self.mqtt_port), *self.options]
        (self.data / "running.json").unlink(missing_ok=True)
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def wait_ready(self) -> dict[str, Any]:
        """Wait until it runs; returns its addresses."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                found: dict[str, Any] = json.loads((self.data / "running.json").read_text())
            except (OSError, ValueError):
                time.sleep(0.05)
                continue
            if found["pid"] == self.process.pid:
                return found
        raise AssertionError(f"it did not start:\n{self.log()}")

    def log(self) -> str:
        """What it said."""
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of what it serves at `path`."""
        try:
            with urllib.request.urlopen(self.http + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def kill(self) -> None:
        """kill -9, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)

    def kill_bus(self) -> bool:
        """kill -9 of its nats-server alone; whether there was one."""
        try:
            os.kill(int((self.data / "nats.pid").read_text()), signal.SIGKILL)
        except (OSError, ValueError):
            return False
        return True

    def stop(self, patience_s: float = 60.0) -> int:
        """Ctrl-C; returns the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=patience_s)

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
