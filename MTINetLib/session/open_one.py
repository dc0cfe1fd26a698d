"""The study of a work list that is looked at, and what a person has changed of it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from MTINetLib.scene.label_image import Labels
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.listed_study import ShownStudy
from MTINetLib.session.task import Steps, ask
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.worklist_requests import ListedRow, ListedStudy, SaveListed


@dataclass(frozen=True)
class OpenOne:
    """The study that is looked at.

    Args:
        opened: as it came from the list.
        shown: its nodes in the scene.
        classes: by lesion, as they are chosen now.
        touched: a class was chosen since it was opened or saved.
        saved: [K, J, I], its lesions as they were saved last; None before.
    """

    opened: ListedStudy
    shown: ShownStudy
    classes: Mapping[int, str]
    touched: bool = False
    saved: Labels | None = None

    def class_of(self, label: int) -> str:
        """Empty where nobody has said."""
        name = self.classes.get(label, "")
        return "" if name == UNDECIDED else name

    def is_changed(self, labels: Labels | None) -> bool:
        """Whether something is to be saved; ``labels``: the lesions as a person has drawn them, if so."""
        if self.touched or labels is None:
            return self.touched
        if self.saved is not None:
            return not np.array_equal(labels, self.saved)
        if self.shown.labels is None:
            return bool(labels.any())
        return not np.array_equal(labels, np.load(self.shown.labels, mmap_mode="r"))

    def as_saved(self, version: str, labels: Labels | None) -> OpenOne:
        """The same, and all of it is kept in the list."""
        kept = self.saved if labels is None else labels
        return replace(self, opened=replace(self.opened, version=version), touched=False, saved=kept)


def save_listed(
    worker: WorkerClient, said: SaveListed, one: OpenOne, labels: Labels | None
) -> Steps[ListedRow]:
    """Write what a person says; the row of that study comes back.

    Args:
        said: all of it but lesions and their classes.
        labels: [K, J, I] on the grid of the study; None where they are not asked for.
    """
    with temporary_file(worker.folder, "listed-masks") as path:
        if labels is not None:
            yield from write_array(path, labels)
            classes = tuple((int(label), one.class_of(int(label))) for label in np.unique(labels) if label)
            said = replace(said, labels=str(path), grid=one.opened.phases[0].grid, classes=classes)
        return (yield from ask(worker, said)).rows[0]


def own_name() -> str:
    """The reader's name on this computer."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
