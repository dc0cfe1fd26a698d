"""A segmentation that a person has outlined, beside our own results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from MTINetLib.scene.label_image import BINARY_LABELMAP, label_image
from MTINetLib.scene.segmentation import empty_segmentation, label_in_labels
from MTINetLib.scene.slicer_core import slicer_module


def outlined(volume: Any, labels: Any, names: Mapping[int, str]) -> Any:
    """A segmentation node with a segment for each of these labels [K, J, I] on a volume's grid."""
    node = empty_segmentation("outlined", volume)
    for label, name in names.items():
        found = label_in_labels(np.asarray(labels), label)
        assert found is not None
        segment = slicer_module().vtkSegment()
        segment.SetName(name)
        segment.AddRepresentation(BINARY_LABELMAP, label_image(*found, volume))
        node.GetSegmentation().AddSegment(segment, name)
    return node
