"""Whether everybody can use a page, as far as a machine can say: axe-core's rules, tabbing, a narrow screen."""

from pathlib import Path

from playwright.sync_api import Page

from tests.support.browser import PHONE

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async (rules) => {
  const runOnly = rules ? { runOnly: { type: "rule", values: rules } } : {};
  const found = await axe.run(document, { resultTypes: ["violations"], ...runOnly });
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary)}`);
}"""
OF_COLOUR = ["color-contrast", "link-in-text-block"]
"""A theme changes nothing else."""
FOCUS = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const ring = (who, part) => { const s = getComputedStyle(who, part);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
  const paper = one.closest(".sql-paper");
  return { name: one.tagName + "." + one.className, body: one === document.body,
    outline: ring(one, null) || ring(one, "::after") || (paper !== null && ring(paper, null)),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
}"""
DRESS = "theme => { document.documentElement.dataset.theme = theme; }"


def faults(page: Page, axe: str, state: str) -> list[str]:
    """What axe-core finds serious or critical, in both themes, on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    before = page.locator("html").get_attribute("data-theme")
    found = []
    for theme, rules in (("dark", None), ("light", OF_COLOUR)):
        page.evaluate(DRESS, theme)
        found += [f"{state}, {theme}: {words}" for words in page.evaluate(RUN_AXE, rules)]
    page.evaluate(DRESS, before)
    return found


def tab_through(page: Page) -> None:
    """Tab on from the top: whoever has the cursor is in view and has a ring round it."""
    page.get_by_role("heading", level=1).click()
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


def scrolls_sideways(page: Page) -> bool:
    """Whether anything of the page is wider than a phone."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width > PHONE["width"]
