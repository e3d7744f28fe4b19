"""Install the peers, each into an environment of its own under `.peers/` (or `S4_PEERS`), never into the project's.

`python -m benchmarks.edge.peers.install [NAME …]`. A peer that does not install is said to be missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("S4_PEERS", Path(__file__).resolve().parents[3] / ".peers"))
MOST_S = 900
PINNED = {
    "river": ("river==0.26.1", "msgspec==0.22.0"),
    "bytewax": ("bytewax==0.21.1", "msgspec==0.22.0"),
    "pathway": ("pathway==0.33.0",),
    "node-red": ("node-red@4.1.8",),
    "supervision": ("supervision==0.26.1",),
}
"""What is installed for each. River and Bytewax bring no reader of JSON lines, so they get the fastest."""


def runner(peer: str) -> Path:
    """The program that runs the peer's file: its own Python, or Node-RED itself."""
    if peer == "node-red":
        return FOLDER / peer / "node_modules" / "node-red" / "red.js"
    return FOLDER / peer / "bin" / "python"


def is_there(peer: str) -> bool:
    """Whether the peer, in the version that is pinned, has been installed."""
    note = FOLDER / peer / "installed"
    return runner(peer).exists() and note.exists() and note.read_text().split() == list(PINNED[peer])


def install(peer: str) -> str:
    """Install one; returns why it could not be, empty when it is there."""
    folder = FOLDER / peer
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for command in _commands(peer, folder):
            subprocess.run(command, check=True, cwd=folder, timeout=MOST_S, capture_output=True, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        return str(said).strip().splitlines()[-1][:300]
    (folder / "installed").write_text("\n".join(PINNED[peer]))
    return ""


def _commands(peer: str, folder: Path) -> list[list[str]]:
    if peer == "node-red":
        return [["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *PINNED[peer]]]
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *PINNED[peer]]
    return [[sys.executable, "-m", "venv", str(folder)], pip]


def main(names: list[str]) -> int:
    """Install those named, or all; one line each."""
    missing = 0
    for peer in names or list(PINNED):
        reason = "" if is_there(peer) else install(peer)
        missing += bool(reason)
        print(f"{peer}: {'missing: ' + reason if reason else 'there (' + ', '.join(PINNED[peer]) + ')'}", flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
