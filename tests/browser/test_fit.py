"""That everybody can use it: by tabbing, by touch on a phone, and by the rules that a machine can check (axe-core)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, EdgeStand, Stand, Window
from tests.support.browser import PHONE

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary)}`);
}"""


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


STATES: dict[str, Callable[[Page], Any]] = {
    "story": lambda page: None,
    "asking why": lambda page: page.locator("[data-action=reject]").first.click(),
    "sources": lambda page: page.keyboard.press("s"),
    "keys": lambda page: page.keyboard.press("?"),
    "search": lambda page: press(page, "/", *"ware"),
    "looking back": lambda page: press(page, "t", "Shift+ArrowLeft"),
}
FOCUS = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const ring = (who, part) => { const s = getComputedStyle(who, part);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
  const paper = one.closest(".sql-paper");
  return { name: one.tagName + "." + one.className, body: one === document.body,
    outline: ring(one, null) || ring(one, "::after") || (paper !== null && ring(paper, null)),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
}"""


def check(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN_AXE)
    return found


@pytest.fixture(autouse=True)
def axe() -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not there; make page fetches it")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_stands_in_anybodys_way(stand: Stand, window: Window, complaints: Complaints, theme: str) -> None:
    login = window(theme=theme, signed=False, bypass_csp=True)
    login.goto("/")
    login.get_by_label("Token").wait_for()
    found = {"login": check(login)}
    assert all("401" in one for one in complaints), complaints
    complaints.clear()
    page = window(theme=theme, bypass_csp=True)
    found["quiet"] = check(page)
    stand.force()
    page.locator("[data-open-incidents] [data-incident]").click()
    page.locator("[data-measure]").first.wait_for()
    for name, go in STATES.items():
        go(page)
        page.wait_for_timeout(150)
        found[name] = check(page)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    wrong = [f"{state}: {words}" for state, all_ in found.items() for words in all_]
    assert not wrong, "\n".join(wrong)


EDGE_STATES: dict[str, tuple[str, Callable[[Page], Any]]] = {
    "cameras": ("cameras", lambda page: page.locator("[data-camera]").first.wait_for()),
    "drawing": ("cameras/cam-quay", lambda page: page.locator("[data-action=draw-zone]").click()),
    "devices": ("devices", lambda page: page.locator("tr[data-device]").first.wait_for()),
    "letting in": ("devices", lambda page: page.locator("[data-action=let-in]").first.click()),
    "a device": ("devices/air-1", lambda page: page.locator("[data-series] canvas").first.wait_for()),
    "maintenance": ("devices/air-1", lambda page: page.locator("[data-action=maintain]").click()),
    "no device": ("devices/nobody", lambda page: page.get_by_text("There is no device nobody.").wait_for()),
    "a rule": ("rules/stuffy", lambda page: page.locator("[data-checked=true]").wait_for()),
    "a mistake": ("rules/+", lambda page: page.locator("[data-sql]").fill("SELECT x FROM y")),
    "completing": ("rules/+", lambda page: page.locator("[data-sql]").press("Control+ ")),
    "a trial": ("rules/stuffy", lambda page: page.locator("[data-try=hour]").click()),
    "saving": ("rules/stuffy", lambda page: page.locator("[data-action=remove-rule]").click()),
}


@pytest.mark.parametrize("theme", [pytest.param("dark", marks=pytest.mark.slow), "light"])
def test_nothing_stands_in_anybodys_way_at_the_edge(edge: EdgeStand, edge_window: Window, theme: str) -> None:
    edge.devices.appear("stranger-3")
    wrong = []
    page = edge_window(at="devices", role="admin", theme=theme, bypass_csp=True)
    for state, (address, go) in EDGE_STATES.items():
        page.goto(f"/#/{address}")
        page.reload()
        go(page)
        page.wait_for_timeout(700)
        wrong += [f"{state}: {words}" for words in check(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("address", ["devices/air-1", "rules/stuffy"])
def test_whoever_tabs_at_the_edge_sees_where_they_are(edge: EdgeStand, edge_window: Window, address: str) -> None:
    page = edge_window(at=address, role="admin")
    page.locator("[data-device-panel] .value, [data-checked=true]").first.wait_for()
    names = []
    for _ in range(30):
        page.keyboard.press("Tab")
        spot = page.evaluate(FOCUS)
        if spot["body"]:
            break
        names.append(spot["name"])
        assert spot["outline"], spot
        assert spot["seen"], spot
    assert len(names) >= 15


def test_whoever_tabs_sees_where_they_are(stand: Stand, window: Window) -> None:
    page = window()
    stand.force()
    page.locator("[data-open-incidents] [data-incident]").click()
    page.locator("[data-measure]").first.wait_for()
    page.locator("body").evaluate("body => document.activeElement.blur()")
    names = []
    for _ in range(30):
        page.keyboard.press("Tab")
        spot = page.evaluate(FOCUS)
        if spot["body"]:
            break
        names.append(spot["name"])
        assert spot["outline"], spot
        assert spot["seen"], spot
    assert len(names) >= 15


def test_a_phone_shows_one_part_at_a_time_and_never_scrolls_sideways(stand: Stand, window: Window) -> None:
    page = window(PHONE, has_touch=True, is_mobile=True)
    name = stand.force()
    rooms = page.locator(".room-tabs")
    row = page.locator("[data-open-incidents] [data-incident]")
    expect(row).to_contain_text(name)
    for room in ("Incidents", "Map", "Story"):
        rooms.get_by_role("button", name=room).tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], room
    rooms.get_by_role("button", name="Incidents").tap()
    row.tap()
    story = page.locator("main#story")
    expect(story.get_by_role("heading", level=2)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    do = story.locator("[data-action=approve]").first
    box = do.bounding_box()
    assert box
    assert box["height"] >= 44
    do.tap()
    expect(story.locator("[data-command]")).to_have_count(1)
