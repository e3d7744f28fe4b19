"""What the page may not claim: quiet while nobody watches, live while the line is cut, now while it shows then."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from s4.core.clock import NS_PER_S, RealClock
from tests.browser.conftest import Complaints, Stand, Window
from tests.support.relay import Relay


@pytest.fixture
def relay(stand: Stand) -> Iterator[Relay]:
    line = Relay(stand.town.http_port)
    yield line
    line.close()


def test_a_source_that_stops_speaking_takes_the_quiet_away(stand: Stand, window: Window) -> None:
    page = window()
    quiet, fresh = page.locator("[data-quiet]"), page.locator("[data-sources-button]")
    expect(quiet).to_contain_text("All quiet")
    expect(quiet).to_contain_text("1 source watching, every one fresh")
    expect(fresh).to_contain_text("1/1 fresh")
    fresh.click()
    row = page.locator("[data-source=air-1]")
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


def test_looking_back_shows_what_was_known_then_and_decides_nothing(stand: Stand, window: Window) -> None:
    page = window()
    name = stand.force()
    row = page.locator("[data-open-incidents] [data-incident]").filter(has_text=name)  # then, others were open too
    expect(row).to_be_visible()
    row.click()
    opened = stand.api.get("/api/picture").json()["incidents"][0]["opened"]
    page.keyboard.press("t")
    expect(page.get_by_role("slider", name="Instant shown")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("[data-then]")).to_contain_text("This is what was known at")
    expect(page.locator(".clock")).to_contain_text("then")
    expect(row).to_have_count(0)
    expect(page.locator("main#story")).to_contain_text("This incident was not known yet at that time.")
    page.keyboard.press("l")
    expect(page.locator("[data-then]")).to_have_count(0)
    expect(page.locator(".clock")).to_contain_text("live")
    expect(row).to_contain_text(name)

    # Ten seconds back is after the incident once it is twelve seconds old.
    time.sleep(max(0.0, 12.5 - (RealClock().now() - opened) / NS_PER_S))
    page.keyboard.press("t")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-then]")).to_be_visible()
    expect(row).to_contain_text(name)
    expect(page.locator("main#story")).to_contain_text("Not while looking back")
    expect(page.locator("[data-action=acknowledge]")).to_have_count(0)
    for button in page.locator("[data-measure] button").all():
        expect(button).to_be_disabled()
    for key in ("a", "1", "Enter"):
        page.keyboard.press(key)
    page.keyboard.press("l")
    expect(page.locator("[data-action=acknowledge]")).to_be_enabled()
    assert stand.api.get("/api/picture").json()["incidents"][0]["state"] == "open"


def test_dragging_the_time_bar_goes_back_and_to_its_end_is_live_again(stand: Stand, window: Window) -> None:
    page = window()
    track = page.locator(".track").bounding_box()
    assert track
    page.mouse.click(track["x"] + track["width"] * 0.3, track["y"] + track["height"] / 2)
    expect(page.locator("[data-then]")).to_contain_text("This is what was known at")
    page.get_by_role("slider", name="Instant shown").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-then]")).to_have_count(0)


def test_a_cut_line_is_said_with_its_age_and_mends_by_itself(
    stand: Stand, window: Window, relay: Relay, complaints: Complaints
) -> None:
    page = window(signed=False)
    page.goto(stand.link().replace(str(stand.town.http_port), str(relay.port)))
    page.locator("[data-app][data-ready]").wait_for(timeout=60_000)
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
