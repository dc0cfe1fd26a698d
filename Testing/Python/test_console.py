"""What the command line shows of findings and of progress."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console
from support.made_analysis import made_analysis, made_study

from MTINetLib.console import RichProgress, findings_table, page
from MTINetLib.progress import Stage


def shown(thing: object) -> str:
    text = StringIO()
    Console(file=text, width=120).print(thing)
    return text.getvalue()


def test_every_lesion_has_its_row_and_the_intended_use_stands_below() -> None:
    findings = made_analysis(made_study()).findings
    text = shown(findings_table(findings))
    assert f"{len(findings.lesions)} lesions found" in text
    for lesion in findings.lesions:
        assert f"{lesion.volume_ml:.1f} mL" in text
    assert "Research use only" in text


def test_slices_are_counted_from_one_for_people() -> None:
    findings = made_analysis(made_study()).findings
    first = replace(findings.lesions[0], slices=(0, 3))
    assert "1-4" in shown(findings_table(replace(findings, lesions=(first,))))


def test_no_lesion_is_said_plainly() -> None:
    findings = made_analysis(made_study()).findings
    text = shown(findings_table(replace(findings, lesions=())))
    assert text.startswith("No lesion found.\n")


def test_remarks_stand_below_in_words() -> None:
    findings = made_analysis(made_study()).findings
    small = replace(findings.lesions[1], flags=("under_10_mm", "touches_border"))
    text = shown(findings_table(replace(findings, lesions=(findings.lesions[0], small))))
    assert f"Lesion {small.label}: smaller than 10 mm; touches the edge of the image." in text


def test_off_a_terminal_every_finished_stage_is_a_line() -> None:
    text = StringIO()
    with RichProgress(Console(file=text)) as progress:
        progress.start(Stage.READING_FILES, 3)
        progress.update(2)
        progress.finish()
        progress.start(Stage.WRITING_RESULTS, 1)
        progress.finish()
    assert [line.split(":")[0] for line in text.getvalue().splitlines()] == [
        "Reading files",
        "Writing results",
    ]


def test_on_a_terminal_every_stage_has_a_bar() -> None:
    text = StringIO()
    with RichProgress(Console(file=text, force_terminal=True, width=100)) as progress:
        progress.start(Stage.READING_FILES, 3)
        progress.update(3)
        progress.finish()
    assert "Reading" in text.getvalue()
    assert "3/3" in text.getvalue()


def test_a_page_names_its_pictures_on_a_terminal() -> None:
    text = shown(page("# Figures\n\n![Free-response curve](curve.png) All thresholds.\n"))
    assert "Free-response curve: curve.png. All thresholds." in text
