"""HTML and PDF of one report."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.made_analysis import NO_FIGURES, made_analysis

from MTINetLib.findings import EnhancementCurve
from MTINetLib.inference.analysis import Analysis
from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.report.content import BANNER, ReportContent, report_content
from MTINetLib.report.cover import Cover
from MTINetLib.report.html import html_report
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.pdf import pdf_report
from MTINetLib.report.pdf_fonts import in_known_letters
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study


class References(HTMLParser):
    """Everything that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "data", "srcset")]


@pytest.fixture(scope="module")
def content(study: Study, analysis: Analysis) -> ReportContent:
    return report_content(study, analysis.findings, analysis.labels, None, LeftOut(Path()))


@pytest.fixture(scope="module")
def html(content: ReportContent) -> str:
    return html_report(content)


def test_the_page_loads_nothing(html: str) -> None:
    page = References()
    page.feed(html)
    assert page.found
    assert all(reference.startswith("data:image/png;base64,") for reference in page.found)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_small_signals_keep_their_figures(study: Study, analysis: Analysis) -> None:
    """Images scaled to values around 1 would otherwise be 0 or 1 in all rows."""

    def small(curve: EnhancementCurve) -> EnhancementCurve:
        return EnhancementCurve(*(tuple(value / 1e5 for value in four) for four in (curve.mean, curve.sd)))  # type: ignore[arg-type]

    lesions = [
        replace(lesion, measured_curve=small(lesion.measured_curve)) for lesion in analysis.findings.lesions
    ]
    findings = replace(analysis.findings, lesions=tuple(lesions))
    content = report_content(study, findings, analysis.labels, None, LeftOut(Path()))
    for block, lesion in zip(content.blocks, analysis.findings.lesions, strict=True):
        rows = {row[0]: row[1:] for row in block.signal_rows}
        for told, mean, sd in zip(
            rows["Lesion, mean ± SD"], lesion.measured_curve.mean, lesion.measured_curve.sd, strict=True
        ):
            shown = [float(number) for number in told.split(" ± ")]
            assert shown == pytest.approx([mean / 1e5, sd / 1e5], abs=max(lesion.measured_curve.mean) / 5e7)


def test_the_page_holds_the_figures_of_the_findings(html: str, analysis: Analysis) -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", html))
    for lesion in analysis.findings.lesions:
        assert f"{lesion.volume_ml:.1f} mL" in text
        assert f"{lesion.long_axis_mm:.0f} × {lesion.short_axis_mm:.0f} mm" in text
        for mean, sd in zip(lesion.measured_curve.mean, lesion.measured_curve.sd, strict=True):
            assert f"{mean:.0f} ± {sd:.0f}" in text
        washout = lesion.enhancement.washout_ratio_percent
        assert f"{washout[Phase.PORTAL_VENOUS]:.0f} / {washout[Phase.DELAYED]:.0f}" in text
    provenance = analysis.findings.provenance
    for words in (provenance.model_sha256, provenance.model_name, provenance.device, BANNER):
        assert words in text


def test_the_page_says_where_each_phase_came_from(html: str, study: Study) -> None:
    for source, time in zip(study.sources, study.times_s, strict=True):
        assert source.description in html
        assert evidence_in_words(source.evidence[0]) in html
        assert f"<td>{time:.0f} s</td>" in html


def test_doubts_are_said_in_plain_words(html: str) -> None:
    assert "(motion): arterial." in html
    assert "Shares slices with another lesion." in html


def test_words_from_outside_are_escaped(study: Study, analysis: Analysis) -> None:
    phases = analysis.findings.study.phases
    hostile = replace(phases[0], description="<script>alert(1)</script> & 静脈")
    summary = replace(analysis.findings.study, phases=(hostile, *phases[1:]))
    findings = replace(analysis.findings, study=summary, lesions=())
    content = report_content(study, findings, analysis.labels, None, LeftOut(Path()))
    assert "<script>" not in html_report(content)
    assert pdf_report(content).startswith(b"%PDF")


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_two_lesions_fit_on_one_page(content: ReportContent) -> None:
    pdf = pdf_report(content)
    assert pdf.startswith(b"%PDF")
    assert pages(pdf) == 1


def test_long_evidence_still_fits_on_one_page(content: ReportContent) -> None:
    rows = tuple((*row[:3], "; ".join([row[3]] * 8), *row[4:]) for row in content.phase_rows)
    assert pages(pdf_report(replace(content, phase_rows=rows))) == 1


def test_many_lesions_take_more_pages(content: ReportContent) -> None:
    assert pages(pdf_report(replace(content, blocks=content.blocks * 3))) >= 3


def test_no_lesion_is_said_and_still_shows_the_study(study: Study) -> None:
    none = made_analysis(study, ())
    content = report_content(study, none.findings, none.labels, None, LeftOut(Path()))
    html = html_report(content)
    assert "No lesion was found" in html
    assert html.count("data:image/png") == 1
    assert pages(pdf_report(content)) == 1


def test_an_undecided_lesion_is_said_as_such(study: Study) -> None:
    made = made_analysis(study, (UNDECIDED,))
    content = report_content(study, made.findings, made.labels, None, LeftOut(Path()))
    assert content.summary == "1 lesion found: 1 undecided."
    assert content.blocks[0].title == "Lesion 1: Undecided"


def test_missing_figures_are_dashes(study: Study, analysis: Analysis) -> None:
    bare = replace(
        analysis.findings.lesions[0],
        enhancement=NO_FIGURES,
        liver_curve=None,
        predicted_curve=None,
        flags=(),
    )
    unknown = replace(analysis.findings.study, times_s=(None, None, None, None))
    findings = replace(analysis.findings, lesions=(bare,), study=unknown)
    content = report_content(study, findings, analysis.labels, None, LeftOut(Path()))
    assert content.lesion_rows[0][-3:] == ("-", "- / -", "-")
    assert {row[2] for row in content.phase_rows} == {"time unknown"}
    assert pages(pdf_report(content)) == 1


def test_letters_that_helvetica_lacks_are_set_in_another_font() -> None:
    assert in_known_letters("5 × 3 µm") == "5 × 3 µm"
    assert in_known_letters("Фаза 2") == '<font name="DejaVuSans">Фаза</font> 2'


@pytest.mark.parametrize(
    ("name", "font"),
    [("静脈", "STSong-Light"), ("かいよう 静", "HeiseiMin-W3"), ("간 병변", "HYSMyeongJo-Medium")],
)
def test_east_asian_letters_are_set_in_a_font_that_has_them(
    content: ReportContent, name: str, font: str
) -> None:
    assert f'<font name="{font}">{name[0]}' in in_known_letters(name)
    pdf = pdf_report(replace(content, cover=Cover(reader=name)))
    assert font.encode() in pdf
