"""A real Chromium for the page: how it is started, and a person signed in at it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

ARGS = [
    "--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]  # fmt: skip
DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


@contextmanager
def browser_at(chromium: Path) -> Iterator[Browser]:
    """Chromium with the map drawn in software, so that it looks the same on every machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


def login_link(data: Path, name: str = "operator", role: str = "operator") -> str:
    """A new link for a person, as `s4 login` prints it."""
    s4 = str(Path(sys.executable).with_name("s4"))
    command = [s4, "login", "--user", name, "--role", role, "--data-dir", str(data)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return next(word for word in said.split() if "#token=" in word)


def signed_in(context: BrowserContext, link: str) -> Page:
    """The page as the person of that link sees it, once its map and its data are there."""
    page = context.new_page()
    page.goto(link)
    page.locator("[data-app][data-ready]").wait_for(timeout=60_000)
    return page
