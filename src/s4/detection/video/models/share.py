"""Models that are open, each once for all cameras of a process: weights take memory."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from s4.detection.video.models.card import card_path
from s4.detection.video.models.detector import Detector
from s4.detection.video.models.store import open_model

_MOST: Final = 8
_opening: Final = Lock()


def shared_model(path: Path) -> Detector:
    """The model in an ONNX file, opened again only when the file or its card has changed. Raises `InputError`."""
    with _opening:
        return _opened(path, _stamp(path), _stamp(card_path(path)))


@lru_cache(maxsize=_MOST)
def _opened(path: Path, _weights: object, _card: object) -> Detector:
    return open_model(path)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
