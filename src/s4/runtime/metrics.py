"""What s4 counts about itself, for Prometheus (`/metrics`) and `s4 status`."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY: Final = CollectorRegistry()

STAGE_IN: Final = Counter("s4_stage_facts_in", "Facts or batches a stage took in", ["stage"], registry=REGISTRY)
STAGE_OUT: Final = Counter("s4_stage_facts_out", "Facts a stage gave", ["stage"], registry=REGISTRY)
STAGE_SECONDS: Final = Histogram(
    "s4_stage_step_seconds", "Time one step took", ["stage"], registry=REGISTRY,
    buckets=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
)  # fmt: skip
STAGE_ERRORS: Final = Counter("s4_stage_errors", "Steps that failed for a fault of ours", ["stage"], registry=REGISTRY)
DEAD: Final = Counter("s4_dead_letters", "Messages that could not be processed", ["stage"], registry=REGISTRY)
REPEATS: Final = Counter("s4_repeats_dropped", "Facts that came again and were dropped", ["stage"], registry=REGISTRY)
OBSERVATIONS: Final = Counter("s4_observations", "Observations recorded", ["source"], registry=REGISTRY)
HISTORY_ROWS: Final = Counter("s4_history_rows", "Observations written to history", ["shelf"], registry=REGISTRY)
LAG: Final = Gauge("s4_consumer_lag_messages", "Messages that wait on the bus", ["consumer"], registry=REGISTRY)
FRAMES: Final = Counter("s4_camera_frames", "Frames analysed", ["source"], registry=REGISTRY)
FRAMES_DROPPED: Final = Counter(
    "s4_camera_frames_dropped", "Frames that came while the one before was looked at", ["source"], registry=REGISTRY
)
BUS_UP: Final = Gauge("s4_bus_up", "1 while the bus answers", registry=REGISTRY)
COMMANDS: Final = Counter("s4_commands", "Commands delivered, by result", ["result"], registry=REGISTRY)

UPLINK: Final = Gauge("s4_uplink", "The line to the hub: what is measured of it", ["what"], registry=REGISTRY)
UPLINK_CHUNKS: Final = Counter("s4_uplink_chunks", "Chunks that the hub has taken", ["rank"], registry=REGISTRY)
UPLINK_LOST: Final = Gauge(
    "s4_uplink_lost", "Facts and readings given up for want of disk", ["rank"], registry=REGISTRY
)
SITE_CHUNKS: Final = Counter("s4_site_chunks", "Chunks taken from a site, by what became of them", ["site", "result"],
                             registry=REGISTRY)  # fmt: skip

EXPORT_ROWS: Final = Counter(
    "s4_export_rows", "Rows of an export, by what became of them: sent, dead, dropped", ["export", "result"],
    registry=REGISTRY,
)  # fmt: skip
EXPORT_WAITING: Final = Gauge(
    "s4_export_waiting_rows", "Rows that wait to be sent, in memory and on disk", ["export", "where"], registry=REGISTRY
)
EXPORT_OLDEST: Final = Gauge(
    "s4_export_oldest_seconds", "For how long the oldest row has waited", ["export"], registry=REGISTRY
)
EXPORT_UP: Final = Gauge("s4_export_up", "1 while the target takes what is sent", ["export"], registry=REGISTRY)


def exposition() -> bytes:
    """Everything counted, in Prometheus' text format."""
    return generate_latest(REGISTRY)
