"""The same boxes through supervision's ByteTrack. `byte_track.py BOXES TRACKS FRAME_RATE`.

Runs in the peer's own environment. `BOXES`: a JSON line for each picture, a list of [x, y, w, h, score]; `TRACKS`: a
line for each, a list of [x, y, w, h, name]; the CPU seconds of the tracker alone go to standard output. What was found
is put into supervision's own form before the clock starts.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import supervision

warnings.simplefilter("ignore")


def main(source: Path, target: Path, frame_rate: int) -> None:
    """Follow everybody, then say how long it took."""
    pictures = [_detections(json.loads(line)) for line in source.read_text().splitlines()]
    tracker = supervision.ByteTrack(frame_rate=frame_rate)
    began = time.process_time()
    followed = [tracker.update_with_detections(picture) for picture in pictures]
    spent = time.process_time() - began
    target.write_text("".join(f"{json.dumps(_rows(one))}\n" for one in followed))
    print(json.dumps({"cpu_s": spent, "version": supervision.__version__}))


def _detections(rows: list[list[float]]) -> supervision.Detections:
    table = np.array(rows, float).reshape(-1, 5)
    corners = np.column_stack((table[:, :2], table[:, :2] + table[:, 2:4]))
    return supervision.Detections(xyxy=corners, confidence=table[:, 4], class_id=np.zeros(len(table), int))


def _rows(found: supervision.Detections) -> list[list[float]]:
    if found.tracker_id is None:
        return []
    sizes = found.xyxy[:, 2:] - found.xyxy[:, :2]
    rows: list[list[float]] = np.column_stack((found.xyxy[:, :2], sizes, found.tracker_id)).tolist()
    return rows


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
