"""The journal's view: trends, sessions by day, one session, before and after, and deletion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.browser.diary import write_diary

LAST = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def diary(server, journal):
    write_diary(server.service.settings.journal, LAST, weeks=4, readings=2)
    return journal


def test_trends_sessions_and_a_comparison_are_drawn_with_their_numbers(visit, diary):
    page = visit("#journal")
    page.locator(".columns .column").first.wait_for()
    days = page.locator(".columns .column").count()
    assert days == len(diary.trends("day"))
    page.get_by_text("As a table").click()
    assert page.locator("#journal-body tbody tr").count() == days
    for name, by in (("Weeks", "week"), ("Months", "month"), ("Time of day", "hour-of-day")):
        page.get_by_role("button", name=name).click()
        page.wait_for_function(
            f"() => document.querySelectorAll('.columns .column').length === {len(diary.trends(by))}"
        )
    # one expression alone: one part a column, on a scale of its own
    page.locator(".legend").get_by_role("button", name="happy").click()
    assert page.locator(".columns .column").first.locator("rect").count() == 2

    assert page.locator("a.session").count() == 12
    page.get_by_role("button", name="Show 12 more").click()
    page.wait_for_function("() => document.querySelectorAll('a.session').length === 24")
    page.fill("#filter-tag", "quiet")
    page.keyboard.press("Tab")
    quiet = diary.sessions(tag="quiet").total
    page.wait_for_function(f"() => document.querySelectorAll('a.session').length === {min(quiet, 12)}")

    page.get_by_role("button", name="Compare").click()
    page.locator(".chart .point").first.wait_for()
    row = page.locator("tr", has=page.locator("th", has_text="happy")).last.inner_text()
    assert "+" in row
    assert "more than before" in row or "no difference" in row


def test_a_session_gets_a_title_tags_and_notes(visit, diary):
    page = visit("#journal")
    page.locator("a.session").first.click()
    page.get_by_role("button", name="Change the title").click()
    page.fill("#session-title-input", "<b>Evening</b>")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('session-page-title').textContent === '<b>Evening</b>'")
    page.fill("#new-tag", "<i>rain</i>")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take the tag “<i>rain</i>” away").wait_for()
    page.fill("#new-note", "<script>broken.push(1)</script>")
    page.keyboard.press("Enter")
    page.get_by_text("<script>broken.push(1)</script>").wait_for()
    (session,) = [one for one in diary.sessions().rows if one.title == "<b>Evening</b>"]
    assert "<i>rain</i>" in session.tags
    assert [note.text for note in diary.notes(session.id)] == ["<script>broken.push(1)</script>"]

    page.get_by_role("button", name="Take the tag “<i>rain</i>” away").click()
    page.get_by_role("button", name="Delete the note").click()
    page.get_by_text("There is no note yet.").wait_for()
    assert diary.notes(session.id) == []
    page.locator(".plot").first.focus()
    page.keyboard.press("End")
    assert "%" in page.locator(".plot").first.get_attribute("aria-valuetext")
    page.get_by_role("button", name="Delete this session").click()
    page.click("#confirm button[value=yes]")
    page.locator("a.session").first.wait_for()
    assert session.id not in {one.id for one in diary.sessions(limit=500).rows}


def test_a_range_of_days_is_deleted_and_the_journal_exported(visit, diary, tmp_path):
    page = visit("#journal")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export as CSV").click()
    coming.value.save_as(tmp_path / "journal.csv")
    assert len((tmp_path / "journal.csv").read_text().splitlines()) > 100
    until = LAST - timedelta(days=7)
    kept = diary.sessions(since=until + timedelta(days=1), limit=500).total
    page.fill("#delete-since", "2020-01-01")
    page.fill("#delete-until", until.isoformat())
    page.get_by_role("button", name="Delete these days").click()
    page.click("#confirm button[value=yes]")
    page.wait_for_function(f"() => document.querySelector('.totals dd').textContent === '{kept}'")
    assert diary.contents().sessions == kept > 0


def test_a_session_that_is_not_there_is_told(visit, journal):
    page = visit("#journal/0123456789abcdef0123456789abcdef")
    page.locator("#journal-body .trouble").wait_for()
    assert "0123456789abcdef" in page.locator("#journal-body .trouble").inner_text()
