"""Coming in: the link works once, its token leaves the address, the form does the same by hand."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Stand, Window
from tests.browser.windows import Complaints


def test_the_link_signs_in_once_and_its_token_leaves_the_address(
    stand: Stand, window: Window, complaints: Complaints
) -> None:
    link = stand.link()
    page = window(signed=False)
    page.goto(link)
    expect(page.locator("[data-app]")).to_be_visible()
    assert page.url == f"{stand.town.http}/"
    assert page.evaluate("history.length") <= 2, "going back must not bring the token back"
    page.reload()
    expect(page.locator("[data-app]")).to_be_visible()

    other = window(signed=False)
    other.goto(link)
    expect(other.get_by_role("alert")).to_contain_text("That did not work")
    assert "token" not in other.url
    assert all("401" in one or "403" in one for one in complaints), complaints
    complaints.clear()


def test_signing_in_by_hand_and_out_again(stand: Stand, window: Window, complaints: Complaints) -> None:
    page = window(signed=False)
    page.goto("/")
    page.get_by_label("Token").fill("not the token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("That did not work: .+"))
    page.get_by_label("Token").fill(stand.link().partition("#token=")[2])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("[data-app]")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()
    assert all("401" in one or "403" in one for one in complaints), complaints
    complaints.clear()
