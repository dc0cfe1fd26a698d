"""``mtinet export``: a dataset in the layout of another program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from MTINetLib.commands.options import Dataset

if TYPE_CHECKING:
    from MTINetLib.exporters.export import ExportedDataset

_Word = TypeVar("_Word")


def export_command(
    kind: Annotated[str, typer.Argument(metavar="nnunet|bids", help="Whose layout.")],
    dataset: Dataset,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Where the exported dataset goes, such as the folder nnUNet_raw.",
            show_default=False,
        ),
    ],
    labels: Annotated[
        str, typer.Option(metavar="lesion|class", help="What masks tell: lesion or not, or its class.")
    ] = "lesion",
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Of the exported dataset; that of the folder if left out.")
    ] = "",
    number: Annotated[int, typer.Option("--id", metavar="N", help="Number of nnU-Net's dataset.")] = 501,
    folds: Annotated[
        int, typer.Option(metavar="N", help="Folds of the cross-validation; 0 for none.", show_default=True)
    ] = 5,
    seed: Annotated[
        int, typer.Option(metavar="S", help="Of the folds, as the training setting seed.", show_default=True)
    ] = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", help="Processes that work; 0 for one per processor.")
    ] = 0,
) -> None:
    """Write a dataset as nnU-Net or BIDS has it, aligned, under new names.

    All phases of a case come on the grid of its reference phase, aligned as an analysis aligns them. For
    nnU-Net splits_final.json holds the folds that `mtinet train --cross-validation` draws with the same
    seed. A table beside the exported dataset leads from its names back to the cases.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.exporters.export import KINDS, ExportOrder, export_dataset, place_of
    from MTINetLib.exporters.nnunet import MEANINGS

    console = terminal()
    layout, meaning = _one_of(KINDS, kind, "layout"), _one_of(MEANINGS, labels, "choice of --labels")
    order = ExportOrder(dataset, out, layout, name, number, meaning, folds, seed, jobs)
    with claimed(place_of(order)), RichProgress(console) as progress:
        exported = export_dataset(order, progress)
    for line in _said(exported):
        console.print(line, soft_wrap=True)


def _one_of(known: Sequence[_Word], word: str, what: str) -> _Word:
    from MTINetLib.errors import InputError

    for each in known:
        if word == each:
            return each
    raise InputError(f"There is no {what} '{word}'; choose one of {', '.join(map(str, known))}.")


def _said(exported: ExportedDataset) -> list[str]:
    from MTINetLib.presentation.counts import counted

    notes = exported.notes
    resampled = [case for case, note in notes.items() if note.resampled]
    gaps = [case for case, note in notes.items() if note.gaps]
    lesions = counted(sum(note.lesions for note in notes.values()), "lesion")
    lines = [f"{counted(len(notes), 'case')} with {lesions} are in {exported.folder}."]
    if resampled:
        lines.append(f"Masks on another grid, brought over by the nearest voxel: {', '.join(resampled)}.")
    if gaps:
        lines.append(
            f"In {len(gaps)} of them a phase has no image in a part of the reference phase, and no values."
        )
    lines.append(f"{exported.key} leads from the new names back to the cases: keep it to yourself.")
    return lines
