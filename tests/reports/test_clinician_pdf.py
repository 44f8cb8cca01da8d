"""The PDF, looked at as a reader would: one page and an appendix, nothing cut, no empty boxes, right in A4 and grey."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from pipeline.reports.clinician import pdf as pdf_module
from pipeline.reports.clinician.pdf import render_pages, render_pdf
from support import pdf_check
from support.made_reports import WORDS, made_report
from support.report_check import faults_of

KINDS = ("usual", "one_run", "no_run", "red", "no_stage", "withheld")


@pytest.mark.parametrize("word", WORDS)
def test_whatever_people_write_fits_and_is_shown(word):
    """Emoji, right to left, a word of 400 letters, markup: one page, nothing cut, no empty box."""
    assert [] == faults_of(made_report(3, "usual", word))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_report_fits(kind):
    """One run, no run, a red flag, no stage, sessions left out."""
    assert [] == faults_of(made_report(30 + KINDS.index(kind), kind, "long"), look_for_tofu=False)


def test_sixty_weeks_fit():
    """Two hundred runs are one page and an appendix that lists them."""
    report = made_report(0, "sixty_weeks", "plain")
    assert [] == faults_of(report, look_for_tofu=False)
    assert "All runs of these days" in " ".join(pdf_check.texts(render_pdf(report)))


def test_the_check_for_empty_boxes_finds_one(monkeypatch):
    """A check that can't fail is none: a letter let through unshown is seen."""
    monkeypatch.setattr(pdf_module, "showable", lambda text: text)
    report = replace(made_report(1, "usual", "plain"), runner_id="走")
    assert 0 < sum(pdf_check.tofu_in(page) for page in render_pages(report))
    assert any("empty boxes" in fault for fault in faults_of(report))


def test_the_check_for_cut_text_finds_it(monkeypatch):
    """A word that can't be broken runs over the edge, and is seen."""
    monkeypatch.setattr(pdf_module, "showable", lambda text: text)
    report = made_report(12, "usual", "long")
    assert any("'x' at" in fault for fault in faults_of(report, look_for_tofu=False))


def test_the_same_report_gives_the_same_bytes():
    """No clock and no chance: a report can be held against the one that was sent."""
    assert render_pdf(made_report(8)) == render_pdf(made_report(8))


def test_no_network_and_no_system_font_is_asked(monkeypatch):
    """The same picture on a machine without fonts and without a network."""
    monkeypatch.setattr(socket, "socket", None)
    families = set(pdf_module._fonts().families())
    assert all(name.startswith("Noto Sans") for name in families)
    assert render_pdf(made_report(8)).startswith(b"%PDF-")


def test_grey_print_keeps_the_contrast():
    """Every colour of letters is 4.5 : 1 on white as a grey, and the drawn page is not told by colour alone."""
    report = made_report(5, "red", "plain")
    contrasts = pdf_check.grey_contrast(render_pdf(report))
    assert contrasts
    assert 4.5 <= contrasts[0][0], contrasts


def test_a_red_flag_is_told_apart_without_colour():
    """In grey, the frame of a reported red flag is far heavier than that of none."""
    red, none = (made_report(5, kind, "plain") for kind in ("red", "usual"))
    none = replace(none, red_flags=(), findings=[f for f in none.findings if f["outcome"] != "contact_clinician"])
    dark = []
    for report in (red, none):
        picture = pdf_check.drawn(render_pdf(report)).convert("L")
        dots_per_mm = picture.width / 210
        edge = picture.crop(
            (int(13 * dots_per_mm), int(15 * dots_per_mm), int(15 * dots_per_mm), int(40 * dots_per_mm))
        )
        dark.append(sum(edge.histogram()[:120]))
    assert dark[0] > 2 * dark[1] + 20, dark


def test_markup_stays_text():
    """What looks like typst, HTML or a template is read as it was written."""
    page = pdf_check.texts(render_pdf(made_report(3, "usual", "typst")))[0]
    assert '#panic("x")' in page
    assert "#image(" in " ".join(pdf_check.texts(render_pdf(made_report(3, "usual", "typst"))))


def test_right_to_left_names_stand_whole():
    """Hebrew and Arabic have letters of their own in the PDF."""
    page = pdf_check.texts(render_pdf(replace(made_report(8, "usual", "plain"), runner_id="רון שלום")))[0]
    assert all(letter in page for letter in "רון")


@pytest.mark.parametrize("word", ["plain", "emoji", "mixed", "symbols", "control", "zalgo"])
def test_a_screen_reader_can_follow_it(word):
    """PDF/UA-1, whatever people write: typst refuses the mark where a chart has no words or a letter no glyph."""
    assert b"pdfuaid:part" in render_pdf(made_report(3, "usual", word))


def test_the_page_is_a4():
    """210 by 297 mm, every page."""
    pdf = render_pdf(made_report(8))
    assert [] == pdf_check.outside(pdf, 0)
