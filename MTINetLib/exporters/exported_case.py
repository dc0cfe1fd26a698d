"""One case as every layout takes it: all phases on the grid of the reference phase, and its lesions there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.evaluation.truth import read_truth
from MTINetLib.exporters.names import ExportedName
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Silent
from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels
from MTINetLib.study.study import Study


@dataclass(frozen=True)
class ExportedCase:
    """A case opened and aligned, as an analysis opens it.

    Args:
        named: the case and its name outside.
        study: its phases, as a network is given them; ``study.covered`` tells where there is an image.
        lesions: [K, J, I], 0 for background, one number a lesion.
        organs: [K, J, I], see study/anatomy.py; None where the dataset does not tell.
    """

    named: ExportedName
    study: Study
    lesions: npt.NDArray[np.uint16]
    organs: npt.NDArray[np.uint8] | None

    def classes(self) -> dict[int, str]:
        """The class of each lesion that is there, by its number."""
        return {int(n): self.named.case.class_of(int(n)) for n in np.unique(self.lesions) if n}


@dataclass(frozen=True)
class CaseNotes:
    """What must be told of an exported case.

    Args:
        lesions: how many.
        resampled: its mask lay on another grid and was brought over, each voxel from the nearest one.
        gaps: phases that have no image in a part of the reference phase.
    """

    lesions: int
    resampled: bool
    gaps: tuple[str, ...]


class Layout(Protocol):
    """How another program wants a dataset; it travels to other processes."""

    def write_case(self, folder: Path, case: ExportedCase) -> None:
        """The files of one case, into the folder of the dataset."""

    def write_rest(self, folder: Path, names: tuple[ExportedName, ...]) -> None:
        """What there is once for all cases."""


Task = tuple[ExportedName, Path, Layout]


def title_of(task: Task) -> str:
    """For what is said of a process that died."""
    return f"case {task[0].case.case}"


def export_case(task: Task, look_up: Callable[[], None] = lambda: None) -> CaseNotes:
    """Open a case, align it and write it.

    Args:
        look_up: called between two phases and two steps; what it raises ends the work.

    Raises:
        InputError: the case cannot be used; the sentence names it.
        MissingResourceError: the disk is full.
    """
    named, folder, layout = task
    case = named.case
    try:
        study = open_study(case.phase_paths, progress=_LookingUp(look_up))
        refuse_names_in_pixels(study)
        truth = read_truth(case, study.grid)
    except InputError as error:
        raise InputError(f"Case {case.case}: {error}") from error
    look_up()
    exported = ExportedCase(named, study, truth.labels, truth.anatomy)
    with clear_disk_errors(folder):
        layout.write_case(folder, exported)
    return CaseNotes(len(exported.classes()), truth.resampled, _gaps(study))


def _gaps(study: Study) -> tuple[str, ...]:
    if study.covered is None:
        return ()
    pairs = zip(study.phases, study.covered, strict=True)
    return tuple(phase.value for phase, covered in pairs if not covered.all())


class _LookingUp(Silent):
    def __init__(self, look_up: Callable[[], None]) -> None:
        self._look_up = look_up

    def update(self, done: int) -> None:
        self._look_up()
