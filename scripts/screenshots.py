"""Take the pictures of the pages for the README and the documentation, from a real `s4 demo`, into docs/images/.

.venv/bin/python scripts/screenshots.py

About three minutes: it waits until two incidents are open, one of them urgent, with measures proposed for it.
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.browser import DESK, PHONE, browser_at, login_link, signed_in  # noqa: E402
from tests.support.programs import find_chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 700_000  # a live picture does not pack well
PATIENCE_MS = 480_000
PAGES = {
    "cameras": ".tile [data-look=shown]",
    "devices": "tr[data-device]",
    "rules": ".list.rules :is([data-rule], .empty)",
}
"""Further pages, and what has to be on them before they are worth a picture."""


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("there is no Chromium on this machine; scripts/system-packages installs it", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="s4-pictures-") as folder:
        demo = start(Path(folder))
        try:
            link = login_link(Path(folder) / "data")
            with browser_at(chromium) as browser:
                take(browser.new_context(viewport=DESK, color_scheme="dark", reduced_motion="reduce"), link)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
    return 0


def start(folder: Path) -> subprocess.Popen[bytes]:
    """The demo, three times as fast as life."""
    s4 = str(Path(sys.executable).with_name("s4"))
    options = ["--speed", "3", "--no-open", "--folder", str(folder), "--http-port", "0", "--mqtt-port", "0"]
    demo = subprocess.Popen([s4, "demo", *options], stdout=subprocess.DEVNULL)
    while not (folder / "data" / "running.json").exists():
        if demo.poll() is not None:
            raise RuntimeError("the demo did not start")
        time.sleep(0.2)
    return demo


def take(context: BrowserContext, link: str) -> None:
    """Both themes at the desk, the story on a phone, then the other pages."""
    page = signed_in(context, link)
    page.locator("[data-open-incidents] > li").nth(1).wait_for(timeout=PATIENCE_MS)
    urgent = page.locator("[data-open-incidents] [data-priority='1']").first
    urgent.wait_for(timeout=PATIENCE_MS)
    urgent.click()
    page.locator("[data-measure]").nth(1).wait_for(timeout=PATIENCE_MS)
    page.locator("[data-line=down]").wait_for(state="detached")
    page.evaluate("document.activeElement.blur()")
    keep(page, "page-dark")
    page.keyboard.press("d")
    keep(page, "page-light")
    page.keyboard.press("d")
    page.set_viewport_size(PHONE)
    keep(page, "page-phone")
    page.set_viewport_size(DESK)
    take_others(page)


def take_others(page: Page) -> None:
    """The pages of cameras, devices and rules, and one camera."""
    for name, there in PAGES.items():
        page.goto(f"{page.url.partition('#')[0]}#/{name}")
        page.locator(there).first.wait_for(timeout=PATIENCE_MS)
        keep(page, name)
    page.goto(f"{page.url.partition('#')[0]}#/cameras")
    page.locator(".tile a").first.click()
    page.locator(".camera-one [data-look=shown]").wait_for(timeout=PATIENCE_MS)
    keep(page, "camera")


def keep(page: Page, name: str) -> None:
    """Let the map come to rest, then write the picture."""
    page.wait_for_timeout(2500)
    png = smaller(page.screenshot())
    if len(png) > MOST_BYTES:
        raise RuntimeError(f"{name} has {len(png)} bytes; at most {MOST_BYTES}")
    (IMAGES / f"{name}.png").write_bytes(png)
    print(f"docs/images/{name}.png: {len(png) // 1000} kB")


def smaller(png: bytes) -> bytes:
    """The same picture, packed as hard as PNG can."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise RuntimeError("the browser gave no picture")
    packed = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    return min(png, packed, key=len)


if __name__ == "__main__":
    sys.exit(main())
