"""The real files: each finds what is there in a real picture, and no two decoders disagree about it."""

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from s4.core.model import Frame
from s4.detection.video.models.store import open_model
from s4.detection.video.picture import Box, Image, iou
from tests.detection.recordings import frames_of

NUMBER = 60


@cache
def picture(path: Path, number: int) -> Image:
    last: Frame | None = None
    for frame in frames_of(path, fps=7.0, most=number + 1):
        last = frame
    assert last is not None
    return last.image


def people(path: Path, number: int) -> list[Box]:
    """The boxes that people drew, in the pixels of the clip."""
    (frame,) = (one for one in ET.parse(path).getroot() if one.get("number") == str(number))
    found = []
    for box in frame.iter("box"):
        xc, yc, w, h = (0.625 * float(box.attrib[name]) for name in ("xc", "yc", "w", "h"))
        found.append(Box(xc - w / 2, yc - h / 2, w, h))
    return found


@pytest.mark.parametrize(
    ("file", "head", "least"),
    [("picodet_s_416_coco", "picodet", 0.4), ("picodet_s_320_coco", "picodet", 0.4), ("FastestDet", "fastestdet", 0.6)],
)
def test_people_are_where_people_drew_them(data_dir: Path, file: str, head: str, least: float) -> None:
    image = picture(data_dir / "video" / "vtest" / "vtest.avi", NUMBER)
    truth = people(data_dir / "video" / "opentraj" / "pets2009" / "PETS2009-S2L1.xml", NUMBER)
    model = open_model(data_dir / "models" / f"{file}.onnx")
    found = [one.box for one in model.find(image) if one.label == "person" and one.score >= least]
    assert model.card.head == head
    assert len(truth) >= 5
    assert sum(max(iou(box, one) for one in found) >= 0.5 for box in truth) >= 0.6 * len(truth)
    assert sum(max(iou(box, one) for one in truth) >= 0.5 for box in found) >= 0.6 * len(found)


def test_two_detectors_of_faces_agree(data_dir: Path) -> None:
    whole = picture(data_dir / "video" / "fall" / "S2_ADL_23.mp4", 36)
    image = np.ascontiguousarray(whole[100:260, 180:400])
    faces = []
    for file in ("yunet_n_320_320", "yunet_n_640_640", "version-RFB-320"):
        model = open_model(data_dir / "models" / f"{file}.onnx")
        assert model.card.labels == ("face",)
        faces.append(model.find(image)[0].box)
    assert all(iou(faces[0], other) >= 0.5 for other in faces[1:])
    assert faces[0].w < 60
