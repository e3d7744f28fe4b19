"""The post of one camera: what it does with pictures that need not be looked at."""

from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from s4.core.model import Frame, LateFrame
from s4.detection.video import post
from s4.detection.video.post import Post
from s4.detection.video.settings import Settings
from s4.detection.video.turns import Turns
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault
from tests.detection.city import context_of
from tests.detection.video.render import Moment, frames

CLIP = tuple(frames(lambda _: Moment(), 4.0))


class Counted:
    """The image of a frame; each is counted that somebody looks at."""

    looked: ClassVar[set[int]] = set()

    def __init__(self, frame: Frame) -> None:
        self._frame, self.shape = frame, frame.shape

    def __call__(self) -> NDArray[np.uint8]:
        self.looked.add(self._frame.number)
        return self._frame.image


class Queue(Turns):
    """Turns for which somebody always waits."""

    @property
    def waiting(self) -> int:
        return 1


def looked_at(folder: Path) -> int:
    """How many pictures of a live camera that sends ten a second are made, of which five are analysed."""
    Counted.looked = set()
    vault = EvidenceVault(folder / "evidence", SiteKey(folder / "keys"), "bilbao")
    one = Post(msgspec.structs.replace(context_of("cam-1"), vault=vault), "cam-1", "square", Settings(), [])
    for frame in CLIP:
        one.see(LateFrame.of(frame._replace(live=True), Counted(frame)), frame.time)
    return len(Counted.looked)


def test_between_two_analysed_pictures_others_are_held_for_films(tmp_path: Path) -> None:
    assert looked_at(tmp_path) > 0.9 * len(CLIP)


def test_while_somebody_waits_to_look_nobody_encodes_what_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(2)
    monkeypatch.setattr(post, "turns", lambda: queue)
    assert looked_at(tmp_path) == pytest.approx(len(CLIP) / 2, abs=2)
