"""The IoT-23 capture: a Zeek connection log of an infected camera, each flow labelled by hand."""

import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from s4.core.model import Observation

NS = 1_000_000_000


class Labelled(NamedTuple):
    """A flow and what the people who recorded it say that it is (`-` for benign)."""

    observation: Observation
    label: str


def flow_at(time: int, body: dict[str, Any], source: str = "sensor") -> Observation:
    """A flow observation."""
    name = Observation.derive_id(source, "flow", time, repr(sorted(body.items())).encode())
    return Observation(name, source, "flow", time, "network", time, body)


def labelled_flows(data_dir: Path) -> Iterator[Labelled]:
    """Every flow of `cyber/iot23/conn.log.labeled.xz`, in the order of the file."""
    with lzma.open(data_dir / "cyber" / "iot23" / "conn.log.labeled.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            cells = line.split()
            seconds, micros = cells[0].split(".")
            count = [0 if cell == "-" else int(cell) for cell in (cells[9], cells[10], cells[16], cells[18])]
            body = {
                "src_ip": cells[2], "src_port": int(cells[3]), "dest_ip": cells[4], "dest_port": int(cells[5]),
                "proto": cells[6], "state": cells[11], "bytes": count[0] + count[1], "packets": count[2] + count[3],
            }  # fmt: skip
            yield Labelled(flow_at(int(seconds) * NS + int(micros.ljust(9, "0")), body), cells[-1])
