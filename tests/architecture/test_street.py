"""Facts flow down the street, and the test that says so would notice one that does not."""

import subprocess
import sys
from pathlib import Path

import pytest
from scripts.draw_street import Part, diagram, installed, offences

from s4.core.model import Command, Detection, Incident, ObservationBatch, Raw, Risk, Unit
from s4.core.ports import STREET
from tests.architecture.sources import CHECKOUT


def test_no_fact_flows_up() -> None:
    assert offences(installed()) == []


def test_every_room_that_works_is_on_the_street() -> None:
    assert {part.room for part in installed()} == set(STREET) - {"picture"}


@pytest.mark.parametrize(
    ("offender", "complaint"),
    [
        (
            Part("planted", "edge", (Incident,), (Detection,)),
            "Incident flows up, from fusion/associate to edge/planted",
        ),
        (Part("planted", "risk", (Unit,), (Risk,)), "Unit flows up, from response/follow to risk/planted"),
        (
            Part("planted", "response", (), (Detection,)),
            "Detection flows up, from response/planted to fusion/associate",
        ),
        (Part("planted", "edge", (int,), ()), "planted takes int, which nobody gives"),
        (Part("planted", "cellar", (Risk,), ()), "planted stands in no room of the street: cellar"),
    ],
)
def test_a_planted_offender_is_noticed(offender: Part, complaint: str) -> None:
    assert offences([*installed(), offender]) == [complaint]


@pytest.mark.parametrize(
    "neighbour",
    [
        Part("planted", "edge", (Command,), (Detection,)),
        Part("planted", "picture", (Incident, Risk, Unit, ObservationBatch), ()),
        Part("planted", "fusion", (Incident,), (Incident,)),
        Part("planted", "sensing", (Raw,), (ObservationBatch,)),
    ],
)
def test_what_is_allowed_is_not_complained_of(neighbour: Part) -> None:
    assert offences([*installed(), neighbour]) == []


def test_the_drawing_follows_the_declarations() -> None:
    more = diagram([*installed(), Part("planted", "picture", (Risk,), ())])
    assert 'risk -- "Risk" --> picture' in more
    assert "planted" in more
    assert "planted" not in diagram(installed())


def test_the_drawing_is_up_to_date() -> None:
    command: list[str | Path] = [sys.executable, CHECKOUT / "scripts" / "draw_street.py", "--check"]
    result = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
