from __future__ import annotations

import uuid

import numpy as np
from support.made_analysis import made_analysis, made_grid, made_labels, made_study
from support.worker_study import kill, open_study

from MTINetLib.errors import MissingResourceError
from MTINetLib.findings import StudyFindings, from_dict, from_json, to_dict, to_json
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Measure
from MTINetLib.worker.study_files import MOST_KEPT
from MTINetLib.worker.warm import MOST_STUDIES

STUDY = made_study()
BEFORE = made_analysis(STUDY)


def measured(client: WorkerClient, labels: np.ndarray, key: str = "study") -> StudyFindings:
    path = client.folder / f"labels-{uuid.uuid4().hex}.npy"
    np.save(path, labels)
    request = Measure(key, str(path), to_dict(BEFORE.findings))
    result = client.wait(client.submit("measure", request.to_dict()), timeout_s=120)
    return from_dict(result["findings"])


def test_measuring_says_what_the_library_says_and_that_a_person_corrected(client: WorkerClient) -> None:
    open_study(client, STUDY)
    labels = made_labels(STUDY.grid)
    labels[:, :, : labels.shape[2] // 4] = 0
    found = measured(client, labels)
    # The opened study has its own agreement figures; lesions do not depend on them.
    assert (
        found.lesions[0].measured_curve == remeasure(STUDY, labels, BEFORE.findings).lesions[0].measured_curve
    )
    assert found.lesions[0].volume_ml < BEFORE.findings.lesions[0].volume_ml
    assert found.lesions[0].lesion_class == BEFORE.findings.lesions[0].lesion_class
    assert found.provenance.corrected_by_person
    assert from_json(to_json(found)) == found


def test_opening_and_measuring_import_no_torch(faulty_shared: WorkerClient) -> None:
    open_study(faulty_shared, STUDY)
    measured(faulty_shared, made_labels(STUDY.grid))
    names = {"names": ["torch", "matplotlib", "reportlab", "MTINetLib.pipeline.remeasure"]}
    imported = faulty_shared.wait(faulty_shared.submit("modules", names))
    assert imported == {
        "torch": False,
        "matplotlib": False,
        "reportlab": False,
        "MTINetLib.pipeline.remeasure": True,
    }


def test_measuring_again_reads_the_masks_alone(faulty_shared: WorkerClient) -> None:
    labels = made_labels(STUDY.grid)
    open_study(faulty_shared, STUDY, "warm")
    faulty_shared.wait(faulty_shared.submit("count_loads", {}))
    measured(faulty_shared, labels, "warm")
    before = faulty_shared.wait(faulty_shared.submit("count_loads", {}))["arrays"]
    for _ in range(3):
        measured(faulty_shared, labels, "warm")
    assert faulty_shared.wait(faulty_shared.submit("count_loads", {}))["arrays"] == before + 3


def test_a_restarted_worker_finds_the_study_again_by_itself(client: WorkerClient) -> None:
    open_study(client, STUDY, "kept")
    labels = made_labels(STUDY.grid)
    first = measured(client, labels, "kept")
    assert client.pid is not None
    kill(client.pid)
    again = measured_after_crash(client, labels)
    assert again.lesions == first.lesions
    assert again.study == first.study


def measured_after_crash(client: WorkerClient, labels: np.ndarray) -> StudyFindings:
    try:
        return measured(client, labels, "kept")
    except MissingResourceError:
        # The signal may arrive after the job was handed over: that job is lost, the next one is not.
        return measured(client, labels, "kept")


def test_more_studies_than_stay_warm_are_all_found(client: WorkerClient) -> None:
    assert MOST_KEPT > MOST_STUDIES
    small = made_study(made_grid((6, 40, 48)))
    for number in range(MOST_KEPT):
        open_study(client, small, f"study {number}")
    for number in range(MOST_KEPT):
        measured(client, made_labels(small.grid), f"study {number}")
