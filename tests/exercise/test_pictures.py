"""What the cameras show: things where they are, people in front of what is behind them, and MJPEG that FFmpeg reads."""

import asyncio
import math
import time
from collections.abc import Iterator

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from s4.core.clock import parse_time
from s4.exercise.festival import BAG, BAG_LEFT_S, DOOR_S, Festival
from s4.exercise.fixtures import CAMERAS, YARD
from s4.exercise.light import sun_at
from s4.exercise.mjpeg import MjpegServer, Picture
from s4.exercise.optics import Optics
from s4.exercise.studio import Studio
from s4.exercise.town import Town

START = parse_time("2026-05-01T16:30:00Z")


@pytest.fixture(scope="module")
def town() -> Town:
    made = Town.found(7, START, 60)
    Festival(7).stage(made)
    return made


@pytest.fixture(scope="module")
def studio(town: Town) -> Studio:
    made = Studio(town)
    for camera in ("cam-01", "cam-04"):
        pose = made.missing(camera)
        assert pose is not None
        made.prepare(pose)
        assert made.missing(camera) is None
    return made


def until(town: Town, seconds: float) -> None:
    while town.now_s < seconds:
        town.step()


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    gap = np.abs(cv2.GaussianBlur(one, (3, 3), 0).astype(int) - cv2.GaussianBlur(other, (3, 3), 0))
    return np.asarray(gap.max(axis=2))


def test_the_bag_is_seen_at_its_true_place(town: Town, studio: Studio) -> None:
    until(town, BAG_LEFT_S + 11)
    bag = town.things.pop("bag")
    without = studio.shoot("cam-01")
    town.things["bag"] = bag
    present = studio.shoot("cam-01")
    assert without is not None
    assert present is not None
    x, y, _ = town.optics["cam-01"].project(np.array([[*BAG, bag.size_m[1] / 2]]))[0]
    changed = np.argwhere(difference(present, without) > 45)
    assert len(changed) > 60
    assert changed.mean(axis=0)[::-1] == pytest.approx((x, y), abs=6)


def test_the_intruder_is_seen_in_the_yard(town: Town, studio: Studio) -> None:
    until(town, DOOR_S - 8)
    intruder = next(a for a in town.actors if a.name == "intruder")
    at = intruder.place(town.now_s)
    assert at is not None
    assert YARD.contains(Point(at))
    present = studio.shoot("cam-04")
    town.actors.remove(intruder)
    without = studio.shoot("cam-04")
    town.actors.append(intruder)
    assert present is not None
    assert without is not None
    feet, head = town.optics["cam-04"].project(np.array([[*at, 0.0], [*at, intruder.height_m]]))
    column = difference(present, without)[int(head[1]) : int(feet[1]), int(feet[0])]
    assert (column > 40).mean() > 0.6


def test_who_stands_behind_the_stadium_is_not_seen(town: Town, studio: Studio) -> None:
    before = studio.shoot("cam-04")
    optics = town.optics["cam-04"]
    ahead = (optics.at[0] + 90 * math.sin(math.radians(optics.pan_deg)), optics.at[1] - 60.0)
    kept = town.crowd.at.copy()
    town.crowd.at[:] = ahead
    after = studio.shoot("cam-04")
    town.crowd.at = kept
    assert before is not None
    assert after is not None
    assert (difference(after, before) > 60).sum() < 3000


def test_two_pictures_of_one_moment_differ_by_noise_only(studio: Studio) -> None:
    one, two = studio.shoot("cam-01"), studio.shoot("cam-01")
    assert one is not None
    assert two is not None
    assert 1.0 < np.abs(one.astype(int) - two).mean() < 6.0


@given(
    st.floats(0, 359), st.floats(5, 60), st.floats(3, 15), st.floats(0.05, 0.95), st.floats(0.8, 1.0), st.floats(40, 90)
)
def test_ground_and_picture_are_inverse(pan: float, tilt: float, up: float, x: float, y: float, view: float) -> None:
    optics = Optics((3.0, -5.0, up), pan, tilt, view)
    at = optics.ground(x * 640, y * 360)
    assert at is not None
    u, v, depth = optics.project(np.array([[*at, 0.0]]))[0]
    assert depth > 0
    assert (u, v) == pytest.approx((x * 640, y * 360), abs=0.01)


@given(st.integers(0, 2**62))
def test_shadows_fall_away_from_the_sun(when: int) -> None:
    sun = sun_at(when)
    assert 0.5 <= sun.gain <= 1.0
    assert math.hypot(*sun.toward) <= 1 / math.tan(math.radians(20)) + 1e-9
    away = math.degrees(math.atan2(*sun.toward)) % 360
    assert math.cos(math.radians(away - sun.azimuth_deg)) == pytest.approx(-1, abs=1e-6)


def pictures() -> Iterator[Picture]:
    for k in range(10_000):
        image = np.full((360, 640, 3), (k * 5) % 256, np.uint8)
        cv2.putText(image, str(k), (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 3, (255, 255, 255), 4)
        yield Picture(START + k, cv2.imencode(".jpg", image)[1].tobytes())


async def show(server: MjpegServer, seconds: float) -> int:
    end, shown = time.monotonic() + seconds, 0
    for picture in pictures():
        if time.monotonic() > end:
            break
        server.show("cam-01", picture)
        shown += 1
        await asyncio.sleep(0.02)
    return shown


def decode(url: str, count: int) -> list[tuple[int, int]]:
    with av.open(url, timeout=10) as container:
        frames = container.decode(video=0)
        return [(f.width, f.height) for f, _ in zip(frames, range(count), strict=False)]


async def test_ffmpeg_reads_the_stream() -> None:
    async with MjpegServer(["cam-01"], 0) as server:
        feed = asyncio.create_task(show(server, 20))
        sizes = await asyncio.to_thread(decode, f"http://127.0.0.1:{server.port}/cam-01", 12)
        feed.cancel()
    assert sizes == [(640, 360)] * 12


async def test_each_part_carries_its_time_and_unwatched_cameras_are_known() -> None:
    async with MjpegServer(["cam-01"], 0) as server:
        assert not server.watched("cam-01")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /cam-01 HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert server.watched("cam-01")
        server.show("cam-01", Picture(START, b"jpeg"))
        head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert f"X-S4-Time: {START}\r\n".encode() in head
    assert b"Content-Length: 4\r\n" in head


async def test_a_client_that_reads_nothing_slows_nobody() -> None:
    async with MjpegServer(["cam-01"], 0) as server:
        _, lazy = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        lazy.write(b"GET /cam-01 HTTP/1.1\r\nHost: x\r\n\r\n")
        feed = asyncio.create_task(show(server, 20))
        await asyncio.sleep(1.0)
        began = time.monotonic()
        sizes = await asyncio.to_thread(decode, f"http://127.0.0.1:{server.port}/cam-01", 60)
        took = time.monotonic() - began
        feed.cancel()
        lazy.close()
    assert len(sizes) == 60
    assert took < 8


@pytest.mark.parametrize(
    ("request_", "status"),
    [(b"GET /nobody HTTP/1.1\r\n\r\n", b"404"), (b"POST /cam-01 HTTP/1.1\r\n\r\n", b"405"), (b"\r\n\r\n", b"405")],
)
async def test_other_requests_are_refused(request_: bytes, status: bytes) -> None:
    async with MjpegServer([c.id for c in CAMERAS], 0) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request_)
        assert (await reader.readline()).split()[1] == status
        writer.close()
