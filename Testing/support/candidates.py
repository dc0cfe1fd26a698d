"""A session whose analysis has kept candidates, as of a model with operating points."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from MTINetLib.findings import to_dict
from MTINetLib.models.operating_points import LesionProbability, OperatingPoint, OperatingPoints
from MTINetLib.study.study import Study
from MTINetLib.worker.requests import Analyzed, CandidateFile

from .corrected_session import corrected_session
from .made_analysis import made_analysis

POINTS = (OperatingPoint(0.99, 0.6, 0.0), OperatingPoint(0.8, 0.9, 0.3), OperatingPoint(0.3, 0.97, 1.2))
OFFERED = OperatingPoints(POINTS, 1, LesionProbability(0.0, mean=1.0), {})


def session_with_candidates(scene: Any, worker: Any, study: Study) -> Any:
    """Two candidates of 0.9 and 0.4: the first counts at the usual point, which is shown."""
    made = made_analysis(study)
    shares = (0.9, 0.4)
    lesions = tuple(
        replace(lesion, lesion_probability=share)
        for lesion, share in zip(made.findings.lesions, shares, strict=True)
    )
    everything = replace(made.findings, lesions=lesions)
    settings = {**everything.provenance.settings, "sensitivity": asdict(POINTS[1])}
    provenance = replace(everything.provenance, settings=settings)
    usual = replace(everything, lesions=lesions[:1], provenance=provenance)
    labels = np.where(made.labels == 1, 1, 0).astype(np.uint8)
    session = corrected_session(scene, worker, study, replace(made, findings=usual, labels=labels))
    path = worker.folder / "candidates-of-a-test.npy"
    np.save(path, made.labels)
    kept = CandidateFile(str(path), to_dict(everything), OFFERED.to_dict())
    session.analyzed = Analyzed(to_dict(usual), str(path), probability="", candidates=kept)
    return session
