"""The study that lies in the scene, with its corrected masks, on its way into a dataset."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.session.array_files import write_array
from MTINetLib.worker.training_messages import AddCase

if TYPE_CHECKING:
    from pathlib import Path

    from MTINetLib.session.session import Session
    from MTINetLib.worker.messages import OpenedStudy


@dataclass(frozen=True)
class CaseChoices:
    """What the user chose for the case.

    Args:
        dataset: folder of the dataset; a new one is made.
        classes: HCC or hemangioma by lesion number.
        patient: pseudonym, the same for all studies of one patient; made if empty.
    """

    dataset: str
    classes: Mapping[int, str]
    patient: str = ""


def why_no_case(session: Session) -> str | None:
    """A sentence if there is no case to add now, or None."""
    if session.results is None or session.findings is None:
        return "Analyze a study first, and correct its lesions: then it can be added as a case."
    if session.busy or session.correction.waiting:
        return "Wait until the study that is open has been measured."
    return None


def hand_over_case(
    session: Session,
    folder: Path,
    choices: CaseChoices,
    on_ready: Callable[[AddCase], None],
    on_failed: Callable[[MTINetError], None],
    on_progress: Callable[[str, int, int], None],
) -> Generator[None, None, None]:
    """A chore: the corrected masks and the aligned phases become files; one of the functions is called.

    Args:
        folder: where the masks are written for the worker.

    Raises:
        InputError: there is nothing to add.
        MissingResourceError: the disk is full.
    """
    from MTINetLib.scene.results import corrected_labels
    from MTINetLib.session.correction_study import study_of_results

    reason = why_no_case(session)
    if reason is not None:
        raise InputError(reason)
    results, findings = session.results, session.findings
    assert results is not None
    assert findings is not None
    labels = np.asarray(corrected_labels(results))
    yield
    unclassed = sorted({int(label) for label in np.unique(labels) if label} - set(choices.classes))
    if unclassed:
        raise InputError(f"Choose a class for lesion {unclassed[0]}: HCC or hemangioma.")
    yield
    path = folder / f"case-{uuid.uuid4().hex[:12]}.npy"
    yield from write_array(path, labels)
    origin = _origin(findings)

    def opened(study: OpenedStudy) -> None:
        if study.grid.shape != labels.shape:
            on_failed(InputError("The masks lie on another grid than the study; analyze it again first."))
            return
        volumes = session.worker.folder / study.volumes
        classes = tuple((label, name) for label, name in sorted(choices.classes.items()))
        times = {"times_s": list(study.times_s), "alignment": list(study.alignment)}
        on_ready(
            AddCase(
                choices.dataset,
                str(volumes),
                str(path),
                study.grid,
                classes,
                choices.patient,
                origin={**origin, **times},
            )
        )

    wanted = study_of_results(results, findings, session.choices.alignment)
    yield from session.study.open(wanted, opened, on_failed, on_progress)


def _origin(findings: Any) -> dict[str, Any]:
    """What is worth knowing of how the masks came to be; nothing that leads to the patient."""
    provenance = findings.provenance
    return {
        "software": provenance.software,
        "model_name": provenance.model_name,
        "model_sha256": provenance.model_sha256,
        "corrected_by_person": provenance.corrected_by_person,
    }
