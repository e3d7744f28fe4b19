"""The folder of models: what is added is described, checked and run; what was tampered with is refused in one line."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.errors import ConflictError, InputError
from s4.detection.video.models.card import Input, card_path, format_card, read_card
from s4.detection.video.models.detector import Detector
from s4.detection.video.models.store import Told, add, cards, describe, measure, open_model
from s4.detection.video.picture import Box
from tests.detection.video.models.nets import write_grey_net, write_net

CELLS = 64 + 16 + 4  # of a picture of 64 × 64
WHITE, BLACK = (np.full((48, 96, 3), shade, np.uint8) for shade in (255, 0))


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    return write_grey_net(tmp_path / "grey.onnx")


def test_adding_copies_the_file_and_writes_its_card(grey: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    card = add(grey, folder, Told(name="thing", labels=("thing",), licence="MIT", source="made here"))
    assert (card.head, card.file, card.input) == ("yolox", "thing.onnx", Input(64, 64, fit="corner"))
    assert read_card(folder / "thing.toml") == card
    assert (folder / "thing.onnx").read_bytes() == grey.read_bytes()
    assert list(cards(folder)) == [(folder / "thing.onnx", card)]
    assert sorted(path.name for path in folder.iterdir()) == ["thing.onnx", "thing.toml"]
    assert measure(folder / "thing.onnx", card) < 1000.0
    with pytest.raises(ConflictError, match=r"thing\.toml: there is one already"):
        add(grey, folder, Told(name="thing", labels=("thing",)))


def test_a_file_in_the_folder_gets_a_card_beside_it(grey: Path) -> None:
    add(grey, grey.parent)
    assert card_path(grey).is_file()
    assert open_model(grey).card.labels == ("person",)


def test_a_model_finds_what_it_sees_in_pixels_of_the_picture(grey: Path) -> None:
    model = open_model(grey)
    (found,) = model.find(WHITE)
    assert (found.label, found.box) == ("person", Box(0.0, 0.0, 96.0, 48.0))
    assert 0.7 < found.score <= 1.0  # below the picture the input is filled up with grey
    assert model.find(BLACK) == []


def test_the_bytes_that_were_hashed_are_the_ones_that_run(grey: Path) -> None:
    add(grey, grey.parent)
    with grey.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(InputError, match=r"grey\.onnx: is not the file of its card: SHA-256 [0-9a-f]{12}…, not"):
        open_model(grey)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"labels": ("person", "dog")}, r"gives \(1, 84, 6\); head yolox with 2 labels needs one output"),
        ({"head": "fastestdet"}, r"gives \(1, 84, 6\); head fastestdet with 1 labels needs"),
        ({"input": Input(96, 64)}, r"takes 64 × 64 px; its card says 96 × 64"),
    ],
)
def test_a_card_that_describes_another_network_is_refused(
    grey: Path, change: dict[str, object], complaint: str
) -> None:
    card = msgspec.structs.replace(describe(grey), **change)
    with pytest.raises(InputError, match=complaint) as caught:
        Detector(grey, card)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("outputs", "told", "complaint"),
    [
        ({"output": np.zeros((1, CELLS, 8))}, Told(), "tells 3 classes apart; say their labels"),
        ({"output": np.zeros((1, 7, 7, 7, 7))}, Told(), "fits no head that is known; say its head and its labels"),
        ({"output": np.zeros((1, CELLS, 6))}, Told(head="yunet"), "fits yunet; say its head"),
        ({"output": np.zeros((1, CELLS, 6))}, Told(name="a/b", labels=("x",)), "name"),
    ],
)
def test_what_cannot_be_told_is_asked_for(
    tmp_path: Path, outputs: dict[str, object], told: Told, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        describe(write_net(tmp_path / "net.onnx", outputs), told)


@pytest.mark.parametrize(
    ("keywords", "complaint"),
    [
        ({"channels": 1}, r"takes tensor\(float\) \[1, 1, 64, 64\]; float pictures \(1, 3, height, width\)"),
        ({"batch": 8}, r"takes tensor\(float\) \[8, 3, 64, 64\]"),
        ({"more": {"extra": [1, 2]}}, "has the inputs picture, extra; one picture is needed"),
    ],
)
def test_other_inputs_than_one_picture_are_refused(tmp_path: Path, keywords: dict[str, object], complaint: str) -> None:
    path = write_net(tmp_path / "net.onnx", {"output": np.zeros((1, CELLS, 6))}, **keywords)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=complaint):
        open_model(path)


def test_a_size_that_the_file_leaves_open_is_told(tmp_path: Path) -> None:
    path = write_net(tmp_path / "net.onnx", {"output": np.zeros((1, CELLS, 6))}, size=("width", "height"), batch="n")
    with pytest.raises(InputError, match="say its head"):  # 640 × 640 has other cells
        describe(path)
    assert describe(path, Told(size=(64, 64))).input.width == 64


def test_the_size_that_finished_boxes_ask_for_is_the_inputs(tmp_path: Path) -> None:
    outputs = {"labels": [[0, 79, 80, -1]], "boxes": [[[32, 0, 64, 64]] * 4], "scores": [[0.9, 0.2, 0.9, 0.9]]}
    path = write_net(tmp_path / "rtdetr.onnx", outputs, more={"orig_target_sizes": [1, 2]})
    (found,) = open_model(path).find(WHITE)
    assert (found.label, found.box) == ("person", Box(48.0, 0.0, 48.0, 48.0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_that_are_no_numbers_are_left_out(tmp_path: Path, value: float) -> None:
    outputs = np.full((1, CELLS, 6), value, np.float32)
    assert open_model(write_net(tmp_path / "net.onnx", {"output": outputs})).find(WHITE) == []


@given(junk=st.binary(max_size=300), at=st.integers(0, 4000))
@settings(max_examples=40)
def test_a_damaged_file_is_refused_or_runs(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("junk")
    path = write_grey_net(folder / "grey.onnx")
    data = path.read_bytes()
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    complaint = str(path)
    try:
        open_model(path).find(WHITE)
    except InputError as error:
        complaint = str(error)
    assert complaint.startswith(str(path))
    assert len(complaint.splitlines()) == 1


def test_missing_and_unreadable_files_are_named(tmp_path: Path, grey: Path) -> None:
    with pytest.raises(InputError, match=r"none\.onnx: there is no such model"):
        open_model(tmp_path / "none.onnx")
    (tmp_path / "empty.onnx").touch()
    with pytest.raises(InputError, match=r"empty\.onnx: is no ONNX network"):
        open_model(tmp_path / "empty.onnx")
    card_path(grey).write_text("name = 5")
    ((path, trouble),) = cards(tmp_path)
    assert (path, type(trouble)) == (card_path(grey), read_error(path))
    other = grey.with_name("other.onnx")
    other.write_bytes(grey.read_bytes())
    card_path(other).write_text(format_card(describe(grey)))
    with pytest.raises(InputError, match=r"other\.toml: is the card of grey\.onnx, not of other\.onnx"):
        open_model(other)


def read_error(path: Path) -> type[Exception]:
    with pytest.raises(InputError) as caught:
        read_card(path)
    return caught.type


def test_a_folder_that_cannot_be_written_is_named(grey: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        add(grey, tmp_path / "file" / "models")
