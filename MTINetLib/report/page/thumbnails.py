"""A small picture of each lesion, all in one file: the slice where it is largest, close up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.classes import on_black
from MTINetLib.report.key_slice import ShownPlane, key_slice, lesion_crop
from MTINetLib.report.outlined_slice import Pixels, jpeg_of, outlined_slice
from MTINetLib.report.page.images import ShownImages

#: Height and width of each; they lie side by side in the order of the lesions.
SIDE_PX = 96


def thumbnails(images: ShownImages, reference: int, lesions: Sequence[LesionFinding]) -> bytes:
    """A JPEG.

    Args:
        reference: number of the phase that is shown.
        lesions: at least one.
    """
    colours = {one.label: on_black(one.lesion_class) for one in lesions}
    return jpeg_of(np.concatenate([_one(images, reference, each.label, colours) for each in lesions], axis=1))


def _one(images: ShownImages, reference: int, label: int, colours: dict[int, str]) -> Pixels:
    k = key_slice(images.labels, label)
    plane = ShownPlane.of(images.grid)
    labels = plane.show(images.labels[k])
    crop = lesion_crop(labels == label, plane.pixel_mm, at_least_mm=90.0)
    pixels = outlined_slice(
        crop.cut(plane.show(images.volumes[reference, k]).astype(np.float32)),
        crop.cut(labels),
        colours,
        plane.pixel_mm,
        images.window,
        SIDE_PX,
    )
    square: Pixels = np.zeros((SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    top, left = (SIDE_PX - pixels.shape[0]) // 2, (SIDE_PX - pixels.shape[1]) // 2
    square[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return square
