"""Who does the work, each in a process of its own, and what one run of it came to."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import msgspec

from benchmarks.edge import work
from benchmarks.edge.peers import install

_PEERS = Path(install.__file__).parent
_ROOT = _PEERS.parents[2]
MOST_S = 900


class Contender(msgspec.Struct, frozen=True):
    """`peer`: which environment it needs ("" for ours); `share` of the readings that it gets (1/`share`)."""

    name: str
    command: tuple[str, ...]
    peer: str = ""
    share: int = 1


class Run(msgspec.Struct, frozen=True):
    """One run: seconds of the work alone (`wall_s`, `cpu_s` of all threads), of the whole process (`whole_s` of CPU),
    readings taken in, and how its alerts differ from the right ones ("" when they do not).
    """

    rows: int
    wall_s: float
    cpu_s: float
    whole_s: float
    version: str
    differs: str


def _ours(name: str, how: str, share: int = 1) -> Contender:
    return Contender(name, (sys.executable, "-m", "benchmarks.edge.ours", how), share=share)


def _peer(name: str, peer: str, file: str) -> Contender:
    return Contender(name, (str(install.runner(peer)), str(_PEERS / file)), peer)


OURS = _ours("s4, NDJSON", "lines")
CONTENDERS = (
    OURS,
    _ours("s4, columnar batches from the bus", "batches"),
    _ours("s4, columnar frames in memory", "frames"),
    _ours("s4, row engine, a tenth of the lines", "rows", 10),
    Contender("stdlib row loop", (sys.executable, str(_PEERS / "stdlib_rows.py"))),
    _peer("River", "river", "river_rows.py"),
    _peer("Pathway", "pathway", "pathway_flow.py"),
    _peer("Bytewax", "bytewax", "bytewax_flow.py"),
    Contender(
        "Node-RED",
        (sys.executable, str(_PEERS / "node_red_flow.py"), str(install.runner("node-red"))),
        "node-red",
    ),
)


def run(one: Contender, source: Path, target: Path, expected: work.Alerts, rows: int) -> Run:
    """Let it work once. Raises `RuntimeError` with its last words when it fails."""
    target.unlink(missing_ok=True)
    before = _children_s()
    command = [*one.command, str(source), str(target)]
    if one.command[1] != "-m":
        command.append(json.dumps(work.PARAMETERS))
    done = subprocess.run(command, check=False, cwd=_ROOT, capture_output=True, text=True, timeout=MOST_S)
    whole = _children_s() - before
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not said:
        raise RuntimeError(f"{one.name} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    meter = json.loads(said[-1])
    found = work.read_alerts(target) if target.exists() else {}
    return Run(
        rows, meter["wall_s"], meter["cpu_s"], whole, _version(one, meter), work.differs(found, expected)
    )  # fmt: skip


def _version(one: Contender, meter: dict[str, object]) -> str:
    if one.peer == "node-red":
        return f"{install.PINNED[one.peer][0]} on Node.js {meter['node']}"
    name = f"{one.peer or 's4' * (one.name[:2] == 's4')} {meter.get('version', '')}".strip()
    return f"{name} on Python {meter['python']}".strip()


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
