"""What a page says of a study: everything but the images, as plain data for its scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from MTINetLib.findings import EnhancementCurve, LesionFinding, StudyFindings, to_json
from MTINetLib.presentation.classes import KNOWN_CLASSES, class_title, on_black, on_white
from MTINetLib.presentation.liver_words import lesion_title
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.presentation.words import phase_title, seconds
from MTINetLib.report import content as said
from MTINetLib.report.cover import Cover
from MTINetLib.report.key_slice import ShownPlane, key_slice
from MTINetLib.report.page.images import ShownImages
from MTINetLib.report.page.names import image_script
from MTINetLib.study.lesion_class import UNDECIDED

#: The slice type of NiiVue for a stack whose slices follow each other mostly along L, P or S.
_PLANES = ("sagittal", "coronal", "axial")


def study_words(findings: StudyFindings, images: ShownImages, cover: Cover) -> dict[str, Any]:
    """Names, words and numbers; of de-identified findings nothing that names the patient."""
    plane = ShownPlane.of(images.grid)
    axis = TimeAxis.of(findings.study.times_s)
    normal = int(np.argmax(np.abs(images.grid.direction_matrix[:, 2])))
    return {
        "identity": results_identity(findings),
        "title": said.TITLE,
        "banner": [said.BANNER, said.BANNER_TEXT],
        "summary": said.summary_of(findings),
        "notices": said.notices_of(findings, cover),
        "doubts": said.doubts_of(findings),
        "facts": said.facts_of(findings, cover),
        "technique": said.technique_of(findings),
        "phase_heads": said.PHASE_HEADS,
        "phase_rows": said.phase_rows_of(findings),
        "provenance": said.provenance_of(findings),
        "size": images.grid.shape[::-1],
        "ijk_to_lps": images.grid.ijk_to_lps.tolist(),
        "plane": _PLANES[normal],
        "edges": plane.edges,
        "step": images.step,
        "window": images.window,
        "brightest": int(images.volumes.max(initial=1)),
        "phases": [
            {"title": _phase_title(phase, time), "script": image_script(phase)}
            for phase, time in zip(findings.phases, findings.study.times_s, strict=True)
        ],
        "axis": {
            "title": axis.title,
            "values": axis.values,
            "names": () if axis.in_seconds else tuple(map(phase_title, findings.phases)),
        },
        "classes": class_choices(findings.provenance.classes),
        "lesions": [_lesion(lesion, findings, images) for lesion in findings.lesions],
    }


def results_identity(findings: StudyFindings) -> str:
    """Letters and digits that stand for these results and no others."""
    return hashlib.sha256(to_json(findings).encode()).hexdigest()[:16]


def class_choices(told_apart: Sequence[str]) -> list[tuple[str, str]]:
    """Names and titles of what a reader may say that a lesion is: the model's classes first."""
    names = dict.fromkeys((*told_apart, *(name for name in KNOWN_CLASSES if name != UNDECIDED)))
    return [(name, class_title(name)) for name in names]


def _phase_title(phase: Any, time: float | None) -> str:
    return phase_title(phase) + ("" if time is None else f", {seconds(time)}")


def _lesion(lesion: LesionFinding, findings: StudyFindings, images: ShownImages) -> dict[str, Any]:
    liver = lesion.liver_curve
    heads = [name for name in said.LESION_HEADS if name != "No."]
    return {
        "label": lesion.label,
        "title": lesion_title(lesion, class_title(lesion.lesion_class)),
        "class": lesion.lesion_class,
        "on_black": on_black(lesion.lesion_class),
        "on_white": on_white(lesion.lesion_class),
        "facts": list(zip(heads, said.lesion_row_of(lesion, findings.phases)[1:], strict=True)),
        "remarks": said.remarks_of(lesion),
        "slice": key_slice(images.labels, lesion.label),
        "measured": _curve(lesion.measured_curve),
        "liver": None if liver is None else _curve(liver),
        "predicted": lesion.predicted_curve,
    }


def _curve(curve: EnhancementCurve) -> dict[str, Any]:
    return {"mean": curve.mean, "sd": curve.sd}
