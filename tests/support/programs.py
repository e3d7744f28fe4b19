"""Programs that only the system can give: where they are, or None."""

import shutil
import subprocess
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    """A Chromium that really starts; some systems have a `chromium` that only tells how to install it."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found and subprocess.run([found, "--version"], capture_output=True, timeout=20, check=False).returncode == 0:
            return Path(found)
    return None


def find_postgres() -> Path | None:
    """The folder with `initdb` and `postgres`; Debian keeps it off the path, the newest version last."""
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))[::-1]
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


def find_in_sbin(name: str) -> str | None:
    """A server's program; Debian keeps servers where a user's path does not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def find_mosquitto() -> str | None:
    """The MQTT broker Eclipse Mosquitto."""
    return find_in_sbin("mosquitto")
