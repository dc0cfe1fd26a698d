"""``mtinet analyze``: from images to findings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from MTINetLib.commands.options import Device, Model, OutFolder, Overwrite, Precision

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis
    from MTINetLib.progress import Progress
    from MTINetLib.report.cover import Cover
    from MTINetLib.report.deidentify import Disguise
    from MTINetLib.report.dicom.maker import Tracking
    from MTINetLib.study.phase import Phase
    from MTINetLib.study.study import Study

#: Names of the four options, in the order of PHASES.
PHASE_OPTIONS = ("--pre", "--arterial", "--portal-venous", "--delayed")
_ALIGNMENTS = ("auto", "off", "force")


def analyze(
    out: OutFolder,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT",
            help="A folder of DICOM, at any depth, or of four volume files; or a .zip of either. Left out "
            "when the four phases are named one by one.",
        ),
    ] = None,
    pre: Annotated[str | None, typer.Option(metavar="P", help="Pre-contrast phase.")] = None,
    arterial: Annotated[str | None, typer.Option(metavar="P", help="Arterial phase.")] = None,
    portal_venous: Annotated[str | None, typer.Option(metavar="P", help="Portal venous phase.")] = None,
    delayed: Annotated[str | None, typer.Option(metavar="P", help="Delayed phase.")] = None,
    reference: Annotated[
        str, typer.Option(metavar="PHASE", help="The phase whose grid the results have.")
    ] = "portal_venous",
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    align: Annotated[
        str,
        typer.Option(
            metavar="auto|off|force", help="Move the phases onto each other: where it helps, never, always."
        ),
    ] = "auto",
    assume_order: Annotated[
        bool,
        typer.Option(
            "--assume-order",
            help="Confirm that four volumes that nothing names were taken in the order of their numbers.",
        ),
    ] = False,
    resume_from: Annotated[
        Path | None,
        typer.Option(
            metavar="SEG",
            help="A DICOM segmentation of this study, or a folder of results with one: take its lesions, "
            "corrected or not, instead of finding them.",
        ),
    ] = None,
    scene: Annotated[
        bool, typer.Option("--scene/--no-scene", help="Also make scene.mrb for 3D Slicer and its pictures.")
    ] = True,
    dicom: Annotated[
        bool, typer.Option("--dicom", help="Also make DICOM SEG, SR and PDF, in the folder dicom.")
    ] = False,
    deidentify: Annotated[
        bool,
        typer.Option(
            "--deidentify",
            help="Let no file say whom it is of: no names, dates, descriptions, and new UIDs (PS3.15).",
        ),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Find, measure and classify the lesions of one study.

    P is a file (NIfTI, NRRD, MHA) or a folder of one DICOM series. Together with INPUT it says which of its
    series that phase is: a folder, the series description or UID, or the number #n that a message listed.
    Research use only.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, findings_table, terminal
    from MTINetLib.report.output_folder import check_output_folder
    from MTINetLib.report.source_data import refuse_source_data

    told = _told((pre, arterial, portal_venous, delayed))
    grid_of = _phase(reference)
    check_output_folder(out, overwrite=overwrite)
    _check_source(source, told, align)
    refuse_source_data(out, [*([] if source is None else [source]), *map(Path, told.values())])
    earlier = None if resume_from is None else _segmentation_file(resume_from)
    console = terminal()
    notes: list[str] = []
    with claimed(out), RichProgress(console) as progress, ExitStack() as opened:
        loaded = _load_model(model, device, precision, progress)
        study = load_study(source, told, grid_of, align, progress, opened, assume_order=assume_order)

        from MTINetLib.inference.analyze import analyze as find_lesions
        from MTINetLib.report.write_outputs import OutputOptions, first_to_read, write_outputs
        from MTINetLib.scene.addition import scene_addition

        disguise = _disguise(study) if deidentify else None
        known: Mapping[int, Tracking] = {}
        if earlier is None:
            analysis = find_lesions(study, loaded, device=device, precision=precision, progress=progress)
        else:
            analysis, known = _resume(earlier, study, loaded, device, precision, progress, notes)
        cover = None
        if disguise is not None:
            analysis, cover = _hidden(analysis, disguise)
        additions = [scene_addition(study, analysis, progress)] if scene else []
        options = OutputOptions(dicom, known, cover, disguise, additions)
        notes += write_outputs(out, study, analysis, options, overwrite=overwrite, progress=progress)
    console.print(findings_table(analysis.findings))
    for note in notes:
        console.print(note, style="yellow", soft_wrap=True)
    console.print(f"Results are in {out}: begin with {first_to_read(out)}.", soft_wrap=True)


def _segmentation_file(given: Path) -> Path:
    from MTINetLib.report.dicom.read_segmentation import segmentation_file

    return segmentation_file(given)


def _resume(
    file: Path, study: Study, model: Any, device: str, precision: str, progress: Progress, notes: list[str]
) -> tuple[Analysis, Mapping[int, Tracking]]:
    """The lesions of an earlier result measured and classified, and what they were called there."""
    from MTINetLib.inference.resume import resume
    from MTINetLib.report.dicom.read_segmentation import read_segmentation

    progress.start("Reading the segmentation", 1)
    read = read_segmentation(file, study)
    progress.finish()
    notes.extend(read.notes)
    analysis = resume(
        study,
        model,
        read.labels,
        corrected=not read.by_ai,
        origin=read.instance_uid,
        notes=read.notes,
        device=device,
        precision=precision,
        progress=progress,
    )
    return analysis, read.tracking


def _disguise(study: Study) -> Disguise:
    """What stands for the patient in a de-identified export; refuses images with names in their pixels."""
    from MTINetLib.report.deidentify import Disguise
    from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels

    refuse_names_in_pixels(study)
    return Disguise()


def _hidden(analysis: Analysis, disguise: Disguise) -> tuple[Analysis, Cover]:
    from MTINetLib.report.cover import Cover
    from MTINetLib.report.deidentify import deidentified

    findings = deidentified(analysis.findings, disguise.token, disguise.uids)
    return replace(analysis, findings=findings), Cover(token=disguise.token)


def load_study(
    source: Path | None,
    told: dict[Phase, str],
    reference: Phase,
    alignment: str,
    progress: Progress,
    opened: ExitStack,
    *,
    assume_order: bool = False,
) -> Study:
    """The study from INPUT, from four paths, or from INPUT with some phases named.

    Args:
        opened: keeps the files of INPUT until DICOM results, which refer to them, are written.
    """
    from MTINetLib.pipeline.load import load_study_from_paths, study_of
    from MTINetLib.reading.open_input import open_input

    mode = alignment  # checked by _check_source
    if source is None:
        paths = {phase: Path(word) for phase, word in told.items()}
        return load_study_from_paths(paths, reference=reference, progress=progress, alignment=mode)  # type: ignore[arg-type]
    named = {phase: _series_of(phase, word, source) for phase, word in told.items()}
    return study_of(
        opened.enter_context(open_input(source, progress)),
        reference=reference,
        progress=progress,
        told=named,
        alignment=mode,  # type: ignore[arg-type]
        assume_order=assume_order,
    )


def _load_model(model: str | None, device: str, precision: str, progress: Progress):  # type: ignore[no-untyped-def]
    """The model before the volumes: what is missing of it fails before minutes of reading."""
    progress.start("Loading the model", 1)
    from MTINetLib.models.store import load_ready_model

    loaded = load_ready_model(model, device, precision)
    progress.finish()
    return loaded


def _told(words: tuple[str | None, ...]) -> dict[Phase, str]:
    from MTINetLib.study.phase import PHASES

    return {phase: word for phase, word in zip(PHASES, words, strict=True) if word is not None}


def _phase(name: str) -> Phase:
    from MTINetLib.errors import InputError
    from MTINetLib.study.phase import PHASES

    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    for phase in PHASES:
        if phase.value == wanted:
            return phase
    choices = ", ".join(phase.value for phase in PHASES)
    raise InputError(f"There is no phase '{name}' for --reference; choose one of {choices}.")


def _check_source(source: Path | None, told: dict[Phase, str], alignment: str) -> None:
    """What can be refused before anything is read."""
    from MTINetLib.errors import InputError
    from MTINetLib.study.phase import PHASES

    if alignment not in _ALIGNMENTS:
        raise InputError(f"--align {alignment} is unknown; choose one of {', '.join(_ALIGNMENTS)}.")
    if source is not None:
        if not source.exists():
            raise InputError(f"{source} does not exist; name a folder or .zip archive of one study.")
        return
    missing = [option for phase, option in zip(PHASES, PHASE_OPTIONS, strict=True) if phase not in told]
    if len(missing) == len(PHASES):
        raise InputError(f"Nothing to analyse: name a folder of DICOM, or all of {', '.join(PHASE_OPTIONS)}.")
    if missing:
        raise InputError(f"{', '.join(missing)} is missing: without INPUT all four phases must be named.")
    for phase, option in zip(PHASES, PHASE_OPTIONS, strict=True):
        if not Path(told[phase]).exists():
            raise InputError(
                f"{told[phase]} does not exist; {option} needs a file or a folder of one DICOM series."
            )


def _series_of(phase: Phase, word: str, source: Path) -> str:
    """How a named volume is known in INPUT: its UID or file name where a path was given, else the word."""
    from MTINetLib.errors import InputError
    from MTINetLib.reading.volumes.read import read_volume
    from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
    from MTINetLib.report.source_data import is_inside

    path = Path(word)
    if not path.exists():
        return word
    if is_volume_file(path) and is_inside(path, source):
        return stem_of(path)
    uid = read_volume(path).series_uid
    if uid is None:
        raise InputError(
            f"{path} was named as the {phase.title} phase but does not lie in INPUT; leave INPUT out and "
            "name all four phases by their files."
        )
    return uid
