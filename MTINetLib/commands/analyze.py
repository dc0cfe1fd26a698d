"""``mtinet analyze``: from images to findings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from MTINetLib.commands.options import Backend, Device, Model, OutFolder, Overwrite, Precision
from MTINetLib.progress import Stage

if TYPE_CHECKING:
    from MTINetLib.inference.analysis import Analysis
    from MTINetLib.progress import Progress
    from MTINetLib.report.dicom.maker import Tracking
    from MTINetLib.study.liver import Liver
    from MTINetLib.study.phase import Phase
    from MTINetLib.study.study import Study

_ALIGNMENTS = ("auto", "off", "force")


def analyze(
    out: OutFolder,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT",
            help="A folder of DICOM, at any depth, or of volume files; or a .zip of either. Left out when "
            "all phases are named one by one.",
        ),
    ] = None,
    pre: Annotated[str | None, typer.Option(metavar="P", help="Pre-contrast phase.")] = None,
    arterial: Annotated[str | None, typer.Option(metavar="P", help="Arterial phase.")] = None,
    portal_venous: Annotated[str | None, typer.Option(metavar="P", help="Portal venous phase.")] = None,
    delayed: Annotated[str | None, typer.Option(metavar="P", help="Delayed phase.")] = None,
    other_phases: Annotated[
        list[str] | None,
        typer.Option(
            "--phase",
            metavar="NAME=P",
            help="Any phase that the model takes, such as hepatobiliary=P; may be repeated.",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="PHASE", help="The phase whose grid the results have; portal venous where it is there."
        ),
    ] = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
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
            help="Confirm that volumes that nothing names were taken in the order of their numbers.",
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
    liver: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The liver, outlined by others on these images: a mask or label map (NIfTI, NRRD), such as "
            "TotalSegmentator's file of all labels, or a DICOM segmentation. Marks outside it are set aside.",
        ),
    ] = None,
    liver_label: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE|NAME",
            help="Which value or name in that file is the liver, where it does not tell.",
        ),
    ] = None,
    sensitivity: Annotated[
        str | None,
        typer.Option(
            metavar="low|usual|high|SHARE",
            help="Fewer false marks, or fewer misses: a point of the model's free-response curve, or the "
            "share of lesions to be found at least, such as 0.9.",
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

    told = _told((pre, arterial, portal_venous, delayed), other_phases or [])
    grid_of = None if reference is None else _reference(reference)
    check_output_folder(out, overwrite=overwrite)
    _check_source(source, told, align, model)
    if source is None:
        _check_paths(told, model)
    refuse_source_data(out, [*([] if source is None else [source]), *map(Path, told.values())])
    _check_liver(liver, liver_label)
    _check_sensitivity(sensitivity, model, resume_from)
    earlier = None if resume_from is None else _segmentation_file(resume_from)
    console = terminal()
    notes: list[str] = []
    with claimed(out), RichProgress(console) as progress, ExitStack() as files:
        loaded = _load_model(model, device, precision, backend, progress)

        from MTINetLib.pipeline.analyze import analyze as find_lesions
        from MTINetLib.pipeline.liver import read_liver
        from MTINetLib.pipeline.open import open_study
        from MTINetLib.pipeline.write import ALL_FORMATS, USUAL_FORMATS, WriteOptions, first_to_read, write
        from MTINetLib.report.file_names import OWN_FILES
        from MTINetLib.scene.addition import SCENE_ADDITION

        study = open_study(
            source if source is not None else {phase: Path(word) for phase, word in told.items()},
            phases=loaded.info.phases,
            told=None if source is None else told,
            reference=grid_of,
            alignment=align,
            assume_order=assume_order,
            files=files,
            progress=progress,
        )
        if deidentify:
            _refuse_names_in_pixels(study)
        outlined = None if liver is None else read_liver(liver, study, liver_label)
        known: Mapping[int, Tracking] = {}
        if earlier is None:
            analysis = find_lesions(
                study,
                loaded,
                liver=outlined,
                sensitivity=sensitivity,
                device=device,
                precision=precision,
                backend=backend,
                progress=progress,
            )
        else:
            ways = (device, precision, backend)
            analysis, known = _resume(earlier, study, loaded, ways, progress, notes, outlined)
        options = WriteOptions(
            formats=ALL_FORMATS if dicom else USUAL_FORMATS,
            deidentify=deidentify,
            tracking=known,
            additions=[SCENE_ADDITION] * scene,
            replaces=OWN_FILES,
        )
        written = write(study, analysis, out, options, overwrite=overwrite, progress=progress)
    console.print(findings_table(analysis.findings))
    for note in (*notes, *written.left_out):
        console.print(note, style="yellow", soft_wrap=True)
    console.print(f"Results are in {out}: begin with {first_to_read(out)}.", soft_wrap=True)


def _check_liver(liver: Path | None, label: str | None) -> None:
    """Before anything is read."""
    from MTINetLib.errors import InputError

    if liver is not None and not liver.exists():
        raise InputError(f"There is no file or folder {liver}; --liver needs a file that outlines the liver.")
    if liver is None and label is not None:
        raise InputError("--liver-label names a part of the file of --liver; name that file too.")


def _check_sensitivity(wanted: str | None, model: str | None, resume_from: Path | None) -> None:
    """Before torch is loaded."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import find_model
    from MTINetLib.models.info import told_info
    from MTINetLib.pipeline.sensitivity import offered_points

    if wanted is None:
        return
    if resume_from is not None:
        raise InputError(
            "--sensitivity chooses among found marks, and --resume-from finds none; give one of them."
        )
    offered_points(told_info(find_model(model))).chosen(wanted)


