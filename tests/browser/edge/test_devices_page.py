"""The page of devices: who waits is let in or kept out, who breaks is seen, who obeys is told what to do."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.edge.conftest import EdgeStand, Sit
from tests.browser.edge.town import MANY

LIVE_MS = 25_000  # readings are written every 5 s, asked for every 3 s; the rest is a slow machine


def row(page: Page, device: str) -> Locator:
    return page.locator(f"tr[data-device='{device}']")


def test_a_stranger_waits_on_top_and_is_let_in_with_kind_name_and_reason(edge: EdgeStand, sit: Sit) -> None:
    edge.devices.appear("stranger-1")
    page = sit(at="devices", role="admin")
    waiting = page.locator("[data-waiting='stranger-1']")
    expect(waiting).to_contain_text("battery 87")
    waiting.locator("[data-action=let-in]").click()
    form = page.get_by_role("form", name="Let stranger-1 in")
    form.get_by_label("What kind of device is it?").select_option("contact")
    form.get_by_label("What is it called?").fill("Side door")
    form.get_by_label("Why may it come in?").fill("Mounted today")
    page.keyboard.press("Enter")
    expect(waiting).to_have_count(0)
    page.get_by_role("searchbox").fill("side door")
    expect(row(page, "stranger-1")).to_contain_text("contact")
    row(page, "stranger-1").get_by_role("link").click()
    panel = page.locator("[data-device-panel='stranger-1']")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Side door")
    expect(panel).to_contain_text("Let in")
    expect(panel).to_contain_text("“Mounted today”")
    assert edge.api.get("/api/devices/stranger-1").json()["device"]["profile"] == "contact"


def test_a_stranger_is_kept_out_only_with_a_reason(edge: EdgeStand, sit: Sit) -> None:
    edge.devices.appear("stranger-2")
    page = sit(at="devices", role="admin")
    waiting = page.locator("[data-waiting='stranger-2']")
    waiting.locator("[data-action=keep-out]").click()
    keep = waiting.get_by_role("button", name="Keep out")
    expect(keep).to_be_disabled()
    page.keyboard.press("Escape")
    expect(keep).to_have_attribute("data-action", "keep-out")
    keep.click()
    page.keyboard.type("Nobody ordered it")
    page.keyboard.press("Enter")
    expect(waiting).to_have_count(0)
    page.get_by_role("searchbox").fill("stranger-2")
    expect(row(page, "stranger-2")).to_contain_text("kept out")


def test_whoever_only_operates_is_told_who_decides(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="devices/air-1", role="operator")
    panel = page.locator("[data-device-panel='air-1']")
    expect(panel).to_contain_text("Only an administrator decides about devices.")
    expect(panel.locator("[data-action=maintain]")).to_have_count(0)


def test_somebody_works_on_a_device_and_is_done(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="devices/air-1", role="admin")
    panel = page.locator("[data-device-panel='air-1']")
    panel.locator("[data-action=maintain]").click()
    page.keyboard.type("New battery")
    page.keyboard.press("Enter")
    expect(panel.locator(".device-state")).to_contain_text("being worked on")
    expect(panel).to_contain_text("admin works on it")
    expect(row(page, "air-1").locator(".health")).to_have_attribute("data-health", "maintenance")
    panel.locator("[data-action=resume]").click()
    page.keyboard.type("Battery changed")
    page.keyboard.press("Enter")
    expect(panel.locator(".device-state")).to_contain_text("working")
    expect(panel).to_contain_text("“New battery”")
    expect(panel).to_contain_text("“Battery changed”")


def test_values_come_live_with_unit_and_the_last_hour(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="devices/air-1", role="operator")
    value = page.locator("[data-series='co2']")
    expect(value).to_contain_text("Carbon dioxide")
    expect(value.locator(".value-now")).to_have_text(re.compile(r"^[56]\d\d(\.\d)? ppm$"))
    expect(value.get_by_role("img")).to_have_accessible_name(re.compile("last hour: lowest .* highest"))
    expect(value.locator("canvas")).to_be_visible()
    edge.devices.level = 1600
    try:
        expect(value.locator(".value-now")).to_have_text(re.compile(r"^1[56]\d\d ppm$"), timeout=LIVE_MS)
    finally:
        edge.devices.level = 600


def test_a_gate_is_told_what_its_profile_allows_and_says_when_it_is_done(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="devices/gate-1", role="operator")
    order = page.locator("[data-order='gate.close']")
    order.get_by_label("Speed").fill("3")
    order.get_by_role("button", name="Send").click()
    expect(order.locator(".field-wrong")).to_have_text("from 0.05 to 0.5")
    assert edge.devices.obeyed == []
    order.get_by_label("Speed").fill("0.2")
    order.get_by_label("Mode").select_option("emergency")
    order.get_by_role("button", name="Send").click()
    told = page.locator("[data-device-panel] [data-command]").first
    expect(told).to_have_attribute("data-state", "done")
    expect(told).to_contain_text("gate.close, ")
    ((_, sent),) = [(one["command"], one["parameters"]) for one in edge.devices.obeyed]
    assert sent == {"speed": 0.2, "mode": "emergency"}


def test_the_table_is_gone_through_by_key_and_only_the_rows_in_view_are_drawn(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="picture", role="operator")
    page.keyboard.press("e")
    liar = row(page, "air-2")
    expect(liar).to_contain_text("99999")
    assert page.locator("tr[data-device]").count() < MANY / 2
    page.keyboard.press("/")
    page.keyboard.type("door 11")
    expect(page.locator("tr[data-device]")).to_have_count(11)
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-device-panel]")).to_have_attribute("data-device-panel", "contact-110")
    expect(page).to_have_url(re.compile("#/devices/contact-110$"))
    page.go_back()
    expect(page.locator("[data-device-panel]")).to_have_attribute("data-device-panel", "contact-11")
    page.get_by_role("searchbox").fill("nothing is called so")
    expect(page.locator(".devices .empty")).to_have_text("No device fits what you typed.")


def test_every_health_has_its_word_and_shape(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="devices", role="operator")
    expect(row(page, "air-3")).to_contain_text("silent")
    page.locator("[data-only=silent]").click()
    expect(row(page, "air-3")).to_be_visible()
    expect(page.locator("tr[data-device][data-health=ok]")).to_have_count(0)
    expect(row(page, "air-3").locator(".health svg path")).to_have_count(1)
