"""What an operator does with an incident: it comes, is read, decided, undone and closed, by mouse and by key."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand, Window


def choose(page: Page, name: str) -> None:
    """Wait for the incident in the list and open it."""
    page.locator("[data-open-incidents] [data-incident]", has_text=name).click()


def test_a_forced_door_comes_by_mqtt_and_stands_in_list_map_and_story(stand: Stand, window: Window) -> None:
    page = window()
    expect(page.locator("[data-quiet]")).to_contain_text("All quiet")
    name = stand.force()
    row = page.locator("[data-open-incidents] [data-incident]")
    expect(row).to_contain_text(f"Door forced, {name}")
    expect(row).to_contain_text("unseen")
    expect(page.locator("[data-threat]")).not_to_have_attribute("data-threat", "normal")
    number = row.get_attribute("data-incident")
    marker = page.locator(f"[data-marker='{number}']")
    expect(marker).to_be_in_viewport()
    marker.click()
    story = page.locator("main#story")
    expect(story).to_have_attribute("data-story", str(number))
    expect(story.get_by_role("heading", level=2)).to_contain_text(f"Door forced, {name}")
    for part in ("Story", "Risk", "Do"):
        expect(story.get_by_role("heading", name=part, exact=True)).to_be_visible()
    expect(story).to_contain_text(re.compile(r"\d+ % \(\d+–\d+\)"))
    expect(story).to_contain_text("people exposed")
    expect(story.locator("[data-measure]").first).to_contain_text("risk")


def test_a_measure_goes_to_the_device_and_is_done_when_the_device_says_so(stand: Stand, window: Window) -> None:
    page = window()
    name = stand.force()
    choose(page, name)
    gate = name.replace("Warehouse", "Gate")
    page.locator("[data-measure]", has_text=f"Close {gate}").locator("[data-action=approve]").click()
    command = page.locator("[data-command]", has_text=f"Close {gate}")
    expect(command).to_have_attribute("data-state", "done")
    expect(command).to_contain_text("✓ sent")
    expect(command).to_contain_text("✓ done")
    ((action, order),) = stand.devices.obeyed
    assert (action, order["command"]) == ("gate_close", command.get_attribute("data-command"))

    page.keyboard.press("u")
    undone = page.locator("[data-command]", has_text=f"Undone: Close {gate}")
    expect(undone).to_have_attribute("data-state", "done")
    assert stand.devices.obeyed[-1][1]["command"] == undone.get_attribute("data-command")


def test_a_device_that_refuses_is_shown_with_its_reason(stand: Stand, window: Window) -> None:
    page = window()
    stand.devices.refuse = "Something stands in the way"
    name = stand.force()
    choose(page, name)
    page.locator("[data-measure]", has_text="Close Gate").locator("[data-action=approve]").click()
    command = page.locator("[data-command]", has_text="Close Gate")
    expect(command).to_have_attribute("data-state", "failed")
    expect(command).to_contain_text("Something stands in the way")


def test_saying_no_needs_a_reason(stand: Stand, window: Window) -> None:
    page = window()
    choose(page, stand.force())
    patrol = page.locator("[data-measure]", has_text="Patrol B1")
    patrol.locator("[data-action=reject]").click()
    send = patrol.locator("form").get_by_role("button", name="Not this")
    expect(send).to_be_disabled()
    patrol.get_by_label("Why not?").fill("   ")
    expect(send).to_be_disabled()
    patrol.get_by_label("Why not?").fill("B1 guards the stage.")
    page.keyboard.press("Enter")
    expect(patrol).to_have_count(0)
    line = page.locator("[data-command]", has_text="Rejected")
    expect(line).to_contain_text("“B1 guards the stage.”")
    expect(line).to_contain_text("Patrol B1")


def test_all_of_it_by_keys(stand: Stand, window: Window) -> None:
    page = window()
    names = {stand.force(), stand.force()}
    rows = page.locator("[data-open-incidents] [data-incident]")
    expect(rows).to_have_count(2)
    order = rows.evaluate_all("rows => rows.map(row => row.dataset.incident)")
    story = page.locator("main#story")
    for key, shown in (("j", 0), ("j", 1), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        expect(story).to_have_attribute("data-story", order[shown])
    page.keyboard.press("a")
    expect(page.locator(f"[data-incident='{order[0]}']")).to_have_attribute("data-state", "acknowledged")
    first = page.locator("[data-measure]").first
    title = first.locator(".measure-title").inner_text()
    page.keyboard.press("1")
    expect(page.locator("[data-command]", has_text=title)).to_be_visible()
    page.keyboard.press("k")  # what nobody has seen stands first by now
    expect(story).to_have_attribute("data-story", order[1])
    expect(page.locator("[data-command]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("[data-command]")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("warehouse door 23")
    expect(page.get_by_role("button", name="Warehouse door 23")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(len(names))


def test_an_incident_is_closed_with_a_reason_and_stays_in_the_list_below(stand: Stand, window: Window) -> None:
    page = window()
    name = stand.force()
    choose(page, name)
    page.keyboard.press("c")
    page.keyboard.type("The caretaker lost the key.")
    page.keyboard.press("Enter")
    expect(page.locator("[data-open-incidents] [data-incident]")).to_have_count(0)
    expect(page.locator("[data-quiet]")).to_contain_text("All quiet")
    page.locator("summary", has_text="Closed").click()
    expect(page.locator(".closed-list [data-incident]", has_text=name)).to_be_visible()
    expect(page.locator("main#story")).to_contain_text("“The caretaker lost the key.”")


def test_two_operators_see_the_same(stand: Stand, window: Window) -> None:
    one, other = window(), window(theme="light")
    name = stand.force()
    choose(one, name)
    one.keyboard.press("a")
    row = other.locator("[data-open-incidents] [data-incident]", has_text=name)
    expect(row).to_have_attribute("data-state", "acknowledged")
    choose(other, name)
    other.locator("[data-action=approve]").first.click()
    expect(one.locator("[data-command]")).to_have_count(1)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_page_starts_in_the_look_that_the_machine_asks_for_and_changes_it(window: Window, theme: str) -> None:
    page = window(theme=theme)
    root, other = page.locator("html"), {"dark": "light", "light": "dark"}[theme]
    expect(root).to_have_attribute("data-theme", theme)
    page.keyboard.press("d")
    expect(root).to_have_attribute("data-theme", other)
    page.reload()
    expect(root).to_have_attribute("data-theme", other)
