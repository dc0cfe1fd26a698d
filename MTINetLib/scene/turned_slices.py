"""Slice numbers of findings whose volume came back from a file the other way round.

Slicer reads a left-handed volume with its slices in reverse, physically the same. Findings name slices by
number, so the place of the first voxel is kept beside them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from MTINetLib.findings import StudyFindings
from MTINetLib.scene.label_image import ijk_to_local_ras

#: Text attribute of the segmentation: RAS of the first voxel when the findings were written, mm.
FIRST_VOXEL_ATTRIBUTE = "MTINet.FirstVoxel"


def remember_first_voxel(segmentation: Any, geometry: Any) -> None:
    """Keep where the first voxel lies."""
    place = ijk_to_local_ras(geometry)[:3, 3]
    segmentation.SetAttribute(FIRST_VOXEL_ATTRIBUTE, " ".join(repr(float(value)) for value in place))


def slices_were_turned(segmentation: Any, geometry: Any) -> bool:
    """Whether the voxel that was first is now in the last slice."""
    text = segmentation.GetAttribute(FIRST_VOXEL_ATTRIBUTE)
    try:
        first = np.array([float(part) for part in (text or "").split()])
    except ValueError:
        return False
    count = geometry.GetImageData().GetDimensions()[2]
    if first.shape != (3,) or count < 2:
        return False
    index = np.linalg.inv(ijk_to_local_ras(geometry)) @ np.append(first, 1.0)
    return bool(np.allclose(index[:3], (0, 0, count - 1), atol=0.05))


def with_turned_slices(findings: StudyFindings, count: int) -> StudyFindings:
    """The same findings in a volume of ``count`` slices that are numbered from the other end."""
    lesions = tuple(
        replace(lesion, slices=(count - 1 - lesion.slices[1], count - 1 - lesion.slices[0]))
        for lesion in findings.lesions
    )
    return replace(findings, lesions=lesions)
