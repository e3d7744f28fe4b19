"""More cameras than cores: never more at work than there are cores, and who waits longest is next."""

import time
from threading import Lock, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.detection.video.turns import Turns


@given(most=st.integers(1, 3), threads=st.integers(1, 8), rounds=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_no_more_than_so_many_are_at_it_and_everybody_comes_to_it(most: int, threads: int, rounds: int) -> None:
    turns, lock = Turns(most), Lock()
    inside, greatest, done = 0, 0, 0

    def work() -> None:
        nonlocal inside, greatest, done
        for _ in range(rounds):
            with turns.turn():
                with lock:
                    inside += 1
                    greatest = max(greatest, inside)
                time.sleep(0.0005)
                with lock:
                    inside -= 1
                    done += 1

    team = [Thread(target=work) for _ in range(threads)]
    for one in team:
        one.start()
    for one in team:
        one.join(30.0)
    assert (done, inside, turns.waiting) == (threads * rounds, 0, 0)
    assert greatest <= most


def test_who_waits_longest_is_next() -> None:
    turns, order, team = Turns(1), list[int](), list[Thread]()

    def work(number: int) -> None:
        with turns.turn():
            order.append(number)

    with turns.turn():
        for number in range(5):
            team.append(Thread(target=work, args=(number,)))
            team[-1].start()
            deadline = time.monotonic() + 30.0
            while turns.waiting <= number:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        assert order == []
    for one in team:
        one.join(30.0)
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_that_fails_is_passed_on() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        assert turns.waiting == 0
