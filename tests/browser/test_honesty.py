"""What the page may not claim: quiet while nobody watches, live while the line is cut, now while it shows then."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from s4.core.clock import NS_PER_S, RealClock
from tests.browser.conftest import Stand, Window
from tests.browser.windows import OPEN_MS, Complaints
from tests.support.relay import Relay


@pytest.fixture
def relay(stand: Stand) -> Iterator[Relay]:
    line = Relay(stand.town.http_port)
    yield line
    line.close()


def test_a_source_that_stops_speaking_takes_the_quiet_away(stand: Stand, desk: Page) -> None:
    quiet, fresh = desk.locator("[data-quiet]"), desk.locator("[data-sources-button]")
    expect(quiet).to_contain_text("All quiet")
    expect(quiet).to_contain_text("1 source watching, every one fresh")
    expect(fresh).to_contain_text("1/1 fresh")
    fresh.click()
    row = desk.locator("[data-source=air-1]")
    expect(row).to_have_attribute("data-state", "fresh")
    expect(row).to_contain_text("heard")

    stand.devices.mute = True
    expect(row).to_have_attribute("data-state", "silent", timeout=20_000)
    expect(row).to_contain_text(re.compile(r"\d+ s silent"))
    expect(quiet).to_contain_text("Quiet, but 1 source silent")
    expect(quiet).to_contain_text("not everything is being watched")
    expect(fresh).to_contain_text("0/1 fresh")

    stand.devices.mute = False
    expect(quiet).to_contain_text("All quiet")


@pytest.mark.slow
def test_a_site_of_which_nothing_comes_takes_the_quiet_away(stand: Stand, desk: Page) -> None:
    quiet, bar = desk.locator("[data-quiet]"), desk.locator("[data-sites-away]")
    expect(quiet).to_contain_text("All quiet", timeout=60_000)
    stand.devices.away = True
    expect(quiet).to_contain_text("Quiet, but nothing comes from Quay", timeout=90_000)
    expect(bar).to_contain_text("Quay silent")
    bar.click()
    line = desk.locator("[data-link=quay]")
    expect(line).to_contain_text("nothing has come")
    stand.devices.away = False
    expect(bar).to_have_count(0, timeout=60_000)
    expect(line).to_contain_text("everything goes", timeout=60_000)


def test_looking_back_shows_what_was_known_then_and_decides_nothing(stand: Stand, desk: Page) -> None:
    name = stand.force()
    row = desk.locator("[data-open-incidents] [data-incident]").filter(has_text=name)  # then, others were open too
    expect(row).to_be_visible()
    row.click()
    opened = stand.api.get("/api/picture").json()["incidents"][0]["opened"]
    desk.keyboard.press("t")
    expect(desk.get_by_role("slider", name="Instant shown")).to_be_focused()
    desk.keyboard.press("Shift+ArrowLeft")
    expect(desk.locator("[data-then]")).to_contain_text("This is what was known at")
    expect(desk.locator(".clock")).to_contain_text("then")
    expect(row).to_have_count(0)
    expect(desk.locator("main#story")).to_contain_text("This incident was not known yet at that time.")
    desk.keyboard.press("l")
    expect(desk.locator("[data-then]")).to_have_count(0)
    expect(desk.locator(".clock")).to_contain_text("live")
    expect(row).to_contain_text(name)

    # Ten seconds back is after the incident once it is twelve seconds old.
    time.sleep(max(0.0, 12.5 - (RealClock().now() - opened) / NS_PER_S))
    desk.keyboard.press("t")
    desk.keyboard.press("ArrowLeft")
    expect(desk.locator("[data-then]")).to_be_visible()
    expect(row).to_contain_text(name)
    expect(desk.locator("main#story")).to_contain_text("Not while looking back")
    expect(desk.locator("[data-action=acknowledge]")).to_have_count(0)
    for button in desk.locator("[data-measure] button").all():
        expect(button).to_be_disabled()
    for key in ("a", "1", "Enter"):
        desk.keyboard.press(key)
    desk.keyboard.press("l")
    expect(desk.locator("[data-action=acknowledge]")).to_be_enabled()
    assert stand.api.get("/api/picture").json()["incidents"][0]["state"] == "open"


def test_dragging_the_time_bar_goes_back_and_to_its_end_is_live_again(stand: Stand, desk: Page) -> None:
    track = desk.locator(".track").bounding_box()
    assert track
    desk.mouse.click(track["x"] + track["width"] * 0.3, track["y"] + track["height"] / 2)
    expect(desk.locator("[data-then]")).to_contain_text("This is what was known at")
    desk.get_by_role("slider", name="Instant shown").focus()
    desk.keyboard.press("End")
    expect(desk.locator("[data-then]")).to_have_count(0)


def test_a_cut_line_is_said_with_its_age_and_mends_by_itself(
    stand: Stand, window: Window, relay: Relay, complaints: Complaints
) -> None:
    page = window(http=f"http://127.0.0.1:{relay.port}")
    page.locator("[data-app][data-ready]").wait_for(timeout=OPEN_MS)
    expect(page.locator("[data-quiet]")).to_contain_text("All quiet")
    relay.cut()
    banner = page.locator("[data-line=down]")
    expect(banner).to_contain_text(re.compile(r"Connection lost \d+ s ago — showing \d\d:\d\d:\d\d"))
    expect(page.locator("[data-quiet]")).not_to_contain_text("All quiet")
    name = stand.force()
    expect(banner).to_contain_text(re.compile(r"lost [2-9] s ago"))
    relay.mend()
    expect(banner).to_have_count(0, timeout=20_000)
    expect(page.locator("[data-open-incidents] [data-incident]")).to_contain_text(name)
    page.close()
    assert all("Failed to load resource" in one or "ERR_" in one for one in complaints), complaints
    complaints.clear()


def test_a_map_that_does_not_come_takes_nothing_else_away(stand: Stand, window: Window, complaints: Complaints) -> None:
    page = window(lacks="**/CityMap-*.js")
    expect(page.get_by_role("alert")).to_contain_text("The map could not be loaded")
    name = stand.force()
    page.locator("[data-open-incidents] [data-incident]", has_text=name).click()
    expect(page.locator("main#story")).to_contain_text(f"Door forced, {name}")
    assert complaints
    assert all("CityMap" in one or "ERR_FAILED" in one for one in complaints), complaints
    complaints.clear()
