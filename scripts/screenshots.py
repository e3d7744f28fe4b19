"""Take the pictures of the page for the README and the documentation, from a real `s4 demo`, into docs/images/.

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

from tests.support.browser import DESK, browser_at, login_link, signed_in  # noqa: E402
from tests.support.programs import find_chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 250_000
PATIENCE_MS = 480_000
SHARP, FAIR = 101, 85
"""WebP's quality: without any loss, for lines and letters; good, for pictures of cameras."""


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
    """Both themes of the picture at the desk, then the wall of cameras."""
    page = signed_in(context, link)
    page.locator("[data-open-incidents] > li").nth(1).wait_for(timeout=PATIENCE_MS)
    urgent = page.locator("[data-open-incidents] [data-priority='1']").first
    urgent.wait_for(timeout=PATIENCE_MS)
    urgent.click()
    page.locator("[data-measure]").nth(1).wait_for(timeout=PATIENCE_MS)
    page.locator("[data-line=down]").wait_for(state="detached")
    page.evaluate("document.activeElement.blur()")
    keep(page, "page-dark", SHARP)
    page.keyboard.press("d")
    keep(page, "page-light", SHARP)
    page.keyboard.press("d")
    page.goto(f"{page.url.partition('#')[0]}#/cameras")
    page.locator(".tile:last-child [data-look=shown]").wait_for(timeout=PATIENCE_MS)
    keep(page, "cameras", FAIR)


def keep(page: Page, name: str, quality: int) -> None:
    """Let the map come to rest, then write the picture."""
    page.wait_for_timeout(2500)
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise RuntimeError("the browser gave no picture")
    packed = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
    if len(packed) > MOST_BYTES:
        raise RuntimeError(f"{name} has {len(packed)} bytes; at most {MOST_BYTES}")
    (IMAGES / f"{name}.webp").write_bytes(packed)
    print(f"docs/images/{name}.webp: {len(packed) // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
