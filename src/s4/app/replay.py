"""The process that runs a recording again: `python -m s4.app.replay`, an order as JSON on stdin, JSON Lines on stdout.

It is a process of its own so that it can be ended at once and takes nothing from those that watch cameras now.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, S4Error
from s4.core.model import Place
from s4.core.replays import ReplayAlarm

MOST_S: Final = 7200.0
"""Of a recording; what comes after is left out."""
TELL_S: Final = 0.5
PATIENT: Final = 10
"""By how much it stands behind those that watch cameras now (nice)."""


class Order(msgspec.Struct, frozen=True):
    """What to run: the file, its true rate (0: its own), the stage's options as they are and as they are tried."""

    file: str
    fps: float
    folder: str
    camera: str
    place: Place | None
    zones: tuple[Zone, ...]
    now: Mapping[str, Any]
    changed: Mapping[str, Any]


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line: how far it is (s of the recording), the alarms once it is over, or why it cannot go on."""

    done_s: float = 0.0
    of_s: float = 0.0
    alarms: list[ReplayAlarm] | None = None
    trouble: str = ""
    detail: str = ""


def main() -> int:
    """Read the order, run, tell."""
    os.nice(PATIENT)
    try:
        run(msgspec.json.decode(sys.stdin.buffer.read(), type=Order))
    except S4Error as error:
        _tell(Told(trouble=str(error)))
        return 1
    return 0


def run(order: Order) -> None:
    """Show each picture to both watches. Raises `InputError` for a file or settings that cannot be used."""
    from s4.detection.video.compare import Comparison
    from s4.detection.video.privacy import PrivacyMask
    from s4.detection.video.settings import read_settings
    from s4.sensing.recording import Recording

    settings = [read_settings(options, order.camera) for options in (order.now, order.changed)]
    comparison = Comparison(*(_watch(order, one) for one in settings))
    troubles: list[InputError] = []
    wide = max(one.width_px for one in settings)
    frames = Recording([Path(order.file)], fps=order.fps, width=wide, trouble=troubles.append).frames()
    of_s, said, detail, last = _length(order), 0.0, "", 0.0
    for frame in map(PrivacyMask(order.zones).over, frames):
        last = frame.time / NS_PER_S
        if last > MOST_S:
            detail = f"only the first {MOST_S / 3600:.0f} hours were looked at"
            break
        comparison.see(frame)
        if time.monotonic() - said >= TELL_S:
            said = time.monotonic()
            _tell(Told(round(last, 1), of_s))
    if troubles and last == 0.0:
        raise troubles[0]
    detail = detail or (troubles[0].reason if troubles else "")
    _tell(Told(round(last, 1), of_s, comparison.alarms(), detail=detail))


def _watch(order: Order, settings: Any) -> Any:
    from s4.detection.video.camera import CameraWatch
    from s4.detection.video.models.finder import finder_of

    return CameraWatch(
        order.camera, "", settings, order.zones, order.place, finder_of(settings, Path(order.folder))
    )  # fmt: skip


def _length(order: Order) -> float:
    """Seconds of the recording as its container promises; 0 when it does not say."""
    from s4.sensing.video import Video

    with Video(order.file, 10.0) as video:
        interval = 1 / order.fps if order.fps else video.interval / NS_PER_S
        return round(video.promised * interval, 1)


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
