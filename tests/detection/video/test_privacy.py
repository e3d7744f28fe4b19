"""What is masked is neither analysed nor kept, from the moment at which it is drawn."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.city import PRIVACY_MASK, Zone
from s4.core.errors import InputError
from s4.core.model import Detection, LateFrame
from s4.core.zones import check_zone
from s4.detection.video.post import Post
from s4.detection.video.privacy import GREY, PrivacyMask, painted
from s4.detection.video.report import report
from s4.detection.video.settings import Settings, read_settings
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault
from tests.detection.city import context_of
from tests.detection.video.evidence.movies import read
from tests.detection.video.render import Moment, Person, frames, walk

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
NOBODY = Zone("nobody", "cam-1", "Nobody here", LEFT)


def mask(outline: tuple[tuple[float, float], ...]) -> Zone:
    return Zone("window", "cam-1", "Window", outline, PRIVACY_MASK)


def coming(at: float) -> Moment:
    return Moment(walk(at, 2.0, 10.0, (-20.0, 150.0), 180.0))


CLIP = tuple(frames(coming, 12.0, fps=5.0))


def kinds(*zones: Zone) -> set[str]:
    return {str(line["kind"]) for line in report(CLIP, Settings(), zones)} & {"person", "zone_intrusion"}


def test_who_is_masked_is_not_seen() -> None:
    assert kinds(NOBODY) == {"person", "zone_intrusion"}
    assert kinds(NOBODY, mask(LEFT)) == set()
    assert kinds(NOBODY, mask(RIGHT)) == {"person", "zone_intrusion"}


corner = st.tuples(st.floats(0, 1), st.floats(0, 1))


@given(outline=st.lists(corner, min_size=3, max_size=8).map(tuple), wide=st.integers(16, 90), high=st.integers(16, 90))
def test_only_what_is_masked_changes_and_the_picture_itself_does_not(
    outline: tuple[tuple[float, float], ...], wide: int, high: int
) -> None:
    image = np.random.default_rng(wide).integers(0, 100, (high, wide, 3), np.uint8)
    before = image.copy()
    shown = painted(image, [outline])
    assert np.array_equal(image, before)
    changed = (shown != image).any(axis=2)
    assert (shown[changed] == GREY).all()
    ys, xs = np.nonzero(changed)
    if len(xs):
        assert xs.min() >= int(min(x for x, _ in outline) * wide) - 1
        assert ys.max() <= int(max(y for _, y in outline) * high) + 1


def test_the_cameras_own_jpeg_is_not_handed_on() -> None:
    frame = CLIP[0]._replace(jpeg=b"\xff\xd8secret")
    shown = PrivacyMask([mask(LEFT)]).over(frame)
    assert (shown.jpeg, shown.shape, shown.time) == (b"", frame.shape, frame.time)
    assert PrivacyMask([NOBODY]).over(frame) is frame


def test_a_picture_that_cannot_be_decoded_still_says_so_when_it_is_looked_at() -> None:
    class Damaged:
        shape = (48, 64, 3)

        def __call__(self) -> NDArray[np.uint8]:
            raise InputError("holds a picture that cannot be decoded")

    shown = PrivacyMask([mask(LEFT)]).over(LateFrame.of(CLIP[0], Damaged()))
    with pytest.raises(InputError, match="decoded"):
        _ = shown.image


def test_a_mask_has_no_hours() -> None:
    with pytest.raises(InputError, match="holds all day"):
        check_zone(Zone("window", "cam-1", "Window", LEFT, PRIVACY_MASK, "08:00-20:00"))


def test_a_mask_drawn_now_hides_what_is_held_and_raises_nothing(tmp_path: Path) -> None:
    gate, folder = Zone("gate", "cam-1", "Gate", RIGHT), tmp_path / "evidence"
    vault = EvidenceVault(folder, SiteKey(tmp_path / "keys"), "bilbao")
    given = context_of("cam-1", zones=(gate,), evidence={"before_s": 9.0, "after_s": 2.0})
    options = read_settings(given.options, "cam-1")
    post = Post(msgspec.structs.replace(given, vault=vault), "cam-1", "square", options, [gate])
    found: list[Detection] = []
    for frame in frames(passing, 20.0):
        if frame.number == 50:
            assert not post.draw([gate, mask(LEFT)])
        found += post.see(frame, frame.time)
    assert {one.kind for one in found} == {"zone_intrusion"}
    (clip,) = [folder / kept.ref for one in found for kept in one.evidence if kept.type == "clip"]
    images = [picture.image for picture in read(clip)]
    assert len(images) > 40
    for image in images:
        part = image[20:-40, 10:150].astype(int)  # what is written and drawn lies elsewhere
        assert np.median(np.abs(part - 128)) < 6


def passing(at: float) -> Moment:
    """Through the right half, long after the mask was drawn; somebody stood in the left one before."""
    there = Moment(walk(at, 10.0, 15.0, (180.0, 340.0), 180.0))
    return there._replace(people=(*there.people, Person(60.0, 150.0)) if at < 4.0 else there.people)
