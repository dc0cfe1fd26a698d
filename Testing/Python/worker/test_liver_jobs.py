"""Liver and sensitivity through the worker: the same as the library, without torch where none is needed."""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from support.candidates import OFFERED, POINTS
from support.made_analysis import made_analysis, made_study
from support.worker_study import open_study

from MTINetLib.errors import InputError
from MTINetLib.findings import from_dict, to_dict
from MTINetLib.pipeline.liver import given_liver
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import (
    Analyze,
    Analyzed,
    CandidateFile,
    ChooseSensitivity,
    LiverFile,
    Measure,
    ModelChoice,
)

STUDY = made_study()
MADE = made_analysis(STUDY)


@pytest.fixture(scope="module")
def client(worker: WorkerClient) -> WorkerClient:
    open_study(worker, STUDY)
    return worker


def saved(client: WorkerClient, array: np.ndarray) -> str:
    path = client.folder / f"array-{uuid.uuid4().hex}.npy"
    np.save(path, array)
    return str(path)


def liver_mask() -> np.ndarray:
    k, j, i = np.meshgrid(*[np.linspace(-1, 1, n) for n in STUDY.grid.shape], indexing="ij")
    return ((k / 0.9) ** 2 + ((j + 0.05) / 0.55) ** 2 + ((i + 0.3) / 0.45) ** 2) < 1


def answer(client: WorkerClient, request: Any) -> Any:
    return request.result(client.wait(client.submit(request.job, request.to_dict()), timeout_s=120))


def test_masks_are_measured_in_the_liver_that_comes_with_them(client: WorkerClient) -> None:
    file = LiverFile(saved(client, liver_mask().astype(np.uint8)), "given", "by hand", edited=True)
    request = Measure("study", saved(client, MADE.labels), to_dict(MADE.findings), file)
    found = from_dict(answer(client, request).findings)
    liver = given_liver(liver_mask(), "by hand", STUDY)
    here = remeasure(STUDY, MADE.labels, MADE.findings, liver=replace(liver, edited=True))
    assert found.liver == here.liver
    assert [lesion.liver_overlap for lesion in found.lesions] == [1.0, 1.0]


def test_a_liver_that_is_none_of_these_images_ends_in_a_sentence(client: WorkerClient, model: Any) -> None:
    nothing = LiverFile(saved(client, np.zeros(STUDY.grid.shape, np.uint8)), "given", "empty node")
    with pytest.raises(InputError, match="The liver of 'empty node' lies wholly outside"):
        answer(client, Analyze("study", ModelChoice(str(model), "cpu", "fp32"), liver=nothing))


def test_a_point_of_the_curve_is_measured_without_the_network(client: WorkerClient) -> None:
    lesions = tuple(
        replace(lesion, lesion_probability=share)
        for lesion, share in zip(MADE.findings.lesions, (0.9, 0.4), strict=True)
    )
    kept = CandidateFile(
        saved(client, MADE.labels), to_dict(replace(MADE.findings, lesions=lesions)), OFFERED.to_dict()
    )
    found: Analyzed = answer(client, ChooseSensitivity("study", kept, 1, "the map"))
    findings = from_dict(found.findings)
    assert [lesion.label for lesion in findings.lesions] == [1]
    assert set(np.unique(np.load(found.labels))) == {0, 1}
    assert findings.provenance.settings["sensitivity"] == asdict(POINTS[1])
    assert (found.probability, found.candidates) == ("the map", kept)
