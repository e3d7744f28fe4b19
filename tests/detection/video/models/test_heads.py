"""Every head reads back what was written into its outputs by the formulas of its authors, one box at a time."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.detection.video.models.candidates import Candidates, overlaps, sigmoid, suppress
from s4.detection.video.models.card import HeadName
from s4.detection.video.models.grid import cells, corners, pyramid
from s4.detection.video.models.heads import HEADS, recognise
from s4.detection.video.models.heads.head import Outputs, Reading

WIDTH, HEIGHT, CLASSES = 128, 96, 3
STRIDES = (8, 16, 32)
Array = NDArray[np.float32]


class Truth(NamedTuple):
    """Middle, size (px of the input), class and score of one box."""

    x: float
    y: float
    w: float
    h: float
    label: int
    score: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        return self.x - self.w / 2, self.y - self.h / 2, self.x + self.w / 2, self.y + self.h / 2


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def cell_of(truth: Truth, stride: int) -> tuple[int, int, int]:
    """Column, row and number of the cell in which the middle stands, of the level's own cells."""
    columns = math.ceil(WIDTH / stride)
    column, row = min(int(truth.x / stride), columns - 1), min(int(truth.y / stride), math.ceil(HEIGHT / stride) - 1)
    return column, row, row * columns + column


def empty(values: int, strides: tuple[int, ...] = STRIDES) -> list[Array]:
    return [np.zeros((1, cells(WIDTH, HEIGHT, stride), values), np.float32) for stride in strides]


def bins_of(distance: float, bins: int) -> Array:
    """A distribution whose mean is `distance` (in strides): two neighbours share it, as it is trained."""
    left = min(int(distance), bins - 2)
    share = min(max(distance - left, 1e-6), 1 - 1e-6)
    logits = np.full(bins, -60.0, np.float32)
    logits[left], logits[left + 1] = math.log(1 - share), math.log(share)
    return logits


def distances(truth: Truth, column: int, row: int, stride: int, offset: float) -> Array:
    x, y = (column + offset) * stride, (row + offset) * stride
    sides = (
        x - (truth.x - truth.w / 2),
        y - (truth.y - truth.h / 2),
        truth.x + truth.w / 2 - x,
        truth.y + truth.h / 2 - y,
    )
    return np.concatenate([bins_of(side / stride, 8) for side in sides])


def picodet(truth: Truth) -> Outputs:
    scores, bins, stride = empty(CLASSES, (8, 16, 32, 64)), empty(32, (8, 16, 32, 64)), 32
    column, row, cell = cell_of(truth, stride)
    scores[2][0, cell, truth.label] = truth.score
    bins[2][0, cell] = distances(truth, column, row, stride, 0.5)
    return {f"output_{number}": value for number, value in enumerate([*scores, *bins])}


def nanodet(truth: Truth) -> Outputs:
    levels, stride = empty(CLASSES + 32, (8, 16, 32, 64)), 32
    column, row, cell = cell_of(truth._replace(x=truth.x + 16, y=min(truth.y + 16, 95)), stride)  # the nearest corner
    column = min(column, 3)
    levels[2][0, cell, truth.label] = truth.score
    levels[2][0, cell, CLASSES:] = distances(truth, column, row, stride, 0.0)
    return {"output": np.concatenate(levels, axis=1)}


def yolox(truth: Truth) -> Outputs:
    levels, stride = empty(5 + CLASSES), 16
    column, row, cell = cell_of(truth, stride)
    box = truth.x / stride - column, truth.y / stride - row, math.log(truth.w / stride), math.log(truth.h / stride)
    levels[1][0, cell] = [*box, 0.9, *np.eye(CLASSES)[truth.label] * truth.score / 0.9]
    return {"output": np.concatenate(levels, axis=1)}


def yolov8(truth: Truth) -> Outputs:
    count = sum(cells(WIDTH, HEIGHT, stride) for stride in STRIDES)
    value = np.zeros((1, 4 + CLASSES, count), np.float32)
    value[0, :, 7] = [truth.x, truth.y, truth.w, truth.h, *np.eye(CLASSES)[truth.label] * truth.score]
    return {"output0": value}


def detr_logits(truth: Truth) -> Outputs:
    logits, boxes = np.full((1, 20, CLASSES), -20.0, np.float32), np.full((1, 20, 4), 0.5, np.float32)
    logits[0, 11, truth.label] = logit(truth.score)
    boxes[0, 11] = truth.x / WIDTH, truth.y / HEIGHT, truth.w / WIDTH, truth.h / HEIGHT
    return {"logits": logits, "pred_boxes": boxes}


