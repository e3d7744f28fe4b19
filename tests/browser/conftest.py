"""One real Chromium for all tests of the page, and one real s4 for the page of incidents; tests there take turns at one
operator's window, and open others of their own where they need them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.fit import AXE
from tests.browser.town import Devices, new_town
from tests.browser.windows import OPEN_MS, Complaints, Look, Seats, cookie_of, open_window
from tests.support.browser import browser_at, login_link
from tests.support.city import Town

expect.set_options(timeout=30_000)  # the machine has other tests to run meanwhile


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who comes first here also waits for a city and a browser to start, beside all the other tests."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    with browser_at(chromium) as one:
        yield one


@pytest.fixture
def axe() -> str:
    """The text of axe-core; without it the test is skipped."""
    if not AXE.exists():
        pytest.skip("axe-core is not there; make page fetches it")
    return AXE.read_text(encoding="utf-8")


@dataclass
class Stand:
    """The running city. `doors` counts up, so that every incident of a test has a door of its own."""

    town: Town
    devices: Devices
    api: httpx.Client
    doors: "count[int]"
    operator: StorageState
    seats: Seats

    def link(self) -> str:
        """A link that signs somebody in, once."""
        return login_link(self.town.data)

    def force(self) -> str:
        """Force the next door; returns the name of what is behind it."""
        number = next(self.doors)
        self.devices.force(number)
        return f"Warehouse {number}"

    def calm(self) -> None:
        """Close everything that is open, with a reason, as an operator would."""
        for incident in self.api.get("/api/picture").raise_for_status().json()["incidents"]:
            if incident["state"] != "closed":
                body = {"reason": "The test is over."}
                self.api.post(f"/api/incidents/{incident['id']}/close", json=body).raise_for_status()


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stand]:
    town, devices, people = new_town(tmp_path_factory.mktemp("harbour"))
    town.start()
    try:
        town.wait_ready()
        devices.start()
        operator = cookie_of(town, "operator", people["operator"])
        seats = Seats(browser, town.http, "picture")
        with httpx.Client(base_url=town.http, headers={"X-S4": "1"}, timeout=60) as api:
            api.post("/api/session", json={"user": "operator", "secret": people["operator"]}).raise_for_status()
            yield Stand(town, devices, api, count(), operator, seats)
        seats.close()
        devices.stop()
        assert town.stop() == 0
    finally:
        town.end()


@pytest.fixture
def stand(running: Stand) -> Stand:
    """The city with nothing open."""
    running.devices.mute, running.devices.away, running.devices.refuse = False, False, ""
    running.devices.obeyed.clear()
    running.calm()
    return running


@pytest.fixture
def desk(stand: Stand, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The operator's page, with nothing open on it; it stays open over many tests."""
    failed = request.session.testsfailed
    page = stand.seats.take("operator", stand.operator, "picture")
    page.locator("[data-app][data-ready]").wait_for(timeout=OPEN_MS)
    expect(page.locator("[data-open-incidents] [data-incident]")).to_have_count(0)
    yield page
    assert stand.seats.leave(failed=request.session.testsfailed > failed) == []


Window = Callable[..., Page]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def window(stand: Stand, browser: Browser, complaints: Complaints) -> Iterator[Window]:
    """Opens windows of a test's own: signed in unless `signed=False`; what fits the pattern `lacks` cannot be fetched.
    What the console says must be nothing.
    """
    opened = []

    def new(look: Look | None = None, *, signed: bool = True, http: str = stand.town.http, lacks: str = "") -> Page:
        page = open_window(browser, http, look or Look(), stand.operator if signed else None, complaints)
        opened.append(page)
        if lacks:
            page.route(lacks, lambda route: route.abort())
        if signed:
            page.goto("/")
            page.locator("[data-app]").wait_for(timeout=OPEN_MS)
        return page

    yield new
    for page in opened:
        page.context.close()
    assert complaints == []
