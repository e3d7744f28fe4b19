"""That everybody can use the pages at the edge: by tabbing, on a phone, and by axe-core's rules."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.edge.conftest import EdgeStand, Sit
from tests.browser.fit import faults, scrolls_sideways, tab_through
from tests.browser.windows import OPEN_MS, Complaints, Look, open_window
from tests.support.browser import PHONE


def click(selector: str) -> Callable[[Page], Any]:
    return lambda page: page.locator(selector).first.click()


def write(page: Page) -> None:
    """A rule that is not one."""
    page.locator("[data-sql]").fill("SELECT x FROM y")


def complete(page: Page) -> None:
    """Half a word, and the question how it goes on."""
    page.locator("[data-sql]").fill("SELECT val")
    page.locator("[data-sql]").press("Control+Space")


def stay(page: Page) -> None:
    """The page as it opens."""


STATES: dict[str, tuple[str, str, Callable[[Page], Any], str]] = {
    "cameras": ("supervisor", "cameras", stay, "[data-look=shown]"),
    "cameras, unseen": ("admin", "cameras", stay, "[data-camera]"),
    "a camera": ("supervisor", "cameras/cam-quay", stay, "[data-look=shown]"),
    "drawing": ("supervisor", "cameras/cam-quay", click("[data-action=draw-zone]"), "[data-zone-form]"),
    "false alarm": ("operator", "cameras/cam-quay", click("[data-action=false-alarm]"), "[data-cause]"),
    "no camera": ("operator", "cameras/nobody", stay, "text=There is no camera nobody."),
    "devices": ("admin", "devices", stay, "tr[data-device]"),
    "letting in": ("admin", "devices", click("[data-action=let-in]"), ".admit form"),
    "a device": ("admin", "devices/air-1", stay, "[data-series] canvas"),
    "maintenance": ("admin", "devices/air-1", click("[data-action=maintain]"), "[data-device-panel] form"),
    "no device": ("admin", "devices/nobody", stay, "text=There is no device nobody."),
    "a rule": ("admin", "rules/stuffy", stay, "[data-checked=true]"),
    "a mistake": (
        "admin",
        "rules/+",
        lambda page: page.locator("[data-sql]").fill("SELECT x FROM y"),
        "[data-problem]",
    ),
    "completing": ("admin", "rules/+", complete, "[role=option]"),
    "a trial": ("admin", "rules/stuffy", click("[data-try=hour]"), "[data-trial]"),
    "saving": ("admin", "rules/stuffy", click("[data-action=remove-rule]"), ".reason"),
}
"""In which role, at which address, how to get there, and what is there then."""


def test_nothing_stands_in_anybodys_way(edge: EdgeStand, sit: Sit, axe: str) -> None:
    edge.devices.appear("stranger-3")
    wrong = []
    for state, (role, address, go, there) in STATES.items():
        page = sit(at=address, role=role)
        go(page)
        page.locator(there).first.wait_for(timeout=OPEN_MS)
        wrong += faults(page, axe, state)
        page.keyboard.press("Escape")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("address", ["devices/air-1", "rules/stuffy"])
def test_whoever_tabs_sees_where_they_are(sit: Sit, address: str) -> None:
    page = sit(at=address, role="admin")
    page.locator("[data-device-panel] .value, [data-checked=true]").first.wait_for()
    tab_through(page)


PLACES = {
    "cameras": "[data-camera]",
    "cameras/cam-quay": "[data-camera-one] [data-look=shown]",
    "devices": "tr[data-device]",
    "devices/air-1": "[data-series]",
    "devices/gate-1": "[data-order]",
    "rules": "[data-rule]",
    "rules/stuffy": "[data-checked=true]",
    "rules/+": "[data-sql]",
}


def test_a_phone_never_scrolls_sideways(edge: EdgeStand, browser: Browser) -> None:
    complaints = Complaints()
    look = Look(PHONE, touch=True)
    page = open_window(browser, edge.town.http, look, edge.people["supervisor"], complaints)
    for address, there in PLACES.items():
        page.goto(f"/#/{address}")
        page.locator(there).first.wait_for(state="attached", timeout=OPEN_MS)
        for tab in page.locator(".room-tabs button").all():
            tab.tap()
            assert not scrolls_sideways(page), f"{address}, {tab.inner_text()}"
    page.context.close()
    assert complaints == []
