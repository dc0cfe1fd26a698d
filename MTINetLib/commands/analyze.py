"""``mtinet analyze``: from images to findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.commands.analyze_options import (
    Align,
    Arterial,
    AssumeOrder,
    Deidentify,
    Delayed,
    Dicom,
    LiverFile,
    LiverLabel,
    OtherPhases,
    Page,
    PortalVenous,
    Pre,
    Reference,
    ResumeFrom,
    Scene,
    Sensitivity,
    Source,
)
from MTINetLib.commands.analyze_order import AnalyzeOrder, named_reference, told_phases
from MTINetLib.commands.options import Backend, Device, Model, OutFolder, Overwrite, Precision
from MTINetLib.progress import Stage

if TYPE_CHECKING:
    from rich.console import Console

    from MTINetLib.inference.analysis import Analysis
    from MTINetLib.pipeline.write import Written
    from MTINetLib.progress import Progress
    from MTINetLib.report.dicom.equipment import Tracking
    from MTINetLib.study.liver import Liver
    from MTINetLib.study.study import Study


def analyze(
    out: OutFolder,
    source: Source = None,
    pre: Pre = None,
    arterial: Arterial = None,
    portal_venous: PortalVenous = None,
    delayed: Delayed = None,
    other_phases: OtherPhases = None,
    reference: Reference = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
    align: Align = "auto",
    assume_order: AssumeOrder = False,
    resume_from: ResumeFrom = None,
    liver: LiverFile = None,
    liver_label: LiverLabel = None,
    sensitivity: Sensitivity = None,
    scene: Scene = True,
    dicom: Dicom = False,
    page: Page = False,
    deidentify: Deidentify = False,
    overwrite: Overwrite = False,
) -> None:
    """Find, measure and classify the lesions of one study.

    P is a file (NIfTI, NRRD, MHA) or a folder of one DICOM series. Together with INPUT it says which of its
    series that phase is: a folder, the series description or UID, or the number #n that a message listed.
    Research use only.
    """
    order = AnalyzeOrder(
        out=out,
        source=source,
        told=told_phases((pre, arterial, portal_venous, delayed), other_phases or []),
        reference=named_reference(reference),
        model=model,
        device=device,
        precision=precision,
        backend=backend,
        align=align,
        assume_order=assume_order,
        resume_from=resume_from,
        liver=liver,
        liver_label=liver_label,
        sensitivity=sensitivity,
        scene=scene,
        dicom=dicom,
        page=page,
        deidentify=deidentify,
        overwrite=overwrite,
    )
    order.check()
    earlier = None if order.resume_from is None else _segmentation_file(order.resume_from)
    carry_out(order, _find if earlier is None else partial(_resume, earlier))


@dataclass(frozen=True)
class Found:
    """What was found, what lesions were called in an earlier result, and sentences about that."""

    analysis: Analysis
    known: Mapping[int, Tracking] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


#: Finds the lesions of a study, with the order, its model, its liver and who watches.
_Find = Callable[[AnalyzeOrder, "Study", Any, "Liver | None", "Progress"], Found]


def carry_out(order: AnalyzeOrder, find: _Find) -> None:
    """From files to written results.

    Args:
        find: how the lesions come about.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, findings_table, terminal

    console = terminal()
    with claimed(order.out), RichProgress(console) as progress, ExitStack() as files:
        model = _load_model(order, progress)

        from MTINetLib.pipeline.liver import read_liver
        from MTINetLib.pipeline.write import first_to_read

        study = _open(order, model, files, progress)
        said = _told_beforehand(order, study, console)
        liver = None if order.liver is None else read_liver(order.liver, study, order.liver_label)
        found = find(order, study, model, liver, progress)
        written = _write(order, study, found, progress)
    console.print(findings_table(found.analysis.findings))
    left_out = [note for note in written.left_out if not said or said[1:] not in note]
    for note in (*found.notes, *left_out):
        console.print(note, style="yellow", soft_wrap=True)
    console.print(f"Results are in {order.out}: begin with {first_to_read(order.out)}.", soft_wrap=True)