def detr_finished(truth: Truth) -> Outputs:
    boxes, scores, labels = (np.zeros(shape, np.float32) for shape in ((1, 20, 4), (1, 20), (1, 20)))
    boxes[0, 3] = truth.edges
    scores[0, 3], labels[0, 3] = truth.score, truth.label
    return {"labels": labels, "boxes": boxes, "scores": scores}


def detr_in_one(truth: Truth) -> Outputs:
    value = np.zeros((1, 100, 4 + CLASSES), np.float32)
    box = truth.x / WIDTH, truth.y / HEIGHT, truth.w / WIDTH, truth.h / HEIGHT
    value[0, 5] = [*box, *np.eye(CLASSES)[truth.label] * truth.score]
    return {"output0": value}


def fastestdet(truth: Truth) -> Outputs:
    columns, rows = WIDTH // 16, HEIGHT // 16
    value = np.zeros((1, 5 + CLASSES, rows, columns), np.float32)
    column, row, _ = cell_of(truth, 16)
    at = value[0, :, row, column]
    at[:5] = (
        0.8,
        math.atanh(truth.x / 16 - column),
        math.atanh(truth.y / 16 - row),
        logit(truth.w / WIDTH),
        logit(truth.h / HEIGHT),
    )
    at[5 + truth.label] = (truth.score / 0.8**0.6) ** (1 / 0.4)
    return {"758": value}


def yunet(truth: Truth) -> Outputs:
    outputs: dict[str, Array] = {}
    for name, values in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        outputs |= {f"{name}_{stride}": level for stride, level in zip(STRIDES, empty(values), strict=True)}
    column, row, cell = cell_of(truth, 16)
    outputs["cls_16"][0, cell] = truth.score**2 / 0.9
    outputs["obj_16"][0, cell] = 0.9
    outputs["bbox_16"][0, cell] = (
        truth.x / 16 - column,
        truth.y / 16 - row,
        math.log(truth.w / 16),
        math.log(truth.h / 16),
    )
    return outputs


def ssd(truth: Truth) -> Outputs:
    priors = 3 * cells(WIDTH, HEIGHT, 8) + 2 * cells(WIDTH, HEIGHT, 16) + 2 * cells(WIDTH, HEIGHT, 32)
    priors += 3 * cells(WIDTH, HEIGHT, 64)
    scores, boxes = np.zeros((1, priors, 1 + CLASSES), np.float32), np.zeros((1, priors, 4), np.float32)
    scores[0, :, 0] = 1.0
    scores[0, 40] = [1 - truth.score, *np.eye(CLASSES)[truth.label] * truth.score]
    left, top, right, bottom = (
        truth.x - truth.w / 2,
        truth.y - truth.h / 2,
        truth.x + truth.w / 2,
        truth.y + truth.h / 2,
    )
    boxes[0, 40] = left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT
    return {"scores": scores, "boxes": boxes}


WRITERS: list[tuple[HeadName, Callable[[Truth], Outputs]]] = [
    ("picodet", picodet),
    ("nanodet", nanodet),
    ("yolox", yolox),
    ("yolov8", yolov8),
    ("detr", detr_logits),
    ("detr", detr_finished),
    ("detr", detr_in_one),
    ("fastestdet", fastestdet),
    ("yunet", yunet),
    ("ssd", ssd),
]
EACH = pytest.mark.parametrize(("head", "write"), WRITERS, ids=[write.__name__ for _, write in WRITERS])
TRUTHS = st.builds(
    Truth,
    x=st.floats(20.0, 108.0),
    y=st.floats(20.0, 76.0),
    w=st.floats(34.0, 100.0),
    h=st.floats(34.0, 90.0),
    label=st.integers(0, CLASSES - 1),
    score=st.floats(0.35, 0.75),
)


def classes_of(head: HeadName) -> int:
    return 1 if head == "yunet" else CLASSES


@EACH
@given(truth=TRUTHS)
def test_what_was_written_is_read_back(head: HeadName, write: Callable[[Truth], Outputs], truth: Truth) -> None:
    truth = truth._replace(label=truth.label % classes_of(head))
    reading = Reading(WIDTH, HEIGHT, classes_of(head), 0.3, HEADS[head].cell_offset)
    found = HEADS[head].decode(write(truth), reading)
    assert found.classes.tolist() == [truth.label]
    assert found.scores[0] == pytest.approx(truth.score, abs=2e-3)
    left, top, right, bottom = found.boxes[0].tolist()
    assert (left, top, right, bottom) == pytest.approx(truth.edges, abs=0.05)


@EACH
def test_the_shapes_tell_the_head(head: HeadName, write: Callable[[Truth], Outputs]) -> None:
    shapes = {name: value.shape for name, value in write(Truth(60, 50, 40, 40, 0, 0.5)).items()}
    assert recognise(shapes, WIDTH, HEIGHT, classes_of(head)) == (head, classes_of(head))
    if write is not detr_finished:  # which labels those may be, the shapes cannot say
        assert HEADS[head].classes(shapes, WIDTH, HEIGHT, 77) is None


