"""Who stays, in a zone and anywhere; and who does not."""

import numpy as np
import pytest

from s4.core.city import Zone
from s4.detection.video.behaviours.loitering import Loitering
from s4.detection.video.settings import Settings
from tests.detection.video.scenes import Walk, path, said, second_of

CASH = Zone("cash", "cam-1", "Cash machine", ((0.3, 0.3), (0.7, 0.3), (0.7, 0.9), (0.3, 0.9)), kind="loitering")
STAYS = path((5, 0.2, 0.6), (10, 0.5, 0.6), (90, 0.52, 0.6), (95, 0.9, 0.6))
PACES = path(*[(5.0 * n, 0.35 + 0.3 * (n % 2), 0.4 + 0.4 * (n // 2 % 2)) for n in range(18)])
PASSES = path(*[(10.0 * n, 0.02 + 0.96 * (n % 2), 0.6) for n in range(9)])


def test_start_updates_and_end_of_a_stay_in_a_zone() -> None:
    found = said(Loitering(Settings(), [CASH]), {1: STAYS}, 110.0)
    assert [one.phase for one in found] == ["start", *["update"] * (len(found) - 2), "end"]
    entered, left = 6.7, 92.4
    assert second_of(found[0]) == pytest.approx(entered + 60, abs=1.5)
    assert second_of(found[-1]) == pytest.approx(left, abs=1.5)
    assert found[0].text == "Person stays in Cash machine for 60 s"
    assert found[-1].text.startswith("Person who stayed in Cash machine for 8")
    assert 0.9 < found[0].confidence < 1.0
    assert len({(one.key, one.began) for one in found}) == 1


@pytest.mark.parametrize(
    ("zones", "walk", "is_said"),
    [
        ([CASH], PACES, True),
        ([CASH], PASSES, False),
        ([], STAYS, True),
        ([], PASSES, False),
        ([], PACES, False),
    ],
    ids=["to and fro in the zone", "through the zone", "on a spot", "through the picture", "to and fro anywhere"],
)
def test_who_loiters(zones: list[Zone], walk: Walk, is_said: bool) -> None:
    behaviour = Loitering(Settings(loitering_anywhere_after_s=60.0), zones)
    assert bool(said(behaviour, {1: walk}, 110.0)) == is_said


def test_the_time_is_a_setting() -> None:
    assert said(Loitering(Settings(loitering_after_s=88.0), [CASH]), {1: STAYS}, 110.0) == []
    assert said(Loitering(Settings(), []), {1: STAYS}, 110.0) == [], "three minutes where there is no zone"
    (start, *_) = said(Loitering(Settings(loitering_after_s=20.0), [CASH]), {1: STAYS}, 110.0)
    assert second_of(start) == pytest.approx(26.7, abs=1.5)


def test_a_look_outside_is_forgiven_and_a_break_is_not() -> None:
    def steps_out(seconds: float) -> Walk:
        back = 30.3 + seconds
        inside, outside = (0.5, 0.6), (0.75, 0.6)
        return path(
            (0, *inside), (30, *inside), (30.3, *outside), (back, *outside), (back + 0.7, *inside), (75, *inside)
        )

    assert said(Loitering(Settings(), [CASH]), {1: steps_out(0.6)}, 80.0)
    assert said(Loitering(Settings(), [CASH]), {1: steps_out(6.0)}, 80.0) == []


def test_many_stay_each_for_themselves() -> None:
    places = np.linspace(0.35, 0.65, 4)
    walks: dict[int, Walk] = {n: path((float(n), x, 0.6), (80, x, 0.6)) for n, x in enumerate(places.tolist())}
    found = said(Loitering(Settings(), [CASH]), walks, 90.0)
    assert [one.phase for one in found].count("start") == 4
    assert [one.phase for one in found].count("end") == 4