def _load_model(order: AnalyzeOrder, progress: Progress) -> Any:
    """The model before the volumes: what is missing of it fails before minutes of reading."""
    progress.start(Stage.LOADING_MODEL, 1)
    from MTINetLib.models.store import load_ready_model

    loaded = load_ready_model(order.model, order.device, order.precision, order.backend)
    progress.finish()
    return loaded


def _open(order: AnalyzeOrder, model: Any, files: ExitStack, progress: Progress) -> Study:
    from MTINetLib.pipeline.open import open_study

    told = order.told
    return open_study(
        order.source if order.source is not None else {phase: Path(word) for phase, word in told.items()},
        phases=model.info.phases,
        told=None if order.source is None else told,
        reference=order.reference,
        alignment=order.align,
        assume_order=order.assume_order,
        files=files,
        progress=progress,
    )


def _told_beforehand(order: AnalyzeOrder, study: Study, console: Console) -> str:
    """Why there will be no DICOM objects, said before minutes of analysis; empty where there will be.

    Raises:
        InputError: the images show names, so that nothing of them can be de-identified.
    """
    from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels
    from MTINetLib.report.dicom.source_headers import why_no_references

    if order.deidentify:
        refuse_names_in_pixels(study)
    why = why_no_references(study) if order.dicom else ""
    if why:
        console.print(
            f"No DICOM objects can be written: {why}. The other results are written.",
            style="yellow",
            soft_wrap=True,
        )
    return why


def _find(order: AnalyzeOrder, study: Study, model: Any, liver: Liver | None, progress: Progress) -> Found:
    from MTINetLib.pipeline.analyze import analyze as find_lesions

    analysis = find_lesions(
        study,
        model,
        liver=liver,
        sensitivity=order.sensitivity,
        **order.ways,
        progress=progress,
    )
    return Found(analysis)


def _write(order: AnalyzeOrder, study: Study, found: Found, progress: Progress) -> Written:
    from MTINetLib.pipeline.write import WriteOptions, formats_with, write
    from MTINetLib.report.file_names import OWN_FILES
    from MTINetLib.scene.addition import SCENE_ADDITION

    options = WriteOptions(
        formats=formats_with(dicom=order.dicom, page=order.page),
        deidentify=order.deidentify,
        tracking=found.known,
        additions=[SCENE_ADDITION] * order.scene,
        replaces=OWN_FILES,
    )
    return write(study, found.analysis, order.out, options, overwrite=order.overwrite, progress=progress)


def _segmentation_file(given: Path) -> Path:
    from MTINetLib.report.dicom.read_segmentation import segmentation_file

    return segmentation_file(given)


def _resume(
    file: Path,
    order: AnalyzeOrder,
    study: Study,
    model: Any,
    liver: Liver | None,
    progress: Progress,
) -> Found:
    """The lesions of an earlier result, measured and classified."""
    from MTINetLib.errors import InputError
    from MTINetLib.pipeline.liver import given_liver
    from MTINetLib.pipeline.remeasure import resume
    from MTINetLib.presentation.note_words import note_in_words
    from MTINetLib.report.dicom.read_segmentation import read_segmentation

    progress.start(Stage.READING_SEGMENTATION, 1)
    read = read_segmentation(file, study)
    progress.finish()
    notes = [*map(note_in_words, read.notes)]
    if liver is None and read.liver is not None:
        try:
            liver = given_liver(read.liver, file.name, study)
        except InputError as error:
            notes.append(f"Its liver is left out: {error}")
    analysis = resume(
        study,
        model,
        read.labels,
        corrected=not read.by_ai,
        origin=read.instance_uid,
        notes=read.notes,
        liver=liver,
        **order.ways,
        progress=progress,
    )
    return Found(analysis, read.tracking, tuple(notes))
