"""Windows of the page. What its console says is kept, and must be nothing in the end."""

from dataclasses import dataclass, field

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, ViewportSize

from tests.support.browser import DESK
from tests.support.city import Town

STEP_MS, OPEN_MS = 40_000, 90_000
"""How long one step and one opening may take on a machine that has other things to do."""


class Complaints(list[str]):
    """What the page complained about on its console; a test that provokes some clears them."""

    def hear(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"{message.type}: {message.text}")


@dataclass(frozen=True)
class Look:
    """How a window looks: `touch` makes it a phone's."""

    size: ViewportSize = field(default_factory=lambda: DESK)
    theme: str = "dark"
    touch: bool = False


def open_window(browser: Browser, http: str, look: Look, state: StorageState | None, complaints: Complaints) -> Page:
    """A window of its own, still empty; whoever closes its context closes it."""
    context = browser.new_context(
        viewport=look.size, color_scheme="light" if look.theme == "light" else "dark", reduced_motion="reduce",
        storage_state=state, base_url=http, has_touch=look.touch, is_mobile=look.touch,
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(STEP_MS)
    complaints.hear(page)
    return page


def cookie_of(town: Town, user: str, secret: str) -> StorageState:
    """Somebody who has signed in by name and secret, as a browser keeps it."""
    with httpx.Client(base_url=town.http, headers={"X-S4": "1"}, timeout=60) as api:
        api.post("/api/session", json={"user": user, "secret": secret}).raise_for_status()
        ((name, value),) = api.cookies.items()
    kept = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1}
    return StorageState(cookies=[{**kept, "httpOnly": True, "secure": False, "sameSite": "Strict"}], origins=[])  # type: ignore[typeddict-item]


class Seats:
    """Pages that stay open over many tests, one for each person, as in a control room: to open one is what takes long.
    A page at which a test failed is opened anew for the next.
    """

    def __init__(self, browser: Browser, http: str, rest: str) -> None:
        """`rest`: where a page waits for whoever comes next, doing little."""
        self._browser, self._http, self._rest = browser, http, rest
        self._open: dict[str, tuple[Page, Complaints]] = {}
        self._taken: set[str] = set()

    def take(self, who: str, state: StorageState, at: str) -> Page:
        """This person's page, at an address."""
        if who not in self._open:
            complaints = Complaints()
            self._open[who] = open_window(self._browser, self._http, Look(), state, complaints), complaints
        self._taken.add(who)
        page, _ = self._open[who]
        page.goto(f"/#/{at}")
        page.locator("[data-app]").wait_for(timeout=OPEN_MS)
        return page

    def leave(self, *, failed: bool) -> list[str]:
        """Tidy up for whoever comes next; returns what the pages complained about."""
        said: list[str] = []
        for who in sorted(self._taken):
            page, complaints = self._open[who]
            said += complaints
            if failed or complaints:
                del self._open[who]
                page.context.close()
            else:
                tidy(page)
                page.goto(f"/#/{self._rest}")
        self._taken.clear()
        return said

    def close(self) -> None:
        """Close all of them."""
        for page, _ in self._open.values():
            page.context.close()
        self._open.clear()


def tidy(page: Page) -> None:
    """Nothing is asked, searched for, chosen or half written any more, and the page shows now."""
    for _ in range(3):
        page.keyboard.press("Escape")
    found = page.locator("[data-filter]")
    if found.is_visible() and found.input_value():
        found.fill("")
    for left in (page.locator("[data-only][aria-pressed=true]"), page.get_by_role("button", name="Discard changes")):
        if left.is_visible():
            left.click()
    page.evaluate("document.activeElement.blur()")
