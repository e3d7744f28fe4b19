"""The streams of the bus, and what an acknowledgement of each promises.

| stream | what | kept | an acknowledgement promises |
|---|---|---|---|
| `S4_OBSERVATIONS` | readings and events | 24 h, 4 GiB, oldest go first | (a) |
| `S4_FACTS` | detections … commands | 30 d, 1 GiB | (a) and (b) |
| `S4_DEAD` | what could not be processed, and why | 30 d, 256 MiB | (a) |
| `S4_EXPORT` | dead letters of exports that are to be sent again | 30 d, 64 MiB | (a) |
| `$MQTT_msgs` | what devices published with QoS 1 | until decoded and recorded | (a): a device's PUBACK |

(a) It survives the death of any process; a power cut may lose the last `sync_interval` (1 s).
(b) Incidents, risks, recommendations, commands, tasks are in SQL, synced, *before* they are published.

JetStream acknowledges a message once it is written to the file, before that file is synced to the disk; how often
it syncs is a setting of the server (`sync_interval`), not of a stream. s4 sets it to one second instead of two
minutes, and keeps nothing that a person decided in the log alone. A city that wants every reading to survive a
power cut starts s4 with `--sync always`. See `docs/decisions/0003-what-an-acknowledgement-promises.md`.
"""

from __future__ import annotations

from typing import Final

import msgspec
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from s4.core.subjects import MQTT_IN

OBSERVATIONS: Final = "S4_OBSERVATIONS"
FACTS: Final = "S4_FACTS"
DEAD: Final = "S4_DEAD"
EXPORT: Final = "S4_EXPORT"
MQTT: Final = "$MQTT_msgs"
MQTT_PREFIX: Final = "$MQTT.msgs."
MQTT_FILTER: Final = f"{MQTT_PREFIX}{MQTT_IN}.>"
DUPLICATE_WINDOW_S: Final = 120.0
"""How long the bus itself drops a repeated id; beyond it the store (by id) and the stages (by memory) do."""

_HOUR, _DAY, _MIB = 3600.0, 86400.0, 1 << 20


def gap_subject(stream: str) -> str:
    """Where a place of a stream is used up; no consumer listens there.

    >>> gap_subject(FACTS)
    's4.gap.S4_FACTS'
    """
    return f"s4.gap.{stream}"


class StreamPlan(msgspec.Struct, frozen=True):
    """One stream: its subjects, how long (s) and how much (bytes) is kept."""

    name: str
    subjects: tuple[str, ...]
    max_age_s: float
    max_bytes: int

    def config(self) -> StreamConfig:
        """As JetStream wants it."""
        return StreamConfig(
            name=self.name,
            subjects=[*self.subjects, gap_subject(self.name)],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_age=self.max_age_s,
            max_bytes=self.max_bytes,
            duplicate_window=DUPLICATE_WINDOW_S,
            allow_direct=True,
        )


def plans(city: str) -> tuple[StreamPlan, ...]:
    """The streams of a city.

    >>> [plan.name for plan in plans("bilbao")]
    ['S4_OBSERVATIONS', 'S4_FACTS', 'S4_DEAD', 'S4_EXPORT']
    """
    words = ("detection", "incident", "risk", "recommendation", "command", "task", "unit")
    return (
        StreamPlan(OBSERVATIONS, (f"s4.{city}.*.observation.>",), _DAY, 4096 * _MIB),
        StreamPlan(FACTS, tuple(f"s4.{city}.*.{word}.>" for word in words), 30 * _DAY, 1024 * _MIB),
        StreamPlan(DEAD, (f"s4.{city}.*.dead.>",), 30 * _DAY, 256 * _MIB),
        StreamPlan(EXPORT, (f"s4.{city}.*.export.>",), 30 * _DAY, 64 * _MIB),
    )


def mqtt_plan() -> StreamConfig:
    """NATS's own stream of MQTT messages, made before the first device connects, exactly as NATS makes it."""
    return StreamConfig(
        name=MQTT,
        subjects=["$MQTT.msgs.>"],
        retention=RetentionPolicy.INTEREST,
        storage=StorageType.FILE,
        num_replicas=1,
    )
