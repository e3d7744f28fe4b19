"""Looking at cameras over a real bus: wishes reach who has the camera, pictures and states come back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from s4.core.live import LiveBoard, Look, LookMark, Wish
from s4.runtime.bus import Bus
from s4.runtime.live import LiveBook, keep_board, where
from tests.runtime.conftest import CITY

JPEG = b"\xff\xd8 blurred \xff\xd9"


def look(camera: str = "cam-1", time: int = 0, jpeg: bytes = JPEG) -> Look:
    marks = (LookMark("track 1", (0.1, 0.2, 0.3, 0.4), "1", alarm=False),)
    return Look(camera, time, 4, 3, jpeg, marks, ((0.0, 0.5, 1.0, 0.5),), 2.0)


@pytest.fixture
async def board(bus: Bus) -> AsyncIterator[LiveBoard]:
    """A process with cameras."""
    one = LiveBoard()
    keeping = asyncio.create_task(keep_board(one, bus, CITY))
    yield one
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


@pytest.fixture
async def book(bus: Bus, board: LiveBoard) -> LiveBook:
    """A process with the picture."""
    one = LiveBook(bus, CITY)
    await one.listen()
    return one


async def until_wanted(board: LiveBoard, camera: str) -> Wish:
    async with asyncio.timeout(20):
        while (wish := board.wanted(camera)) is None:
            await asyncio.sleep(0.01)
    return wish


async def test_a_wish_arrives_and_the_picture_comes_back_whole(board: LiveBoard, book: LiveBook) -> None:
    async with contextlib.aclosing(book.looks(["cam-1", "cam-2"], Wish(320, 2.0))) as looks:
        coming = asyncio.ensure_future(anext(looks))
        assert await until_wanted(board, "cam-1") == Wish(320, 2.0)
        await until_wanted(board, "cam-2")
        board.show(look("cam-3"))
        board.show(look("cam-2", 7))
        async with asyncio.timeout(20):
            assert await coming == look("cam-2", 7)


async def test_of_a_camera_that_is_too_quick_only_the_newest_is_kept(board: LiveBoard, book: LiveBook) -> None:
    async with contextlib.aclosing(book.looks(["cam-1"], Wish())) as looks:
        coming = asyncio.ensure_future(anext(looks))
        await until_wanted(board, "cam-1")
        board.show(look(time=0))
        async with asyncio.timeout(20):
            await coming
            for number in range(1, 50):
                board.show(look(time=number))
            await asyncio.sleep(0.5)
            assert (await anext(looks)).time == 49


async def test_a_picture_that_is_too_large_is_left_out_and_the_next_comes(board: LiveBoard, book: LiveBook) -> None:
    async with contextlib.aclosing(book.looks(["cam-1"], Wish())) as looks:
        coming = asyncio.ensure_future(anext(looks))
        await until_wanted(board, "cam-1")
        board.show(look(time=1, jpeg=b"x" * 2_000_000))
        board.show(look(time=2))
        async with asyncio.timeout(20):
            assert (await coming).time == 2


async def test_states_are_told_and_noise_is_passed_over(board: LiveBoard, book: LiveBook, bus: Bus) -> None:
    await bus.client.publish(where(CITY, "state", "cam-1"), b"\xc1 no state")
    await bus.client.publish(where(CITY, "wish", "cam-1"), b"\xc1 no wish")
    board.tell("cam-1", state="live", people=4)
    async with asyncio.timeout(20):
        while "cam-1" not in book.states():
            await asyncio.sleep(0.02)
    assert (book.states()["cam-1"].state, book.states()["cam-1"].people) == ("live", 4)
    assert board.wanted("cam-1") is None
