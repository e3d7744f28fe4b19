"""Cards: what is written is read back, and what is wrong is named."""

import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError
from s4.core.model.kinds import KINDS
from s4.detection.video.models.card import Input, ModelCard, format_card, parse_card
from s4.detection.video.models.heads import HEADS

CARD = ModelCard(
    "picodet", "picodet.onnx", 64 * "0", "picodet", ("person", "knife"), Input(416, 416), kinds={"knife": "weapon"}
)
TEXT = format_card(CARD)
LABELS = st.lists(st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable() or "\x7f" in text),
                  min_size=1, max_size=6, unique=True)  # fmt: skip
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
FLOATS = st.floats(-300, 300)


@st.composite
def cards(draw: st.DrawFn) -> ModelCard:
    labels = tuple(draw(LABELS))
    shares = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    shown = Input(
        draw(st.integers(32, 2048)), draw(st.integers(32, 2048)), draw(st.sampled_from(["bgr", "rgb"])),
        draw(st.tuples(FLOATS, FLOATS, FLOATS)), (1.0, draw(st.floats(0.001, 255)), -2.0),
        draw(st.sampled_from(["stretch", "letterbox", "corner"])), draw(st.integers(0, 255)),
    )  # fmt: skip
    return ModelCard(
        draw(st.text(string.ascii_letters, min_size=1, max_size=20)), "weights.onnx", draw(st.sampled_from("0a")) * 64,
        draw(st.sampled_from(sorted(HEADS))), labels, shown, draw(WORDS), "",
        (labels[0],), {label: draw(st.sampled_from(sorted(KINDS))) for label in labels[1:]},
        shares[1], shares[0],
    )  # fmt: skip


@given(card=cards())
def test_a_card_is_read_back_as_it_was_written(card: ModelCard) -> None:
    assert parse_card(format_card(card)) == card


@given(junk=st.text(max_size=200), at=st.integers(0, len(TEXT)), drop=st.integers(0, 40))
def test_a_damaged_card_is_read_or_refused(junk: str, at: int, drop: int) -> None:
    complaint = "x.toml"
    try:
        parse_card(TEXT[:at] + junk + TEXT[at + drop :], file="x.toml")
    except ConfigError as error:
        complaint = str(error)
    assert complaint.startswith("x.toml")
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"head": "yolov2"}, r"Invalid enum value 'yolov2' - at `\$.head`"),
        ({"sha256": "abc"}, r"\$.sha256"),
        ({"file": "../weights.onnx"}, "a name in the card's own folder"),
        ({"file": "/etc/passwd"}, "a name in the card's own folder"),
        ({"labels": []}, r"\$.labels"),
        ({"people": ["woman"]}, "'woman' is none of the labels"),
        ({"kinds": {"gun": "weapon"}}, "'gun' is none of the labels"),
        ({"kinds": {"knife": "sword"}}, r"kinds.knife: 'sword' is not a known detection kind"),
        ({"least": 0.9}, "least must not exceed sure"),
        ({"input": {"width": 9, "height": 416}}, r"\$.input.width"),
        ({"input": {"width": 416, "height": 416, "std": [1.0, 0.0, 1.0]}}, "std must not be zero"),
        ({"colour": "pink"}, "unknown field `colour`"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], complaint: str) -> None:
    values = {**msgspec.to_builtins(CARD), **change}
    tables = {name: values.pop(name) for name in ("input", "kinds")}
    text = "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in values.items())
    for name, table in tables.items():
        text += f"[{name}]\n" + "".join(f"{key} = {msgspec.json.encode(v).decode()}\n" for key, v in table.items())
    with pytest.raises(ConfigError, match=complaint):
        parse_card(text)
