"""What a whole edge node weighs: sensing, edge and detection with their bus, no video, resting and at work.

`python -m benchmarks.edge.memory [--seconds N]`; `s4 bench edge-memory`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.child import child, resident_mib, tree_of
from benchmarks.edge.flood import Flood, send
from benchmarks.figure import Figure

NAME = "edge-memory"
ROOMS = ("sensing", "edge", "detection")
DEVICES = 20
PER_S = 1_000
SECONDS = 30
_MB = 2**20 / 1e6
_RULE = """
[[query]]
id = "{id}"
sql = '''
SELECT source, avg(value) AS mean FROM readings WHERE property = "level"
GROUP BY source, TUMBLINGWINDOW(ss, 10) HAVING avg(value) > {limit}
'''
detection = {{kind = "threshold_exceeded", text = "{{source}}: {{mean}}"}}
"""


def run() -> list[Figure]:
    """After 30 s of rest, and after 30 s at 1,000 readings a second with 20 rules."""
    return measure(SECONDS)


def measure(seconds: int) -> list[Figure]:
    """The same with other times."""
    devices = [f"d{n}" for n in range(DEVICES)]
    rules = "".join(_RULE.format(id=f"mean-{n}", limit=100 + n) for n in range(20))
    with (
        tempfile.TemporaryDirectory(prefix="s4-bench-") as folder,
        child(Path(folder), devices=devices, rules=rules, rooms=ROOMS) as s4,
    ):
        time.sleep(seconds)
        resting, rest_note = resident_mib(s4.process.pid) * _MB, _by_process(s4.process.pid)
        send(Flood(s4.mqtt_port, "d1", s4.secrets["d1"], seconds * PER_S, PER_S, 1))
        time.sleep(2.0)
        working, work_note = resident_mib(s4.process.pid) * _MB, _by_process(s4.process.pid)
    return [
        Figure(NAME, f"edge node resident after {seconds} s of rest", resting, "MB", 150.0, note=rest_note),
        Figure(NAME, f"after {seconds} s at {PER_S:,} readings/s", working, "MB", 150.0, note=work_note),
    ]


def _by_process(pid: int) -> str:
    """Each process in MB: what is resident, and its share when shared pages are split among sharers."""
    said = []
    for one in tree_of(pid):
        held = {
            line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:]
        }
        name = Path(f"/proc/{one}/comm").read_text().strip()
        said.append(f"{name} {held['Rss']:.0f} (share {held['Pss']:.0f})")
    return ", ".join(said)


def main() -> None:
    """Measure as the command line says and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    for figure in measure(parser.parse_args().seconds):
        print(f"{figure.name:<60} {figure.value:>16,.6g} {figure.unit:<16} {figure.met}\n    {figure.note}")


if __name__ == "__main__":
    main()