def _segmentation_file(given: Path) -> Path:
    from MTINetLib.report.dicom.read_segmentation import segmentation_file

    return segmentation_file(given)


def _resume(
    file: Path,
    study: Study,
    model: Any,
    ways: tuple[str, str, str],
    progress: Progress,
    notes: list[str],
    liver: Liver | None,
) -> tuple[Analysis, Mapping[int, Tracking]]:
    """The lesions of an earlier result measured and classified, and what they were called there."""
    from MTINetLib.errors import InputError
    from MTINetLib.pipeline.liver import given_liver
    from MTINetLib.pipeline.remeasure import resume
    from MTINetLib.presentation.note_words import note_in_words
    from MTINetLib.report.dicom.read_segmentation import read_segmentation

    device, precision, backend = ways
    progress.start(Stage.READING_SEGMENTATION, 1)
    read = read_segmentation(file, study)
    progress.finish()
    notes.extend(map(note_in_words, read.notes))
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
        device=device,
        precision=precision,
        backend=backend,
        progress=progress,
    )
    return analysis, read.tracking


def _refuse_names_in_pixels(study: Study) -> None:
    """Before minutes of analysis: such images cannot be de-identified."""
    from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels

    refuse_names_in_pixels(study)


def _load_model(model: str | None, device: str, precision: str, backend: str, progress: Progress):  # type: ignore[no-untyped-def]
    """The model before the volumes: what is missing of it fails before minutes of reading."""
    progress.start(Stage.LOADING_MODEL, 1)
    from MTINetLib.models.store import load_ready_model

    loaded = load_ready_model(model, device, precision, backend)
    progress.finish()
    return loaded


def _told(words: tuple[str | None, ...], others: list[str]) -> dict[Phase, str]:
    """What each phase was named, by the four options of their own and by --phase."""
    from MTINetLib.errors import InputError
    from MTINetLib.phases.naming import OWN_OPTIONS
    from MTINetLib.study.phase import in_order_of_time, phase_named

    told = {phase: word for phase, word in zip(OWN_OPTIONS, words, strict=True) if word is not None}
    for text in others:
        name, equals, word = text.partition("=")
        if not (equals and word):
            raise InputError(f"--phase {text} is no NAME=PATH; write, say, --phase hepatobiliary=PATH.")
        phase = phase_named(name)
        if phase in told:
            raise InputError(f"The {phase.title} phase is named twice; name it once.")
        told[phase] = word
    return {phase: told[phase] for phase in in_order_of_time(told)}


def _reference(name: str) -> Phase:
    from MTINetLib.errors import InputError
    from MTINetLib.study.phase import phase_named

    try:
        return phase_named(name)
    except InputError as error:
        raise InputError(str(error).replace(f"'{name}'", f"'{name}' for --reference", 1)) from error


def _check_source(source: Path | None, told: dict[Phase, str], alignment: str, model: str | None) -> None:
    """What can be refused before anything is read."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import phases_to_look_for
    from MTINetLib.phases.naming import options_of

    if alignment not in _ALIGNMENTS:
        raise InputError(f"--align {alignment} is unknown; choose one of {', '.join(_ALIGNMENTS)}.")
    if source is None and not told:
        raise InputError(
            "Nothing to analyze: name a folder of DICOM, or all of "
            f"{options_of(phases_to_look_for(model))} (or the phases that another model takes)."
        )
    if source is not None and not source.exists():
        raise InputError(f"{source} does not exist; name a folder or .zip archive of one study.")


def _check_paths(told: dict[Phase, str], model: str | None) -> None:
    """All phases of the model are named, and each path is there; before torch is loaded."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import find_model
    from MTINetLib.models.info import told_info
    from MTINetLib.phases.naming import option_of
    from MTINetLib.pipeline.other_models import refuse_other_phases
    from MTINetLib.study.phase import count_in_words, listed

    info = told_info(find_model(model))
    try:
        refuse_other_phases(tuple(told), info)
    except InputError as error:
        missing = [option_of(phase) for phase in info.phases if phase not in told]
        if not missing:
            raise
        count = count_in_words(len(info.phases))
        are = "is" if len(missing) == 1 else "are"
        raise InputError(
            f"{listed(missing)} {are} missing: without INPUT all {count} phases must be named. {error}"
        ) from error
    for phase, word in told.items():
        if not Path(word).exists():
            raise InputError(
                f"{word} does not exist; {option_of(phase).removesuffix('=...')} needs a file or a folder of "
                "one DICOM series."
            )
