"""That everybody can use the page of incidents: by tabbing, by touch on a phone, and by axe-core's rules."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand, Window
from tests.browser.fit import faults, scrolls_sideways, tab_through
from tests.browser.windows import Complaints, Look
from tests.support.browser import PHONE


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


STATES: dict[str, tuple[Callable[[Page], Any], str]] = {
    "story": (lambda page: None, "[data-measure]"),
    "asking why": (lambda page: page.locator("[data-action=reject]").first.click(), "[data-measure] form"),
    "sources": (lambda page: page.keyboard.press("s"), "[data-source]"),
    "keys": (lambda page: page.keyboard.press("?"), "dl.keys"),
    "search": (lambda page: press(page, "/", *"ware"), ".found"),
    "looking back": (lambda page: press(page, "t", "Shift+ArrowLeft"), "[data-then]"),
}
"""How to get there, and what is there then."""


def test_nothing_stands_in_anybodys_way(
    stand: Stand, desk: Page, window: Window, complaints: Complaints, axe: str
) -> None:
    login = window(signed=False)
    login.goto("/")
    login.get_by_label("Token").wait_for()
    wrong = faults(login, axe, "login")
    assert all("401" in one for one in complaints), complaints
    complaints.clear()
    wrong += faults(desk, axe, "quiet")
    stand.force()
    desk.locator("[data-open-incidents] [data-incident]").click()
    desk.locator("[data-measure]").first.wait_for()
    for name, (go, there) in STATES.items():
        go(desk)
        desk.locator(there).first.wait_for()
        wrong += faults(desk, axe, name)
        press(desk, "Escape", "Escape")
    assert not wrong, "\n".join(wrong)


def test_whoever_tabs_sees_where_they_are(stand: Stand, desk: Page) -> None:
    stand.force()
    desk.locator("[data-open-incidents] [data-incident]").click()
    desk.locator("[data-measure]").first.wait_for()
    tab_through(desk)


def test_a_phone_shows_one_part_at_a_time_and_never_scrolls_sideways(stand: Stand, window: Window) -> None:
    page = window(Look(PHONE, touch=True))
    name = stand.force()
    rooms = page.locator(".room-tabs")
    row = page.locator("[data-open-incidents] [data-incident]")
    expect(row).to_contain_text(name)
    for room in ("Incidents", "Map", "Story"):
        rooms.get_by_role("button", name=room).tap()
        assert not scrolls_sideways(page), room
    rooms.get_by_role("button", name="Incidents").tap()
    row.tap()
    story = page.locator("main#story")
    expect(story.get_by_role("heading", level=2)).to_be_in_viewport()
    assert not scrolls_sideways(page)
    do = story.locator("[data-action=approve]").first
    box = do.bounding_box()
    assert box
    assert box["height"] >= 44
    do.tap()
    expect(story.locator("[data-command]")).to_have_count(1)
