"""The network's intrusion log: what Suricata would write about the camera network, one JSON object a line.

Field names follow the EVE output of Suricata 7 (https://docs.suricata.io, "Eve JSON Format"): a common head, then a
table named after the event's type. Signature numbers are from 1,000,000, the range kept for local rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from s4.core.clock import NS_PER_S, format_time

NETWORK: Final = "10.40.7"
RECORDER: Final = f"{NETWORK}.2"
SWITCH: Final = f"{NETWORK}.1"
Event = dict[str, Any]


class Ends(NamedTuple):
    """The two ends of a connection."""

    source: str
    source_port: int
    target: str
    target_port: int
    proto: str = "TCP"


class Signature(NamedTuple):
    """A rule that spoke."""

    number: int
    text: str
    category: str
    severity: int


NOISE: Final = (
    Signature(1000101, "LOCAL INFO camera asks for time at an outside server", "Not Suspicious Traffic", 3),
    Signature(1000102, "LOCAL STREAM retransmission with other content", "Generic Protocol Command Decode", 3),
    Signature(1000103, "LOCAL INFO firmware check in clear text", "Potentially Bad Traffic", 2),
)
SCAN: Final = Signature(
    1000001, "LOCAL SCAN many addresses of the camera network probed", "Attempted Information Leak", 2
)
TELNET: Final = Signature(1000002, "LOCAL SCAN telnet tried on a camera", "Attempted Information Leak", 2)


class Eve:
    """Makes the records; `rng` only colours ports and sizes, so one seed gives one log."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 5])

    def usual(self, when: int, cameras: tuple[str, ...]) -> list[Event]:
        """A moment of normal life: video to the recorder, time, names; now and then a harmless alert."""
        camera = cameras[int(self._rng.integers(len(cameras)))]
        port, roll = int(self._rng.integers(32768, 60999)), float(self._rng.random())
        if roll < 0.6:
            packets = int(self._rng.integers(4_000, 9_000))
            ends = Ends(RECORDER, port, camera, 554)
            return [self.flow(when, ends, packets=(packets // 8, packets), state="established", app="rtsp", age_s=30)]
        if roll < 0.8:
            return [self.flow(when, Ends(camera, 123, SWITCH, 123, "UDP"), packets=(1, 1), app="ntp")]
        if roll < 0.95:
            return [self.flow(when, Ends(camera, port, SWITCH, 53, "UDP"), packets=(1, 1), app="dns")]
        ends = Ends(camera, port, SWITCH, 443)
        noise = NOISE[int(self._rng.integers(len(NOISE)))]
        return [self.alert(when, ends, noise), self.flow(when, ends, packets=(6, 5), app="tls", alerted=True)]

    def probe(self, when: int, ends: Ends, *, answered: bool) -> Event:
        """One knock of a scan: a SYN that a closed port resets, or that nobody answers."""
        return self.flow(when, ends, packets=(1, 1 if answered else 0), state="closed" if answered else "new", syn=True)

    def alert(self, when: int, ends: Ends, signature: Signature) -> Event:
        """An `alert` record."""
        body = {
            "action": "allowed",
            "gid": 1,
            "signature_id": signature.number,
            "rev": 1,
            "signature": signature.text,
            "category": signature.category,
            "severity": signature.severity,
        }
        return self._head(when, "alert", ends) | {"alert": body}

    def flow(
        self,
        when: int,
        ends: Ends,
        *,
        packets: tuple[int, int],
        state: str = "closed",
        app: str = "failed",
        age_s: int = 0,
        **marks: bool,
    ) -> Event:
        """A `flow` record, written when the connection is over. `packets`: to the server, to the client."""
        sizes = (60, 60) if marks.get("syn") else (98, 1100)
        event = self._head(when, "flow", ends)
        if not marks.get("syn"):
            event["app_proto"] = app
        event["flow"] = {
            "pkts_toserver": packets[0],
            "pkts_toclient": packets[1],
            "bytes_toserver": packets[0] * sizes[0],
            "bytes_toclient": packets[1] * sizes[1],
            "start": _stamp(when - age_s * NS_PER_S),
            "end": _stamp(when),
            "age": age_s,
            "state": state,
            "reason": "timeout",
            "alerted": bool(marks.get("alerted")),
        }
        if ends.proto == "TCP":
            event["tcp"] = _syn(packets[1] > 0) if marks.get("syn") else _full()
        return event

    def _head(self, when: int, kind: str, ends: Ends) -> Event:
        return {
            "timestamp": _stamp(when),
            "flow_id": int(self._rng.integers(1, 2**50)),
            "in_iface": "cam0",
            "event_type": kind,
            "src_ip": ends.source,
            "src_port": ends.source_port,
            "dest_ip": ends.target,
            "dest_port": ends.target_port,
            "proto": ends.proto,
        }


def _syn(answered: bool) -> Event:
    client = "14" if answered else "00"
    flags = {"tcp_flags": "16" if answered else "02", "tcp_flags_ts": "02", "tcp_flags_tc": client, "syn": True}
    return flags | ({"rst": True, "ack": True, "state": "closed"} if answered else {"state": "syn_sent"})


def _full() -> Event:
    flags = {"tcp_flags": "1b", "tcp_flags_ts": "1b", "tcp_flags_tc": "1b"}
    return flags | {"syn": True, "fin": True, "psh": True, "ack": True, "state": "closed"}


def _stamp(when: int) -> str:
    """As Suricata writes time: microseconds, offset without a colon."""
    return f"{format_time(when)[:-1]}{when // 1000 % 1000:03d}+0000"


class LogFile:
    """A log that is only ever appended to; each call writes whole lines."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, events: list[Event]) -> None:
        """Append the events and hand them to the operating system."""
        if events:
            self._file.write(b"".join(msgspec.json.encode(e) + b"\n" for e in events))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
