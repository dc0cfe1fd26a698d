"""The page of a study whose results were written without it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from MTINetLib.claim import claimed
from MTINetLib.cohort.results_images import images_of_results
from MTINetLib.errors import InputError
from MTINetLib.phases.given import GivenPhase, given_phases
from MTINetLib.pipeline.open import open_study
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.pipeline.results_folder import EarlierResults, read_results, refuse_other_images, times_of
from MTINetLib.progress import Progress
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.output_folder import new_results
from MTINetLib.report.page.names import PAGE_FILE, PAGE_FILES
from MTINetLib.report.page.write import write_page
from MTINetLib.report.results import Results
from MTINetLib.study.study import Study

#: Flags of a phase that was moved onto the others.
_MOVED = frozenset({"registered", "deformed"})


def has_page(folder: Path) -> bool:
    return (folder / PAGE_FILE).is_file()


def make_page(folder: Path, images: Path | None = None, progress: Progress | None = None) -> None:
    """Write page.html and what it loads into a folder of results.

    Args:
        images: where they lie; None for where the results say that they lay.

    Raises:
        InputError: there are no results, their images are not there, or others are.
    """
    before = read_results(folder)
    with claimed(folder), ExitStack() as held:
        study = _study(folder, before, images, held, progress)
        labels = np.zeros(study.grid.shape, np.uint8) if before.labels is None else before.labels
        if before.grid is not None and not before.grid.matches(study.grid):
            raise InputError(
                f"The images are not those of the results in {folder}: they lie on another grid. Name the "
                "folder of the images that were analyzed."
            )
        refuse_other_images(folder, before.findings, remeasure(study, labels, before.findings))
        with new_results(folder, overwrite=True, earlier=PAGE_FILES) as beside:
            write_page(beside, Results(study, before.findings, labels, None, LeftOut(beside)))


def _study(
    folder: Path, before: EarlierResults, images: Path | None, held: ExitStack, progress: Progress | None
) -> Study:
    """As it was analyzed."""
    findings = before.findings
    volumes = images_of_results(folder, images, findings, held, progress)
    times = times_of(findings)
    phases = {
        said.phase: GivenPhase(volumes[said.phase], said.evidence, said.confidence, times[said.phase])
        for said in findings.study.phases
    }
    moved = any(flag.partition(":")[0] in _MOVED for flag in findings.study.flags)
    return open_study(
        given_phases(phases, findings.study.flags),
        phases=findings.phases,
        reference=before.reference,
        alignment="auto" if moved else "off",
        files=held,
        progress=progress,
    )
