"""One real s4 at the edge for the pages of cameras, devices and rules; tests take turns at a window for each role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.edge.town import ROLES, EdgeDevices, new_edge_town
from tests.browser.windows import Seats, cookie_of
from tests.support.city import Town


@dataclass
class EdgeStand:
    """The running city at the edge, and who has signed in there, by role. `api` watches in a role that may see all."""

    town: Town
    devices: EdgeDevices
    api: httpx.Client
    people: dict[str, StorageState]
    seats: Seats


@pytest.fixture(scope="package")
def edge(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[EdgeStand]:
    town, devices, secrets = new_edge_town(tmp_path_factory.mktemp("edge"))
    town.start()
    try:
        town.wait_ready()
        devices.start()
        people = {role: cookie_of(town, role, secrets[role]) for role in ROLES}
        seats = Seats(browser, town.http, "rules")
        with httpx.Client(base_url=town.http, headers={"X-S4": "1"}, timeout=60) as api:
            api.post("/api/session", json={"user": "watcher", "secret": secrets["watcher"]}).raise_for_status()
            yield EdgeStand(town, devices, api, people, seats)
        seats.close()
        devices.stop()
        assert town.stop() == 0
    finally:
        town.end()


Sit = Callable[..., Page]


@pytest.fixture
def sit(edge: EdgeStand, request: pytest.FixtureRequest) -> Iterator[Sit]:
    """`sit(at=…, role=…)`: the window of who has that role, at an address; it stays open over many tests."""
    failed = request.session.testsfailed

    def at_page(*, at: str, role: str) -> Page:
        return edge.seats.take(role, edge.people[role], at)

    yield at_page
    assert edge.seats.leave(failed=request.session.testsfailed > failed) == []
