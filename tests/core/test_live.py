"""The board on which who looks at a camera and the camera that shows itself find each other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.live import ASKED_FOR_S, LiveBoard, Wish

wishes = st.builds(Wish, st.integers(64, 1280), st.floats(0.1, 5.0))


class Time:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(wishes, min_size=1, max_size=5))
@settings(max_examples=40)
def test_the_widest_and_quickest_wish_holds_until_nobody_repeats_it(asked: list[Wish]) -> None:
    time = Time()
    board = LiveBoard(time)
    for wish in asked:
        board.ask("cam-1", wish)
    assert board.wanted("cam-1") == Wish(max(one.width for one in asked), max(one.per_s for one in asked))
    assert board.wanted("cam-2") is None
    time.now = ASKED_FOR_S - 0.1
    board.ask("cam-1", asked[0])
    time.now = ASKED_FOR_S + 0.1
    assert board.wanted("cam-1") == asked[0]
    time.now = 2 * ASKED_FOR_S
    assert board.wanted("cam-1") is None


def test_a_wish_that_is_repeated_is_held_once() -> None:
    time = Time()
    board = LiveBoard(time)
    for second in range(10_000):
        time.now = float(second % 3)
        board.ask("cam-1", Wish())
    assert len(board._wishes["cam-1"]) == 1


def test_what_is_told_of_a_camera_is_kept_field_by_field() -> None:
    board = LiveBoard()
    board.tell("cam-1", state="live", people=2)
    board.tell("cam-1", per_s=5.0)
    (state,) = board.states()
    assert (state.camera, state.state, state.people, state.per_s) == ("cam-1", "live", 2, 5.0)
