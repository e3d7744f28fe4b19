"""The page of cameras: blurred pictures that come live, alarms that people judge, zones drawn by mouse and by key."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.edge.conftest import EdgeStand, Sit

SLOW_MS = 40_000
"""Somebody walks by every 6 s, and is looked at by a machine that has other things to do."""


def audit(edge: EdgeStand, target: str, action: str) -> list[tuple[str, str]]:
    said = edge.api.get("/api/audit", params={"target": target}).raise_for_status().json()
    return [(one["actor"], one["reason"]) for one in said if one["action"] == action]


def zones(edge: EdgeStand) -> dict[str, Any]:
    return {one["id"]: one for one in edge.api.get("/api/zones").raise_for_status().json()}


def coloured(page: Page) -> bool:
    """Whether there is a picture on the canvas: more than one colour."""
    script = """canvas => new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, 30).data).size > 20"""
    return bool(page.locator("[data-look=shown] canvas").first.evaluate(script))


def test_the_wall_shows_each_camera_with_its_state_and_every_look_is_recorded(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="picture", role="operator")
    page.keyboard.press("w")
    tile = page.locator("[data-camera=cam-quay]")
    expect(tile.locator("[data-look=shown]")).to_be_visible(timeout=SLOW_MS)
    expect(tile.get_by_role("img")).to_have_accessible_name(re.compile("Live picture of Quay, east, people blurred"))
    assert coloured(page)
    assert ("operator", "") in audit(edge, "cam-quay", "camera.look")
    gone = page.locator("[data-camera=cam-gone]")
    expect(gone.locator("[data-standing=failed]")).to_have_text("cannot be read")
    expect(gone).to_contain_text("there is no such video")
    page.locator("[data-only=failed]").click()
    expect(tile).to_have_count(0)
    page.locator("[data-only=failed]").click()
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("#/cameras/cam-quay$"))
    expect(page.locator("[data-camera-one=cam-quay] [data-look=shown]")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("Escape")
    expect(tile).to_be_visible()


def test_who_may_not_see_pictures_sees_how_the_cameras_are_doing(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="cameras", role="admin")
    expect(page.locator("[data-camera=cam-quay]")).to_contain_text("Your role sees no pictures.")
    expect(page.locator("[data-camera=cam-quay] .health")).to_have_text("live")
    assert audit(edge, "cam-quay", "camera.look") == [
        one for one in audit(edge, "cam-quay", "camera.look") if one[0] != "admin"
    ]


def test_an_alarm_is_called_false_and_that_is_taken_back(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="cameras/cam-quay", role="operator")
    first = page.locator("[data-alarm]").first
    expect(first).to_contain_text("Person in a forbidden zone", timeout=SLOW_MS)
    name = str(first.get_attribute("data-alarm"))
    alarm = page.locator(f"[data-alarm='{name}']")
    alarm.locator("[data-action=false-alarm]").click()
    expect(alarm.locator("[data-cause=shadow]")).to_be_focused()
    alarm.locator("[data-cause=animal]").click()
    expect(alarm.locator("[data-verdict]")).to_contain_text("False alarm: animal")
    expect(page.locator("tr[data-kind=all] td").last).to_have_text("100%")
    assert audit(edge, name, "detection.judge") == [("operator", "false_alarm animal")]
    alarm.locator("[data-action=withdraw]").click()
    expect(alarm.locator("[data-action=false-alarm]")).to_be_visible()
    assert audit(edge, name, "detection.judge")[1:] == [("operator", "withdrawn")]


def test_a_zone_is_drawn_by_key_alone_holds_and_is_undone(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="cameras/cam-quay", role="supervisor")
    page.locator("[data-look=shown]").wait_for(timeout=SLOW_MS)
    page.locator("[data-action=draw-zone]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("application", name="Outline of the zone")).to_be_focused()
    form = page.locator("[data-zone-form]")
    expect(form.locator("[data-fault=few]")).to_be_visible()
    for key in (*["ArrowLeft"] * 9, "Enter", *["ArrowDown"] * 9, "Enter", *["ArrowRight"] * 9, "Enter", "Escape"):
        page.keyboard.press(key)
    expect(form.locator("[data-fault=none]")).to_contain_text("3 points")
    form.get_by_label("Name").fill("Ramp to the water")
    form.get_by_label("Why").fill("The ramp is slippery")
    page.keyboard.press("Enter")
    expect(page.locator("[data-undo=save]")).to_contain_text("Ramp to the water is saved and holds within seconds.")
    drawn = zones(edge)["ramp-to-the-water"]
    assert drawn["outline"] == [[0.32, 0.5], [0.32, 0.68], [0.5, 0.68]]
    assert audit(edge, "ramp-to-the-water", "zone.put") == [("supervisor", "The ramp is slippery")]
    page.locator("[data-action=undo-zone]").click()
    expect(page.locator("[data-undo=undo]")).to_contain_text("is as it was before")
    assert "ramp-to-the-water" not in zones(edge)


@pytest.mark.slow
def test_a_line_is_drawn_with_the_mouse_and_counts_who_crosses_without_a_restart(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="cameras/cam-quay", role="supervisor")
    picture = page.locator("[data-look=shown]")
    picture.wait_for(timeout=SLOW_MS)
    page.locator("[data-zone=edge] [data-action=change-zone]").click()
    expect(page.locator("[data-zone-form]")).to_contain_text("4 points")
    page.get_by_role("button", name="Leave without saving").click()
    page.locator("[data-action=draw-zone]").click()
    box = picture.bounding_box()
    assert box
    corners = [(0.2, 0.45), (0.5, 0.45), (0.5, 0.99), (0.2, 0.99)]
    for x, y in corners:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.45 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.up()
    form = page.locator("[data-zone-form]")
    expect(form.locator("[data-fault=none]")).to_contain_text("4 points")
    form.get_by_label("Name").fill("Landing")
    form.get_by_label("Why").fill("A ship comes")
    page.keyboard.press("Enter")
    expect(page.locator("[data-zone=landing]")).to_be_visible()
    (x, y), *_ = zones(edge)["landing"]["outline"]
    assert (abs(x - 0.25) < 0.02, abs(y - 0.5) < 0.02) == (True, True)
    deadline = time.monotonic() + 60
    while not any("Landing" in one["text"] for one in alarms(edge)):
        assert time.monotonic() < deadline, alarms(edge)
        time.sleep(0.5)
    page.locator("[data-zone=landing] [data-action=remove-zone]").click()
    page.keyboard.type("The ship has gone")
    page.keyboard.press("Enter")
    expect(page.locator("[data-zone=landing]")).to_have_count(0)
    assert "landing" not in zones(edge)


def test_other_settings_are_tried_on_a_recording(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="cameras/cam-quay", role="supervisor")
    desk = page.locator("[data-try-out]")
    desk.get_by_label("Recording").select_option("saturday.avi")
    dwell = desk.get_by_role("spinbutton", name="zone_dwell_s")
    expect(desk.locator("[data-action=run-again]")).to_have_attribute("aria-disabled", "true")
    dwell.fill("60")
    page.keyboard.press("Enter")
    expect(desk.locator("[data-replay=done]")).to_contain_text(
        "1 alarm with the present settings, 0 with the changed ones.", timeout=SLOW_MS
    )
    expect(desk.locator("[data-raised=now]")).to_contain_text("− only now")
    assert ("supervisor", "saturday.avi: zone_dwell_s = 60") in audit(edge, "cam-quay", "camera.replay")


def alarms(edge: EdgeStand) -> list[dict[str, Any]]:
    return list(edge.api.get("/api/cameras/cam-quay").raise_for_status().json()["alarms"])
