"""The HTML: one file, no script, no address, every text escaped, charts inside."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline.reports.clinician.html import render_html, render_html_body, report_style
from support.made_reports import PICTURE, WORDS, made_report

_VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its tags, its attributes, its text; tags that don't close are a mistake."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert tag == self.open.pop(), tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("word", WORDS)
def test_no_text_becomes_markup(word):
    """Names, titles, notes, devices, contacts: read as they were written, never as tags."""
    page = Page(render_html(replace(made_report(3, "usual", word), runner_id=WORDS[word][:40])))
    assert [] == page.open
    assert "script" not in page.tags
    assert not any(name.startswith("on") for name, _ in page.attributes)


def test_nothing_is_fetched():
    """It works offline and tells nobody that it was opened: no address but those that name XML's own vocabularies."""
    page = Page(render_html(made_report(8)))
    for name, value in page.attributes:
        if name in ("href", "src", "xlink:href", "action", "data"):
            assert (value or "").startswith("#"), (name, value)
    assert "url(" not in report_style()
    assert "@import" not in report_style()
    assert any(value and "default-src 'none'" in value for _, value in page.attributes)


def test_the_charts_are_inside_with_their_description():
    """SVG in the page, and a sentence for those who don't see it."""
    report = made_report(8, "usual", "plain")
    text = render_html(report)
    assert text.count("<polyline") >= 1
    assert PICTURE.description in text


def test_a_name_can_not_turn_its_line():
    """Characters that reverse what stands after them are taken out."""
    text = render_html(replace(made_report(8, "usual", "plain"), runner_id="abc\u202edef\u2066"))
    assert not any(letter in text for letter in "\u202e\u2066")
    assert "abcdef" in text


def test_the_body_stands_alone_for_a_page_with_a_frame_of_its_own():
    """`gaitkeeper web` puts it into its own page."""
    body = render_html_body(made_report(8))
    assert "<html" not in body
    assert "Return-to-run report" in body


def test_it_prints_on_a4():
    """The style sheet has a page of its own for paper."""
    assert "@page { size: A4;" in report_style()
