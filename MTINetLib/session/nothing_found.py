"""What measuring starts from where no network has been asked: no findings yet."""

from __future__ import annotations

from typing import Any

import MTINetLib
from MTINetLib.findings import PhaseSummary, Provenance, StudyFindings, StudySummary, to_dict
from MTINetLib.findings.notes import DRAWN
from MTINetLib.worker.requests import OpenedStudy

#: What the provenance names where no network was asked.
NO_MODEL = "none"


def nothing_found(opened: OpenedStudy) -> dict[str, Any]:
    """Findings that the measuring of drawn masks starts from; the worker fills in what it knows."""
    size = opened.grid.shape[::-1]
    spacing = opened.grid.spacing
    summary = StudySummary(
        phases=tuple(PhaseSummary(phase) for phase in opened.phases),
        times_s=opened.times_s,
        spacing_mm=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        size=(int(size[0]), int(size[1]), int(size[2])),
    )
    provenance = Provenance(
        software=f"MTINetLib {MTINetLib.__version__}",
        model_name=NO_MODEL,
        model_sha256="",
        preset=NO_MODEL,
        device="cpu",
        precision="fp32",
        input_series_uids=tuple(source.series_uid or "" for source in opened.sources),
        settings={},
        notes=(DRAWN,),
    )
    return to_dict(StudyFindings((), summary, provenance))
