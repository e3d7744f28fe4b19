"""The page of rules: one is written with a mistake, mended, tried, saved, undone; all by somebody who may."""

import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.browser.edge.conftest import EdgeStand, Sit

GOOD = """SELECT source, avg(value) AS mean FROM readings
WHERE property = "co2" GROUP BY source, TUMBLINGWINDOW(ss, 2) HAVING avg(value) > 100"""


def begin(page: Page, name: str) -> Locator:
    page.locator("[data-new-rule]").click()
    page.locator("[data-rule-name]").fill(name)
    return page.locator("[data-sql]")


def rules(edge: EdgeStand) -> set[str]:
    return {one["id"] for one in edge.api.get("/api/rules").raise_for_status().json()}


def until(edge: EdgeStand, name: str, *, there: bool) -> None:
    deadline = time.monotonic() + 60
    while (name in rules(edge)) != there:
        assert time.monotonic() < deadline, rules(edge)
        time.sleep(0.3)


def test_a_mistake_is_underlined_where_it_is_and_goes_when_it_is_mended(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="rules", role="supervisor")
    sql = begin(page, "mended")
    sql.fill("SELECT source, bogus(value) AS mean\nFROM readings\nWHERE value > 'x' AND")
    wrong = page.locator("[data-problem=sql]")
    expect(wrong.first).to_contain_text(re.compile(r"line \d+, column \d+"))
    sql.fill("SELECT source,\n  bogus(value) AS mean FROM readings")
    expect(wrong).to_contain_text("line 2, column 3")
    expect(page.locator(".sql-wrong")).to_have_text("bogus")
    expect(sql).to_have_attribute("aria-invalid", "true")
    wrong.get_by_role("button").click()
    assert sql.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == "bogus"
    page.keyboard.type("abs")
    expect(page.locator(".sql-wrong")).to_have_count(0)
    expect(page.locator(".verdict")).to_contain_text("Nothing is wrong with it.")
    page.locator(".explain summary").click()
    expect(page.locator(".explain pre")).to_contain_text("readings")


def test_what_is_typed_is_completed_from_the_language_and_the_city(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="rules", role="supervisor")
    sql = begin(page, "completed")
    sql.fill("")
    sql.press_sequentially("SELECT source, val")
    offers = page.locator(".offers [role=option]")
    expect(offers.first).to_contain_text("value")
    page.keyboard.press("Enter")
    sql.press_sequentially(" FROM rea")
    expect(offers).to_have_count(1)
    page.keyboard.press("Enter")
    sql.press_sequentially(' WHERE property = "temp')
    expect(offers).to_have_text([re.compile("temperature")])
    page.keyboard.press("Enter")
    sql.press_sequentially('"')
    assert sql.input_value() == 'SELECT source, value FROM readings WHERE property = "temperature"'
    expect(offers).to_have_count(0)


def test_a_rule_is_tried_saved_runs_and_is_undone(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="rules", role="supervisor")
    begin(page, "air-high").fill(GOOD)
    says = page.locator("[data-says]")
    says.fill("High: {nothing} ppm")
    expect(page.locator("[data-problem='detection.text']")).to_contain_text("{nothing}")
    expect(page.locator("[data-action=save-rule]")).to_be_disabled()
    says.fill("High: ")
    page.get_by_role("button", name="{mean}").click()
    expect(says).to_have_value("High: {mean}")
    page.locator("[data-try=hour]").click()
    trial = page.locator("[data-trial]")
    expect(trial).to_contain_text("air-1")
    assert int(trial.get_attribute("data-trial") or 0) > 0
    expect(trial.get_by_role("img")).to_have_accessible_name(re.compile(r"over the last hour: [\d,]+ rows?"))
    assert "air-high" not in rules(edge)

    page.locator("[data-action=save-rule]").click()
    page.keyboard.type("The halls are full tonight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-undo=save]")).to_contain_text("air-high is saved")
    expect(page.locator("[data-rule-editor='air-high']")).to_be_visible()
    until(edge, "air-high", there=True)
    said = edge.api.get("/api/audit", params={"target": "air-high"}).json()
    assert [(one["actor"], one["reason"]) for one in said] == [("supervisor", "The halls are full tonight")]
    counts = page.locator("[data-rule='air-high']")
    expect(counts).to_contain_text(re.compile(r"[1-9]\d* put out"), timeout=60_000)

    page.locator("[data-action=undo-rule]").click()
    expect(page.locator("[data-undo=undo]")).to_contain_text("as it was before")
    expect(page.locator("[data-rule='air-high']")).to_have_count(0)
    until(edge, "air-high", there=False)


def test_a_rule_of_the_file_is_changed_taken_away_and_put_back(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="rules/stuffy", role="admin")
    page.get_by_label("What it is for").fill("Nobody can breathe")
    expect(page.locator("[data-rule=stuffy]")).to_contain_text("not saved")
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_label("What it is for")).to_have_value("The air in the halls is bad")
    page.locator("[data-action=remove-rule]").click()
    page.keyboard.type("Too many alarms")
    page.keyboard.press("Enter")
    expect(page.locator("[data-undo=remove]")).to_contain_text("stuffy is taken away")
    until(edge, "stuffy", there=False)
    page.locator("[data-action=undo-rule]").click()
    expect(page.locator("[data-rule=stuffy]")).to_be_visible()
    until(edge, "stuffy", there=True)


def test_whoever_may_not_write_sees_and_is_told_who_may(edge: EdgeStand, sit: Sit) -> None:
    page = sit(at="rules/stuffy", role="operator")
    expect(page.locator("[data-rule-editor]")).to_contain_text("Only a supervisor or an administrator writes rules.")
    expect(page.locator("[data-sql]")).to_have_attribute("readonly", "")
    expect(page.locator("[data-new-rule], [data-action=save-rule], [data-try]")).to_have_count(0)