@EACH
def test_a_score_below_the_least_is_left_out(head: HeadName, write: Callable[[Truth], Outputs]) -> None:
    reading = Reading(WIDTH, HEIGHT, classes_of(head), 0.6, HEADS[head].cell_offset)
    assert len(HEADS[head].decode(write(Truth(60, 50, 40, 40, 0, 0.55)), reading).scores) == 0


SHAPE = st.lists(st.sampled_from([1, 3, 4, 5, 20, 80, 85, 112, 252, 300]), min_size=0, max_size=5).map(tuple)


@given(shapes=st.dictionaries(st.sampled_from(["a", "labels", "boxes", "scores"]), SHAPE, max_size=4),
       labels=st.none() | st.integers(1, 90))  # fmt: skip
def test_any_shapes_are_told_or_not_but_never_fail(shapes: dict[str, tuple[int, ...]], labels: int | None) -> None:
    found = recognise(shapes, WIDTH, HEIGHT, labels)
    assert found is None or (found[0] in HEADS and found[1] >= 1)


def test_well_known_files_are_told_without_labels() -> None:
    def of(*shapes: tuple[int, ...], size: int = 640) -> tuple[HeadName, int] | None:
        return recognise({str(number): shape for number, shape in enumerate(shapes)}, size, size, None)

    assert of((1, 8400, 85)) == ("yolox", 80)
    assert of((1, 3598, 112), size=416) == ("nanodet", 80)
    assert of((1, 84, 8400)) == ("yolov8", 80)
    assert of((1, 300, 80), (1, 300, 4)) == ("detr", 80)
    assert of((1, 300, 84)) == ("detr", 80)
    assert of((1, 85, 22, 22), size=352) == ("fastestdet", 80)
    assert of((1, 25200, 85)) is None  # three anchors a cell: YOLOv5, which has no decoder here


def test_boxes_that_are_in_pixels_already() -> None:
    value = np.zeros((1, sum(cells(WIDTH, HEIGHT, stride) for stride in STRIDES), 5 + CLASSES), np.float32)
    value[0, 9] = [50, 40, 20, 30, 1.0, 0.0, 0.8, 0.0]
    found = HEADS["yolox"].decode({"output": value}, Reading(WIDTH, HEIGHT, CLASSES, 0.3, decoded=True))
    assert found.boxes.tolist() == [[40, 25, 60, 55]]


@pytest.mark.parametrize(("side", "total"), [(320, 2125), (416, 3598), (640, 8500)])
def test_the_grid_has_as_many_cells_as_the_levels(side: int, total: int) -> None:
    assert pyramid(side, side, total) == (8, 16, 32, 64)
    places, steps = corners(side, side, (8, 16, 32, 64))
    assert places.shape == (total, 2)
    assert places[1].tolist() == [1, 0]  # rows run along x
    assert steps[[0, -1]].tolist() == [[8], [64]]


BOXES = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(-2, 40), st.integers(-2, 40), st.integers(0, 1)),
    max_size=24,
)


@given(rows=BOXES, least=st.floats(0.1, 0.9), seed=st.integers(0, 99))
def test_of_doubles_only_the_best_is_kept(rows: list[tuple[int, ...]], least: float, seed: int) -> None:
    table = np.array(rows, np.float32).reshape(-1, 5)
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    scores = np.random.default_rng(seed).random(len(table)).astype(np.float32)
    found = Candidates(boxes, scores, table[:, 4].astype(np.int64))
    kept = suppress(found, least)
    assert sorted(kept.scores.tolist(), reverse=True) == kept.scores.tolist()
    for index, box in enumerate(kept.boxes):
        same = np.flatnonzero(kept.classes == kept.classes[index])
        assert (overlaps(box, kept.boxes[same[same != index]]) <= least + 1e-6).all()
    sound = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    for box, score, label in zip(boxes[sound], scores[sound], found.classes[sound], strict=True):
        better = (kept.classes == label) & (kept.scores >= score)  # whatever was left out has a better one on it
        assert better.any()
        assert overlaps(box, kept.boxes[better]).max() > least or (kept.boxes[better] == box).all(axis=1).any()


def test_what_is_no_number_is_left_out() -> None:
    boxes = np.array([[0, 0, 9, 9], [0, 0, math.nan, 9], [0, 0, math.inf, 9], [5, 5, 5, 9]], np.float32)
    scores = np.array([0.5, 0.9, 0.9, 0.9], np.float32)
    assert suppress(Candidates(boxes, scores, np.zeros(4, np.int64)), 0.5).scores.tolist() == [0.5]
    assert np.isfinite(sigmoid(np.array([-1e9, 0, 1e9], np.float32))).all()
