"""What findings say of lesions that were outlined from a box. Needs no torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from MTINetLib.findings import Provenance, StudyFindings
from MTINetLib.findings.notes import OUTLINE_PIECES, OUTLINE_SEVERAL, OUTLINED, note
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.published import NAME, PACKAGE, VERSION, WEIGHTS_SHA256

#: Key of the settings in the provenance.
OUTLINED_BY = "outlined_by"
#: Notes that begin with a lesion's number.
_OF_ONE_LESION = (OUTLINE_PIECES, OUTLINE_SEVERAL)
_MODEL = {
    "model": NAME,
    "package": f"{PACKAGE} {VERSION}",
    "weights_sha256": WEIGHTS_SHA256,
    "boxes_by": "person",
}


def described(marks: Marks, image: str, slices: int, several: bool = False) -> dict[str, Any]:
    """Marks and what came of them, as plain values; see ``outline.Outline``."""
    return {
        "box_lps_mm": [list(corner) for corner in marks.box],
        "inside_lps_mm": [list(point) for point in marks.inside],
        "outside_lps_mm": [list(point) for point in marks.outside],
        "image": image,
        "slices": slices,
        "several": several,
    }


def with_outline(
    findings: StudyFindings, label: int, said: Mapping[str, Any], left_out: int, notes: Sequence[str] = ()
) -> StudyFindings:
    """Findings that tell of the outline of one lesion; an earlier one of that number is replaced.

    Args:
        said: as :func:`described` gives it.
        left_out: pieces that are not in the outline.
        notes: what had to be done about the device.
    """
    provenance = outlines_kept(findings.provenance, {*_labels(findings.provenance)} - {label})
    boxes = [*_boxes(provenance), {"label": label, **said}]
    settings = {**provenance.settings, OUTLINED_BY: {**_MODEL, "boxes": sorted(boxes, key=_label)}}
    pieces = [note(OUTLINE_PIECES, label, left_out)] if left_out else []
    several = [note(OUTLINE_SEVERAL, label)] if said.get("several") else []
    told = dict.fromkeys((*provenance.notes, note(OUTLINED, NAME), *pieces, *several, *notes))
    return replace(findings, provenance=replace(provenance, settings=settings, notes=tuple(told)))


def outlines_kept(
    provenance: Provenance, labels: Collection[int], before: Provenance | None = None
) -> Provenance:
    """The provenance without outlines of lesions that are no longer there.

    Args:
        labels: of the lesions that are.
        before: the provenance whose outlines count; None for this one.
    """
    source = before or provenance
    boxes = [box for box in _boxes(source) if box["label"] in labels]
    settings = {name: value for name, value in provenance.settings.items() if name != OUTLINED_BY}
    if boxes:
        settings[OUTLINED_BY] = {**source.settings[OUTLINED_BY], "boxes": boxes}
    own = [item for item in source.notes if _still(item, labels, bool(boxes))]
    others = [item for item in provenance.notes if item.partition(":")[0] not in (OUTLINED, *_OF_ONE_LESION)]
    return replace(provenance, settings=settings, notes=tuple(dict.fromkeys((*others, *own))))


def _still(item: str, labels: Collection[int], any_left: bool) -> bool:
    code, _, rest = item.partition(":")
    if code in _OF_ONE_LESION:
        return int(rest.partition(":")[0]) in labels
    return code == OUTLINED and any_left


def outline_doubts(provenance: Provenance) -> tuple[str, ...]:
    """The notes that say of an outline what may be wrong with its box."""
    return tuple(item for item in provenance.notes if item.partition(":")[0] in _OF_ONE_LESION)


def _boxes(provenance: Provenance) -> list[dict[str, Any]]:
    told = provenance.settings.get(OUTLINED_BY)
    return list(told["boxes"]) if isinstance(told, Mapping) else []


def _labels(provenance: Provenance) -> list[int]:
    return [_label(box) for box in _boxes(provenance)]


def _label(box: Mapping[str, Any]) -> int:
    return int(box["label"])
