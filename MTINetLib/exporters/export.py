"""A whole dataset in another program's layout: all of its cases, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.errors import InputError
from MTINetLib.exporters.bids import BidsLayout
from MTINetLib.exporters.exported_case import CaseNotes, Layout, Task, export_case, title_of
from MTINetLib.exporters.names import exported_names, write_key
from MTINetLib.exporters.nnunet import MEANINGS, Meaning, NnUnetLayout, nnunet_folder
from MTINetLib.output_place import clear_disk_errors, refuse_unusable_folder
from MTINetLib.process_pool import run_in_processes, usable_cores
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order
from MTINetLib.training.folds import stratified_folds
from MTINetLib.write_whole import whole_folder

Kind = Literal["nnunet", "bids"]
KINDS: tuple[Kind, ...] = ("nnunet", "bids")


@dataclass(frozen=True)
class ExportOrder:
    """What is wanted.

    Args:
        dataset: a folder as dataset/folder.py describes.
        out: the folder that the exported dataset lies in afterwards, beside its key; for nnU-Net its
            ``nnUNet_raw``.
        kind: whose layout.
        name: of the exported dataset, letters and digits; empty for that of the dataset's folder.
        number: of nnU-Net's dataset.
        meaning: what its masks say: ``lesion`` or not, or ``class``.
        folds, seed: of the cross-validation, as the settings of a training have them; 0 folds for none.
        processes: that read and align; 0 takes one per processor.
    """

    dataset: Path
    out: Path
    kind: Kind
    name: str = ""
    number: int = 501
    meaning: Meaning = "lesion"
    folds: int = 5
    seed: int = 0
    processes: int = 0


@dataclass(frozen=True)
class ExportedDataset:
    """What came of it.

    Args:
        folder: of the exported dataset.
        key: the table of its names beside it, see names.py.
        notes: by the name of the case in the dataset, what must be told of it.
    """

    folder: Path
    key: Path
    notes: Mapping[str, CaseNotes]


def export_dataset(order: ExportOrder, progress: Progress | None = None) -> ExportedDataset:
    """Write all cases of a dataset, aligned as an analysis aligns them, under names of their own.

    Raises:
        InputError: the dataset or a case cannot be used, there are fewer patients than folds, or the place
            is taken; nothing is written.
        MissingResourceError: the disk is full; nothing is written.
        Cancelled: told by ``progress``; nothing is written.
    """
    watcher = progress or Silent()
    cases = read_dataset(order.dataset)
    name = order.name or _plain(order.dataset.resolve().name)
    if name != _plain(name):
        raise InputError(f"The name '{name}' cannot be used: take letters and digits only.")
    names = exported_names(cases, _folds(cases, order))
    layout, folder = _layout(order, cases, name), place_of(order)
    key = order.out / f"{folder.name}-key.csv"
    refuse_unusable_folder(order.out)
    for taken in (folder, key):
        if taken.exists():
            raise InputError(f"{taken} is there already: choose another name or place, or remove it.")
    notes: dict[str, CaseNotes] = {}
    with clear_disk_errors(order.out):
        order.out.mkdir(parents=True, exist_ok=True)
        with whole_folder(folder) as beside:
            beside.mkdir()
            tasks = [(one, beside, layout) for one in names]
            watcher.start(Stage.EXPORTING, len(tasks))
            for number, found in _exported(tasks, order.processes, lambda: watcher.update(len(notes))):
                notes[names[number].case.case] = found
                watcher.update(len(notes))
            watcher.finish()
            layout.write_rest(beside, names)
            write_key(key, names)
    return ExportedDataset(folder, key, notes)


def place_of(order: ExportOrder) -> Path:
    """Where the exported dataset will lie."""
    name = order.name or _plain(order.dataset.resolve().name)
    return order.out / (nnunet_folder(order.number, name) if order.kind == "nnunet" else f"{name}-bids")


def _folds(cases: Sequence[DatasetCase], order: ExportOrder) -> dict[str, int]:
    if not order.folds:
        return {}
    splits = stratified_folds(cases, order.folds, order.seed)
    return {patient: number for number, split in enumerate(splits, 1) for patient in split.validation}


def _layout(order: ExportOrder, cases: Sequence[DatasetCase], name: str) -> Layout:
    if order.meaning not in MEANINGS:
        raise InputError(f"Masks cannot tell '{order.meaning}'; choose one of {', '.join(MEANINGS)}.")
    synthetic = bool(describe_dataset(order.dataset)["synthetic"])
    phases = cases[0].phases
    if order.kind == "bids":
        return BidsLayout(name, phases, order.meaning, synthetic)
    told = {each for case in cases for each in (case.case_class, *case.lesion_classes.values())}
    classes = in_usual_order(told - {NO_LESIONS})
    return NnUnetLayout.of(name, phases, classes, order.meaning, order.folds, synthetic)


def _exported(
    tasks: Sequence[Task], processes: int, look_up: Callable[[], None]
) -> Iterator[tuple[int, CaseNotes]]:
    many = min(processes or usable_cores(), len(tasks))
    if many > 1:
        yield from run_in_processes(export_case, tasks, many, title=title_of, look_up=look_up)
        return
    for number, task in enumerate(tasks):
        yield number, export_case(task, look_up)


def _plain(name: str) -> str:
    """A folder's name without the signs that other programs do not take."""
    return re.sub(r"[^A-Za-z0-9]", "", name) or "Liver"
