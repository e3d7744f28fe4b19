"""What an operator does with an incident: it comes, is read, decided, undone and closed, by mouse and by key."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand, Window
from tests.browser.windows import Look


def choose(page: Page, name: str) -> None:
    """Wait for the incident in the list and open it."""
    page.locator("[data-open-incidents] [data-incident]", has_text=name).click()


def test_a_forced_door_comes_by_mqtt_and_stands_in_list_map_and_story(stand: Stand, desk: Page) -> None:
    expect(desk.locator("[data-quiet]")).to_contain_text("All quiet")
    name = stand.force()
    row = desk.locator("[data-open-incidents] [data-incident]")
    expect(row).to_contain_text(f"Door forced, {name}")
    expect(row).to_contain_text("unseen")
    expect(desk.locator("[data-threat]")).not_to_have_attribute("data-threat", "normal")
    number = row.get_attribute("data-incident")
    desk.get_by_role("button", name="Whole city").click()
    marker = desk.locator(f"[data-marker='{number}']")
    expect(marker).to_be_in_viewport()
    marker.click()
    story = desk.locator("main#story")
    expect(story).to_have_attribute("data-story", str(number))
    expect(story.get_by_role("heading", level=2)).to_contain_text(f"Door forced, {name}")
    for part in ("Story", "Risk", "Do"):
        expect(story.get_by_role("heading", name=part, exact=True)).to_be_visible()
    expect(story).to_contain_text(re.compile(r"\d+% \(\d+–\d+\)"))
    expect(story).to_contain_text("people exposed")
    expect(story.locator("[data-measure]").first).to_contain_text("risk")


def test_a_measure_goes_to_the_device_and_is_done_when_the_device_says_so(stand: Stand, desk: Page) -> None:
    name = stand.force()
    choose(desk, name)
    gate = name.replace("Warehouse", "Gate")
    desk.locator("[data-measure]", has_text=f"Close {gate}").locator("[data-action=approve]").click()
    command = desk.locator("[data-command]", has_text=f"Close {gate}")
    expect(command).to_have_attribute("data-state", "done")
    expect(command).to_contain_text("✓ sent")
    expect(command).to_contain_text("✓ done")
    ((action, order),) = stand.devices.obeyed
    assert (action, order["command"]) == ("gate_close", command.get_attribute("data-command"))

    desk.keyboard.press("u")
    undone = desk.locator("[data-command]", has_text=f"Undone: Close {gate}")
    expect(undone).to_have_attribute("data-state", "done")
    assert stand.devices.obeyed[-1][1]["command"] == undone.get_attribute("data-command")


def test_a_device_that_refuses_is_shown_with_its_reason(stand: Stand, desk: Page) -> None:
    stand.devices.refuse = "Something stands in the way"
    name = stand.force()
    choose(desk, name)
    desk.locator("[data-measure]", has_text="Close Gate").locator("[data-action=approve]").click()
    command = desk.locator("[data-command]", has_text="Close Gate")
    expect(command).to_have_attribute("data-state", "failed")
    expect(command).to_contain_text("Something stands in the way")


def test_saying_no_needs_a_reason(stand: Stand, desk: Page) -> None:
    choose(desk, stand.force())
    patrol = desk.locator("[data-measure]", has_text="Patrol B1")
    patrol.locator("[data-action=reject]").click()
    send = patrol.locator("form").get_by_role("button", name="Not this")
    expect(send).to_be_disabled()
    patrol.get_by_label("Why not?").fill("   ")
    expect(send).to_be_disabled()
    patrol.get_by_label("Why not?").fill("B1 guards the stage.")
    desk.keyboard.press("Enter")
    expect(patrol).to_have_count(0)
    line = desk.locator("[data-command]", has_text="Rejected")
    expect(line).to_contain_text("“B1 guards the stage.”")
    expect(line).to_contain_text("Patrol B1")


def test_all_of_it_by_keys(stand: Stand, desk: Page) -> None:
    names = {stand.force(), stand.force()}
    rows = desk.locator("[data-open-incidents] [data-incident]")
    expect(rows).to_have_count(2)
    order = rows.evaluate_all("rows => rows.map(row => row.dataset.incident)")
    story = desk.locator("main#story")
    for key, shown in (("j", 0), ("j", 1), ("j", 1), ("k", 0)):
        desk.keyboard.press(key)
        expect(story).to_have_attribute("data-story", order[shown])
    desk.keyboard.press("a")
    expect(desk.locator(f"[data-incident='{order[0]}']")).to_have_attribute("data-state", "acknowledged")
    first = desk.locator("[data-measure]").first
    title = first.locator(".measure-title").inner_text()
    desk.keyboard.press("1")
    expect(desk.locator("[data-command]", has_text=title)).to_be_visible()
    desk.keyboard.press("k")  # what nobody has seen stands first by now
    expect(story).to_have_attribute("data-story", order[1])
    expect(desk.locator("[data-command]")).to_have_count(0)
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-command]")).to_have_count(1)
    desk.keyboard.press("?")
    expect(desk.get_by_role("heading", name="Keys")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    expect(desk.get_by_role("searchbox")).to_be_focused()
    desk.keyboard.type("warehouse door 23")
    expect(desk.get_by_role("button", name="Warehouse door 23")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(rows).to_have_count(len(names))


def test_an_incident_is_closed_with_a_reason_and_stays_in_the_list_below(stand: Stand, desk: Page) -> None:
    name = stand.force()
    choose(desk, name)
    desk.keyboard.press("c")
    desk.keyboard.type("The caretaker lost the key.")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-open-incidents] [data-incident]")).to_have_count(0)
    expect(desk.locator("[data-quiet]")).to_contain_text("All quiet")
    desk.locator("summary", has_text="Closed").click()
    expect(desk.locator(".closed-list [data-incident]", has_text=name)).to_be_visible()
    expect(desk.locator("main#story")).to_contain_text("“The caretaker lost the key.”")


def test_two_operators_see_the_same(stand: Stand, desk: Page, window: Window) -> None:
    one, other = desk, window(Look(theme="light"))
    name = stand.force()
    choose(one, name)
    one.keyboard.press("a")
    row = other.locator("[data-open-incidents] [data-incident]", has_text=name)
    expect(row).to_have_attribute("data-state", "acknowledged")
    choose(other, name)
    measure = other.locator("[data-measure]").first
    title = measure.locator(".measure-title").inner_text()
    measure.locator("[data-action=approve]").click()
    expect(one.locator("[data-command]", has_text=title)).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_page_starts_in_the_look_that_the_machine_asks_for_and_changes_it(window: Window, theme: str) -> None:
    page = window(Look(theme=theme))
    root, other = page.locator("html"), {"dark": "light", "light": "dark"}[theme]
    expect(root).to_have_attribute("data-theme", theme)
    page.keyboard.press("d")
    expect(root).to_have_attribute("data-theme", other)
    page.reload()
    expect(root).to_have_attribute("data-theme", other)
