"""``mtinet import``: a dataset from another layout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from MTINetLib.importers.found import ImportOptions
    from MTINetLib.importers.imported import Imported

_MOST_TOLD = 12


def import_dataset(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="lld-mmri, lld-mmri-masks, liverhccseg, atlas, nnunet, bids or folder."
        ),
    ],
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="The folder that was downloaded; for folder a table.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DATASET", help="A new folder for the dataset.", show_default=False
        ),
    ],
    link: Annotated[
        bool,
        typer.Option("--link/--copy", help="Link images where the file system can, or copy them all."),
    ] = False,
    reader: Annotated[
        str, typer.Option(metavar="NAME", help="Whose outlines count, where several readers drew them.")
    ] = "",
    keep_class: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Keep this class, call all others other; may be repeated."),
    ] = None,
    lesion_class: Annotated[
        str, typer.Option("--class", metavar="NAME", help="Of lesions whose class the source does not tell.")
    ] = "",
    phase: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PHASE=NAME",
            help="What the source calls a phase: a channel, a column or a label; may be repeated.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Processes that work.")] = 1,
) -> None:
    """Make a dataset of public or own data in another layout.

    Nothing is guessed in silence: import.csv in the dataset says case by case what was found and what was
    left out, and why. The same command goes on with an import that was stopped.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.importers.import_dataset import import_dataset as import_source
    from MTINetLib.importers.kinds import kind_named

    chosen = kind_named(kind)
    options = _options(link, reader, keep_class or [], lesion_class, phase or [])
    console = terminal()
    with claimed(out), RichProgress(console) as progress:
        result = import_source(chosen, source, out, options, progress, jobs)
    _tell(console, result)


def _options(
    link: bool, reader: str, keep_class: list[str], lesion_class: str, phases: list[str]
) -> ImportOptions:
    from MTINetLib.errors import InputError
    from MTINetLib.importers.found import ImportOptions
    from MTINetLib.study.lesion_class import lesion_class_name
    from MTINetLib.study.phase import phase_named

    told = {}
    for text in phases:
        name, _, word = text.partition("=")
        named = phase_named(name)
        if named in told:
            raise InputError(f"--phase {named.value} stands there twice; name each phase once.")
        told[named] = word or named.value
    return ImportOptions(
        link,
        reader,
        tuple(lesion_class_name(name) for name in keep_class),
        lesion_class_name(lesion_class) if lesion_class else "",
        told,
    )


def _tell(console: Console, result: Imported) -> None:
    from MTINetLib.importers.imported import TOLD_FILE
    from MTINetLib.importers.place_file import Placed
    from MTINetLib.presentation.classes import class_word
    from MTINetLib.presentation.counts import counted
    from MTINetLib.study.lesion_class import in_usual_order
    from MTINetLib.study.phase import titles_of

    patients = len({case.patient for case in result.cases})
    console.print(
        f"{counted(len(result.cases), 'case')} of {counted(patients, 'patient')} are in {result.folder}; "
        f"phases: {titles_of(result.phases)}.",
        soft_wrap=True,
    )
    classes = [name for case in result.cases for name in {*case.lesion_classes.values()} or {case.case_class}]
    told = ", ".join(f"{class_word(name)} {classes.count(name)}" for name in in_usual_order(classes) if name)
    ways = ", ".join(f"{count} {way.value}" for way in Placed if (count := result.placed(way)))
    console.print(f"Cases by class: {told or 'unknown'}. Images: {ways}.", soft_wrap=True)
    for remark in result.remarks:
        console.print(remark, soft_wrap=True)
    for case in result.left_out[:_MOST_TOLD]:
        console.print(f"Left out: {case.case}, {case.reason}.", style="yellow", soft_wrap=True)
    more = len(result.left_out) - _MOST_TOLD
    remarks = sum(len(case.remarks) for case in result.cases)
    where = f"{counted(remarks, 'remark')} on cases" + (f" and {more} more left out" if more > 0 else "")
    if remarks or more > 0:
        console.print(f"{where}: see {result.folder / TOLD_FILE}.", soft_wrap=True)
    if result.kind.licence:
        console.print(f"{result.kind.title}: {result.kind.licence}", soft_wrap=True)
    for line in _next(result):
        console.print(line, soft_wrap=True)


def _next(result: Imported) -> tuple[str, ...]:
    """What to do with it."""
    cases = result.folder / "cases"
    if result.boxes:
        return (
            f"The source has boxes and no outlines, so nothing can be trained on it yet: {result.boxes} "
            f"boxes are in {result.folder / 'boxes.csv'}, for mtinet outline --box. Label the studies: "
            f"mtinet label {cases} -o LIST",
        )
    return (f"Look at it: mtinet check {result.folder}",)
