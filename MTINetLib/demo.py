"""The demo: a synthetic study as real DICOM, analyzed as a user's own, beside what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.claim import claimed
from MTINetLib.errors import InputError
from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.classes import class_title
from MTINetLib.progress import Stage
from MTINetLib.report.output_folder import check_output_folder, new_results

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from MTINetLib.inference.analysis import Analysis
    from MTINetLib.phantom.case import PhantomCase
    from MTINetLib.progress import Progress
    from MTINetLib.study.study import Study

#: The synthetic study; the results' own DICOM lies in ``dicom``.
INPUT_FOLDER = "input"
_PATIENT_ID = "MTINET-DEMO"


@dataclass(frozen=True)
class Compared:
    """A true lesion beside what was found of it; ``found`` and ``dice`` are None for a missed one."""

    true_label: int
    true_class: str
    true_diameter_mm: float
    found: LesionFinding | None
    dice: float | None


@dataclass(frozen=True)
class DemoResult:
    """What the demo found, and how that compares with the truth of its phantom.

    Args:
        compared: one per true lesion.
        false_positives: labels of found lesions that are none.
        notes: what was left out on this machine, and how to get it.
    """

    analysis: Analysis
    compared: tuple[Compared, ...]
    false_positives: tuple[int, ...]
    notes: tuple[str, ...]


def run_demo(out: Path, model: str | None, console: Console, *, overwrite: bool = False) -> DemoResult:
    """Make the demo study, analyze it and leave everything in ``out``, whole or not at all.

    An ``out`` that holds nothing but an earlier demo is replaced.

    Raises:
        InputError: ``out`` holds something else and ``overwrite`` was not asked for.
        ModelError: there is no usable model.
        MissingResourceError: the disk is full.
    """
    from MTINetLib.console import RichProgress, findings_table
    from MTINetLib.models.store import load_model
    from MTINetLib.pipeline.write import first_to_read
    from MTINetLib.report.file_names import OWN_FILES

    if not _holds_only_a_demo(out):
        check_output_folder(out, overwrite=overwrite)
    with (
        claimed(out),
        new_results(out, overwrite=True, earlier=OWN_FILES) as folder,
        RichProgress(console) as progress,
    ):
        loaded = load_model(model)
        console.print("A synthetic patient (digital phantom), made here: no real person's data.")
        result = _work(folder, loaded, progress)
    console.print(findings_table(result.analysis.findings))
    console.print(truth_table(result))
    for note in result.notes:
        console.print(note, style="yellow")
    console.print(f"Everything is in {out}: begin with {first_to_read(out)}.", soft_wrap=True)
    return result


def _work(folder: Path, model: Any, progress: Progress) -> DemoResult:
    from MTINetLib.phantom.demo import DEMO_SEED, make_demo_case
    from MTINetLib.phantom.dicom_writer import write_study_as_dicom
    from MTINetLib.pipeline.analyze import analyze
    from MTINetLib.pipeline.open import open_study
    from MTINetLib.pipeline.write import ALL_FORMATS, WriteOptions, write_into
    from MTINetLib.scene.addition import SCENE_ADDITION

    progress.start(Stage.MAKING_PHANTOM, 1)
    case = make_demo_case()
    progress.update(1)
    progress.finish()
    dicom = folder / INPUT_FOLDER
    write_study_as_dicom(dicom, case.study, patient_id=_PATIENT_ID, study_seed=DEMO_SEED, progress=progress)
    study = open_study(dicom, phases=model.info.phases, progress=progress)
    analysis = analyze(study, model, progress=progress)
    options = WriteOptions(formats=ALL_FORMATS, additions=(SCENE_ADDITION,))
    written = write_into(folder, study, analysis, options, progress=progress)
    compared, false_positives = compare_with_truth(case, study, analysis)
    return DemoResult(analysis, compared, false_positives, written.left_out)


def compare_with_truth(
    case: PhantomCase, study: Study, analysis: Analysis
) -> tuple[tuple[Compared, ...], tuple[int, ...]]:
    """Each true lesion with the found one that stands for it, and the found ones that are none."""
    from MTINetLib.evaluation.detection import match_lesions
    from MTINetLib.study.resample import resample_labels

    truth = resample_labels(case.labels, case.study.grid, study.grid)
    detection = match_lesions(truth, analysis.labels)
    found = {lesion.label: lesion for lesion in analysis.findings.lesions}
    partners = {match.truth: match for match in detection.matches}
    rows = []
    for lesion in case.lesions:
        match = partners.get(lesion.label)
        partner = None if match is None else found[match.found]
        dice = None if match is None else 2 * match.iou / (1 + match.iou)
        rows.append(Compared(lesion.label, lesion.lesion_class, lesion.diameter_mm, partner, dice))
    return tuple(rows), detection.false_positives


def truth_table(result: DemoResult) -> Table:
    """The comparison as a table for the terminal."""
    from rich.table import Table

    table = Table(title="Compared with the truth of the phantom (synthetic)", title_justify="left")
    for head in ("True lesion", "True class", "True size", "Found as", "Found size", "Dice"):
        table.add_column(head)
    for row in result.compared:
        lesion = row.found
        table.add_row(
            str(row.true_label),
            class_title(row.true_class),
            f"{row.true_diameter_mm:.0f} mm",
            "missed" if lesion is None else f"{lesion.label} {class_title(lesion.lesion_class)}",
            "-" if lesion is None else f"{lesion.long_axis_mm:.0f} mm",
            "-" if row.dice is None else f"{row.dice:.2f}",
        )
    for label in result.false_positives:
        table.add_row("none", "-", "-", f"{label}, not a lesion", "-", "-")
    return table


def _holds_only_a_demo(out: Path) -> bool:
    from MTINetLib.report.file_names import OWN_FILES

    if not out.is_dir():
        return False
    own = {name.split("/")[0] for name in OWN_FILES} | {INPUT_FOLDER}
    try:
        return {entry.name for entry in out.iterdir()} <= own
    except OSError as error:
        raise InputError(f"{out} cannot be read: choose another folder for the demo.") from error
