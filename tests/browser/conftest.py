"""One real s4 and one real Chromium for all tests of the page; each test gets a browser window of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, ViewportSize, expect

from tests.browser.edge_town import EdgeDevices, new_edge_town
from tests.browser.town import Devices, new_town
from tests.support.browser import DESK, browser_at, login_link, signed_in
from tests.support.city import Town

expect.set_options(timeout=15_000)  # the machine has other tests to run meanwhile


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who comes first here also waits for a city and a browser to start, beside all the other tests."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    with browser_at(chromium) as one:
        yield one


@dataclass
class Stand:
    """The running city. `doors` counts up, so that every incident of a test has a door of its own."""

    town: Town
    devices: Devices
    api: httpx.Client
    doors: "count[int]"

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
    town, devices = new_town(tmp_path_factory.mktemp("harbour"))
    town.start()
    try:
        town.wait_ready()
        devices.start()
        with httpx.Client(base_url=town.http, headers={"X-S4": "1"}, timeout=20) as api:
            api.post("/api/session", json={"token": login_link(town.data).partition("#token=")[2]}).raise_for_status()
            yield Stand(town, devices, api, count())
        devices.stop()
        assert town.stop() == 0
    finally:
        town.end()


@pytest.fixture
def stand(running: Stand) -> Stand:
    """The city with nothing open."""
    running.devices.mute, running.devices.refuse = False, ""
    running.devices.obeyed.clear()
    running.calm()
    return running


Window = Callable[..., Page]


class Complaints(list[str]):
    """What the page complained about on its console; a test that provokes some clears them."""


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def window(stand: Stand, browser: Browser, complaints: Complaints, session: StorageState) -> Iterator[Window]:
    """Opens windows of the page: signed in unless `signed=False`. What the console says must be nothing."""
    contexts = []

    def opened(size: ViewportSize = DESK, *, theme: Any = "dark", signed: bool = True, **more: Any) -> Page:
        state = session if signed else None
        look = {"viewport": size, "color_scheme": theme, "reduced_motion": "reduce"}
        context = browser.new_context(**look, storage_state=state, base_url=stand.town.http, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: _note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if signed:
            page.goto("/")
            page.locator("[data-app][data-ready]").wait_for(timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@dataclass
class EdgeStand:
    """The running city at the edge, and who has signed in there, by role."""

    town: Town
    devices: EdgeDevices
    api: httpx.Client
    sessions: dict[str, StorageState]


@pytest.fixture(scope="package")
def edge(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[EdgeStand]:
    town, devices = new_edge_town(tmp_path_factory.mktemp("edge"))
    town.start()
    try:
        town.wait_ready()
        devices.start()
        sessions = {}
        for role in ("operator", "supervisor", "admin"):
            context = browser.new_context(viewport=DESK)
            signed_in(context, login_link(town.data, role, role))
            sessions[role] = StorageState(**{**context.storage_state(), "origins": []})
            context.close()
        with httpx.Client(base_url=town.http, headers={"X-S4": "1"}, timeout=20) as api:
            token = login_link(town.data, "watcher", "admin").partition("#token=")[2]
            api.post("/api/session", json={"token": token}).raise_for_status()
            yield EdgeStand(town, devices, api, sessions)
        devices.stop()
        assert town.stop() == 0
    finally:
        town.end()


@pytest.fixture
def edge_window(edge: EdgeStand, browser: Browser, complaints: Complaints) -> Iterator[Window]:
    """Opens windows of the pages at the edge: at an address, signed in in a role."""
    contexts = []

    def opened(size: ViewportSize = DESK, *, at: str, role: str, theme: Any = "dark", **more: Any) -> Page:
        look = {"viewport": size, "color_scheme": theme, "reduced_motion": "reduce"}
        context = browser.new_context(**look, storage_state=edge.sessions[role], base_url=edge.town.http, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: _note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"/#/{at}")
        page.locator("[data-app]").wait_for(timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _note(message: ConsoleMessage, complaints: Complaints) -> None:
    if message.type in ("error", "warning"):
        complaints.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="package")
def session(running: Stand, browser: Browser) -> StorageState:
    """An operator who signed in by the link."""
    context = browser.new_context(viewport=DESK)
    signed_in(context, running.link())
    state = context.storage_state()
    context.close()
    return {**state, "origins": []}  # the cookie, but not what the page remembers of how it looked
