"""The study that lies in the scene, with its corrected masks, on its way into a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from MTINetLib.errors import InputError, Statement
from MTINetLib.findings import StudyFindings
from MTINetLib.presentation.statements import error_of, stating
from MTINetLib.scene.results import corrected_labels
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.core import SessionCore
from MTINetLib.session.task import Steps, ask
from MTINetLib.session.wanted_study import study_of_results
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.training_requests import AddCase, CaseAdded


@dataclass(frozen=True)
class CaseChoices:
    """What the user chose for the case.

    Args:
        dataset: folder of the dataset; a new one is made.
        classes: by lesion number.
        patient: pseudonym, the same for all studies of one patient; made if empty.
    """

    dataset: str
    classes: Mapping[int, str]
    patient: str = ""


def why_no_case(core: SessionCore) -> Statement | None:
    """Why there is no case to add now, or None."""
    if core.results is None or core.findings is None:
        return Statement.of("no_case_yet")
    if core.busy or core.waiting:
        return Statement.of("case_not_measured")
    return None


def add_case(core: SessionCore, worker: WorkerClient, choices: CaseChoices) -> Steps[CaseAdded]:
    """Hand the corrected masks and the aligned phases to the worker that adds them to the dataset.

    Raises:
        InputError: there is nothing to add.
        MissingResourceError: the disk is full.
    """
    reason = why_no_case(core)
    if reason is not None:
        raise stating(InputError, reason)
    results, findings = core.results, core.findings
    assert results is not None
    assert findings is not None
    labels = np.asarray(corrected_labels(results))
    yield None
    unclassed = sorted({int(label) for label in np.unique(labels) if label} - set(choices.classes))
    if unclassed:
        raise error_of(InputError, "no_class_chosen", lesion=unclassed[0])
    yield None
    with temporary_file(worker.folder, "case") as path:
        yield from write_array(path, labels)
        study = yield from core.study.open(study_of_results(results, findings, core.choices.alignment))
        if study.grid.shape != labels.shape:
            raise error_of(InputError, "masks_on_other_grid")
        times = {"times_s": list(study.times_s), "alignment": list(study.alignment)}
        request = AddCase(
            choices.dataset,
            str(core.worker.folder / study.volumes),
            str(path),
            study.grid,
            study.phases,
            tuple(sorted(choices.classes.items())),
            choices.patient,
            origin={**_origin(findings), **times},
            covered=None if study.covered is None else str(core.worker.folder / study.covered),
        )
        return (yield from ask(worker, request))


def _origin(findings: StudyFindings) -> dict[str, Any]:
    """What is worth knowing of how the masks came to be; nothing that leads to the patient."""
    provenance = findings.provenance
    return {
        "software": provenance.software,
        "model_name": provenance.model_name,
        "model_sha256": provenance.model_sha256,
        "corrected_by_person": provenance.corrected_by_person,
    }
