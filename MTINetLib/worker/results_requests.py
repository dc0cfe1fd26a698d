"""What jobs about results in a folder are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.worker.plain import Request, Serializable
from MTINetLib.worker.requests import LiverFile, PhaseFile


@dataclass(frozen=True)
class OpenedResults(Serializable):
    """Results, and the images that they were made from.

    Args:
        phases: volumes as they were read, each on its own grid, a file of the private folder.
        files: the DICOM files of each phase, absolute; none for images of other kinds.
        findings: as the folder has them.
        reference: the phase whose grid they have.
        labels: .npy of [K, J, I]; empty where nothing was found and no map was written.
        grid: of the labels.
        liver: None where none is known.
        probability: .npy of float32 [K, J, I]; empty where it was not written.
        model: name to choose so that the network that found the lesions is asked again, empty for the
            default one; None where it is not installed.
    """

    phases: tuple[PhaseFile, ...]
    files: tuple[tuple[str, ...], ...]
    findings: Mapping[str, Any]
    reference: Phase
    labels: str = ""
    grid: Grid | None = None
    liver: LiverFile | None = None
    probability: str = ""
    model: str | None = None


@dataclass(frozen=True)
class OpenResults(Request[OpenedResults]):
    """Read a folder of results and its images.

    Args:
        images: where they lie; empty for where they lay when they were analyzed.
        model: name or folder of the one that is chosen now.
    """

    job = "open_results"

    folder: str
    images: str = ""
    model: str | None = None


@dataclass(frozen=True)
class TakenUp(Serializable):
    """Findings of the masks; ``changed``: somebody has changed these since, so they were measured."""

    findings: Mapping[str, Any]
    changed: bool


@dataclass(frozen=True)
class TakeUp(Request[TakenUp]):
    """Compare results with a study that is open, and measure masks that were changed outside.

    Args:
        study: its key.
        folder: of the results, for people.
        labels: .npy of whole numbers [K, J, I] on the study's grid.
        before: the findings that lie in the folder.
    """

    job = "take_up"

    study: str
    folder: str
    labels: str
    before: Mapping[str, Any]
    liver: LiverFile | None = None
