"""Things taken away, on painted clips."""

from s4.detection.video.picture import Box, iou
from tests.detection.video.render import BAG, Moment, Person
from tests.detection.video.test_unattended import WHERE, comes_and_goes, second, watch

ONLY = ("removed_object",)


def taken_at_17(at: float) -> Moment:
    """The bag has been there from the start; somebody comes, takes it, and leaves at 20 s."""
    return Moment(comes_and_goes(at, 20.0), WHERE if at < 17 else None)


def test_what_is_taken_is_said_once_with_who_was_beside_it() -> None:
    found = watch(taken_at_17, 48.0, fps=2.5, behaviours=ONLY)
    assert [(one.kind, one.phase) for one in found] == [("removed_object", "start"), ("removed_object", "end")]
    assert 20 + 6 <= second(found[0]) <= 20 + 6 + 8  # while somebody is near, nobody can tell
    box = found[0].attributes["bbox_px"]
    assert isinstance(box, tuple)
    assert iou(Box(*box), Box(WHERE[0] - BAG / 2, WHERE[1] - BAG, BAG, BAG)) >= 0.4
    assert str(found[0].attributes["beside"]).startswith("person ")
    assert found[0].confidence > 0.5


def test_what_is_put_back_ends_it() -> None:
    def back_at_38(at: float) -> Moment:
        moment = taken_at_17(at)
        return moment if at < 38 else moment._replace(bag=WHERE)

    found = watch(back_at_38, 48.0, fps=2.5, behaviours=ONLY)
    assert [one.text for one in found][1:] == ["Object was put back"]
    assert 37 <= second(found[-1]) <= 42


def test_a_place_that_stays_bare_becomes_the_place() -> None:
    found = watch(taken_at_17, 96.0, fps=2.5, behaviours=ONLY)
    assert [one.text for one in found][1:] == ["Object has not come back"]


def test_nothing_is_taken_by_who_only_comes_and_goes_or_takes_what_they_brought() -> None:
    assert watch(lambda at: Moment(comes_and_goes(at, 20.0), WHERE), 48.0, fps=2.5, behaviours=ONLY) == []
    assert (
        watch(
            lambda at: Moment(comes_and_goes(at, 30.0), WHERE if 17 < at < 29 else None), 48.0, fps=2.5, behaviours=ONLY
        )
        == []
    )


def test_somebody_who_stood_there_from_the_start_is_no_thing() -> None:
    """They walk off at 25 s, past somebody else, and leave their place bare."""

    def leaves(at: float) -> Moment:
        one = Person(160.0 + max(at - 25.0, 0.0) * 25.0, 180.0)
        return Moment((one, *comes_and_goes(at, 15.5)), None)

    assert watch(leaves, 48.0, fps=2.5, behaviours=ONLY) == []


def test_what_disappears_with_nobody_near_is_not_said_to_be_taken() -> None:
    assert watch(lambda at: Moment((), WHERE if at < 20 else None), 40.0, fps=2.5, behaviours=ONLY) == []
