"""A study of a work list in the scene: its volumes, and its lesions as they were drafted or corrected."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.scene import Scene
from MTINetLib.session.analysis import Shown, show_again
from MTINetLib.session.nothing_found import nothing_found
from MTINetLib.session.phase_volumes import add_phase_files
from MTINetLib.session.study_in_worker import StudyInWorker
from MTINetLib.session.task import Steps, ask
from MTINetLib.session.wanted_study import WantedStudy
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Analyzed, Measure
from MTINetLib.worker.worklist_requests import ListedStudy


@dataclass(frozen=True)
class ShownStudy:
    """Its volume nodes, in the order of its phases.

    Args:
        labels: .npy of its lesions, absolute; None where there are none.
    """

    opened: ListedStudy
    nodes: tuple[Any, ...]
    labels: Path | None


def show_listed(scene: Scene, folder: Path, opened: ListedStudy) -> Steps[ShownStudy]:
    """Add its volumes, named by the study's name in the list; their files go.

    Args:
        folder: of the worker that opened it.

    Raises:
        InputError: a file cannot be read.
    """
    try:
        nodes = yield from add_phase_files(scene, folder, f"Study {opened.study}", opened.phases)
    except OSError as error:
        raise error_of(InputError, "array_unreadable", file=opened.phases[0].path) from error
    for file in opened.phases:
        with suppress(OSError):  # Windows: still mapped; the folder goes at the end
            (folder / file.path).unlink()
    return ShownStudy(opened, nodes, folder / opened.labels if opened.labels else None)


def show_lesions(
    scene: Scene, worker: WorkerClient, study: StudyInWorker, wanted: WantedStudy, shown: ShownStudy
) -> Steps[Shown]:
    """Its lesions: a draft with the findings that it came with, others measured without a network."""
    handed_over = yield from study.open(wanted)
    labels = str(shown.labels)
    findings: Mapping[str, Any] | None = shown.opened.findings
    if findings is None:
        request = Measure(handed_over.study, labels, nothing_found(handed_over))
        findings = (yield from ask(worker, request)).findings
    analyzed = Analyzed(dict(findings), labels, probability="")
    return (yield from show_again(scene, study, wanted, analyzed))


def remove_shown(scene: Scene, shown: ShownStudy) -> None:
    """Take the volumes of a study out of the scene, those that are still there."""
    remove_nodes([node for node in shown.nodes if node.GetScene() is scene.mrml])
