"""A text of ours as HTML: the same words, in paragraphs, lists and tables."""

from __future__ import annotations

from pipeline.reports.mail import blocks_of, render_mail

TEXT = """\
Week 2026-W15
Stage S2.

  Running   4 runs, 17 km
  Rehab     5 entries

  Day         Session     Sport    Verdict
  Mon 6 Apr   629730aa8d  running  within plan
  Tue 7 Apr   no session

Flagged: 1 session
  Fri 10 Apr, session 6a503e4d29
    outside plan: Time above the conversational ceiling, strides apart: 6:00 min, at
      most 60 s in S2
    outside plan: another

Limits of S2:
  Strides  2  ██      │      at most 6  within plan
"""


def told(text: str) -> list[tuple[str, list[tuple[str, ...]]]]:
    return [(block.kind, [line.cells for line in block.lines]) for block in blocks_of(text)]


def test_every_part_is_told_by_its_form():
    """Paragraphs, labels with values, a table whose rows may be short, lists within lists, a bar that holds spaces."""
    expected = [
        ("text", [("Week 2026-W15",), ("Stage S2.",)]),
        ("table", [("Running", "4 runs, 17 km"), ("Rehab", "5 entries")]),
        (
            "table",
            [
                ("Day", "Session", "Sport", "Verdict"),
                ("Mon 6 Apr", "629730aa8d", "running", "within plan"),
                ("Tue 7 Apr", "no session", "", ""),
            ],
        ),
        ("text", [("Flagged: 1 session",)]),
        (
            "list",
            [
                ("Fri 10 Apr, session 6a503e4d29",),
                ("outside plan: Time above the conversational ceiling, strides apart: 6:00 min, at most 60 s in S2",),
                ("outside plan: another",),
            ],
        ),
        ("text", [("Limits of S2:",)]),
        ("table", [("Strides", "2", "██\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0│", "at most 6", "within plan")]),
    ]
    assert expected == told(TEXT)
    assert [False, True, False] == [block.has_header for block in blocks_of(TEXT) if block.kind == "table"]


def test_markdown_of_the_flagged_report_is_read():
    """Headings, items, emphasis: without their marks."""
    assert [("heading", [("Flagged",)]), ("list", [("outside plan: more",)])] == told(
        "# Flagged\n\n- **outside plan**: more\n"
    )


def test_no_markup_of_anybody_gets_through():
    """Titles and notes are text in the heading, in cells and in paragraphs."""
    html = render_mail("<b>s</b>", "<i>p</i>\n\n  <u>a</u>  <u>b</u>\n\n  <s>l</s>\n")
    assert not any(tag in html for tag in ("<b>", "<i>", "<u>", "<s>"))
    assert 5 == html.count("&lt;/") - html.count("&lt;/b&gt;</title>")


def test_nothing_is_fetched_from_anywhere():
    """A mail tells nobody that it was read."""
    html = render_mail("s", TEXT)
    assert not any(word in html for word in ("http://", "https://", "src=", "url(", "<script"))
