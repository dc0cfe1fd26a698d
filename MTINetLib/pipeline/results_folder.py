"""Results that lie in a folder, read back with the volumes that they were made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.findings import WITHHELD, LesionFinding, PhaseSummary, StudyFindings, from_json
from MTINetLib.phases.choose import choose_phases
from MTINetLib.presentation.phase_words import unclear_in_words
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
from MTINetLib.report.file_names import FINDINGS_FILE, LABELS_FILE, LIVER_FILE, PROBABILITY_FILE
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase, the_phases

#: A label map whose name begins so was corrected by somebody, and takes the place of the results' own.
CORRECTED = "corrected"
#: A curve that was written and read again, and one of the same images that was measured on another machine.
_SAME_SHARE = 1e-3
_SAME_ML, _SAME_MM = 1e-3, 0.05


@dataclass(frozen=True, eq=False)
class EarlierResults:
    """What a folder of results holds.

    Args:
        labels: [K, J, I] of whole numbers on ``grid``, as a person corrected them where the folder holds such
            a map; None (as ``grid``) where nothing was found and no map was written.
        liver: bool [K, J, I]; None where none is known.
        probability: float32 [K, J, I]; None where it was not written.
    """

    findings: StudyFindings
    labels: npt.NDArray[Any] | None
    grid: Grid | None
    liver: npt.NDArray[np.bool_] | None = None
    probability: npt.NDArray[np.float32] | None = None

    @property
    def reference(self) -> Phase:
        """The phase whose grid the results have."""
        told = self.findings.provenance.settings.get("reference")
        phases = self.findings.phases
        return next((phase for phase in phases if phase.value == told), Phase.PORTAL_VENOUS)


def read_results(folder: Path) -> EarlierResults:
    """Findings and masks of a study's folder, as ``analyze``, ``cohort`` and reports leave it.

    Raises:
        InputError: findings or masks are not there, damaged, or do not lie on one grid.
    """
    path = folder / FINDINGS_FILE
    if not path.is_file():
        raise InputError(
            f"{folder} holds no results of a study ({FINDINGS_FILE}): choose the folder of one, in a cohort "
            "one of those in studies."
        )
    try:
        findings = from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is damaged or of a later version: analyze the study again.") from error
    masks = _corrected_map(folder) or folder / LABELS_FILE
    if not masks.is_file():
        if findings.lesions:
            raise InputError(f"{folder} holds no masks ({LABELS_FILE}): analyze the study again with them.")
        return EarlierResults(findings, None, None)
    lesions = read_label_map(masks)
    labels = lesions.array.astype(np.uint16)
    if tuple(labels.shape[::-1]) != findings.study.size or not np.array_equal(labels, lesions.array):
        raise InputError(f"{masks} is no label map on the grid of the results in {folder}.")
    liver = _beside(folder / LIVER_FILE, lesions.grid)
    return EarlierResults(
        findings,
        labels,
        lesions.grid,
        None if liver is None or findings.liver is None else liver != 0,
        _beside(folder / PROBABILITY_FILE, lesions.grid),
    )


def volumes_of(findings: StudyFindings, found: FoundVolumes) -> dict[Phase, SourceVolume]:
    """Of all that was found the volumes that findings were made from.

    DICOM series are told by their UIDs, files by their names; where both were left out because the results
    are de-identified, the phases are recognised again.

    Raises:
        InputError: one of them is not there, or more than one fits.
    """
    if all(said.description == WITHHELD for said in findings.study.phases):
        with unclear_in_words():
            chosen = choose_phases(found, {}, phases=findings.phases)
        return {phase: chosen.volume(phase) for phase in findings.phases}
    volumes, missing = {}, []
    for said in findings.study.phases:
        fits = [volume for volume in found.volumes if is_volume_of(volume, said)]
        if len(fits) == 1:
            volumes[said.phase] = fits[0]
        else:
            missing.append(said.phase)
    if missing:
        raise InputError(
            f"{found.source} does not hold the images of these results ({the_phases(missing)}): choose the "
            "folder of the images that were analyzed."
        )
    return volumes


def is_volume_of(volume: SourceVolume, said: PhaseSummary) -> bool:
    """Whether a volume is, by UIDs or name, the one that findings tell of."""
    if volume.time_point != said.time_point:
        return False
    if said.instance_uids:
        return set(volume.instance_uids) == set(said.instance_uids)
    if said.series_uid:
        return volume.series_uid == said.series_uid
    return volume.series_uid is None and _stem(volume.description) == _stem(said.description)


def fits_masks(before: StudyFindings, measured: StudyFindings) -> bool:
    """Whether masks that were measured again are those that findings were made from."""
    now = {lesion.label: lesion for lesion in measured.lesions}
    then = {lesion.label: lesion for lesion in before.lesions}
    return set(now) == set(then) and all(_same_mask(then[label], now[label]) for label in then)


def refuse_other_images(folder: Path, before: StudyFindings, measured: StudyFindings) -> None:
    """Compare the curves of masks that nobody has changed since.

    Raises:
        InputError: the images that were measured now are others than those of the findings.
    """
    now = {lesion.label: lesion for lesion in measured.lesions}
    for lesion in before.lesions:
        again = now.get(lesion.label)
        if again is None or not _same_mask(lesion, again):
            continue
        if not _same_curve(lesion.measured_curve.mean, again.measured_curve.mean):
            raise InputError(
                f"The images are not those of the results in {folder}: lesion {lesion.label} has another "
                "signal in them. Choose the folder of the images that were analyzed."
            )


def _same_mask(one: LesionFinding, other: LesionFinding) -> bool:
    apart = math.dist(one.centroid_lps_mm, other.centroid_lps_mm)
    return math.isclose(one.volume_ml, other.volume_ml, rel_tol=_SAME_ML) and apart < _SAME_MM


def _same_curve(then: Sequence[float | None], now: Sequence[float | None]) -> bool:
    bright = max((abs(value) for value in then if value is not None), default=0.0)
    pairs = [
        (one, other) for one, other in zip(then, now, strict=False) if one is not None and other is not None
    ]
    return len(then) == len(now) and all(abs(one - other) <= _SAME_SHARE * bright for one, other in pairs)


def _corrected_map(folder: Path) -> Path | None:
    found = sorted(
        path for path in folder.iterdir() if path.name.lower().startswith(CORRECTED) and is_volume_file(path)
    )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{folder} holds more than one corrected label map ({names}): leave one there.")
    return found[0] if found else None


def _beside(path: Path, grid: Grid) -> Any | None:
    """A map that is good to have; one on another grid is none of these results."""
    if not path.is_file():
        return None
    found = read_label_map(path)
    return found.array if found.grid.matches(grid) else None


def _stem(description: str) -> str:
    return stem_of(Path(description)).casefold()


def times_of(findings: StudyFindings) -> Mapping[Phase, float | None]:
    """Seconds of each phase."""
    return dict(zip(findings.phases, findings.study.times_s, strict=True))
