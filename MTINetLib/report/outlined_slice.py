"""A plane as a small picture, with the lesions outlined in the colours of their classes."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

#: Of a JPEG.
QUALITY = 82
Pixels = npt.NDArray[np.uint8]
Image = npt.NDArray[Any]


def outlined_slice(
    image: Image,
    labels: Image,
    colours: Mapping[int, str],
    pixel_mm: tuple[float, float],
    window: tuple[float, float],
    side_px: int,
) -> Pixels:
    """A plane in grey with coloured outlines, [height, width, 3].

    Args:
        image: [rows, columns]; NaN, where there is no image, becomes dark blue.
        labels: of the same shape.
        colours: of labels, #RRGGBB.
        pixel_mm: height and width of a pixel, so that the patient has his own proportions.
        window: black and white.
        side_px: the picture's longer side.
    """
    extent = [count * mm for count, mm in zip(image.shape, pixel_mm, strict=True)]
    height, width = (max(1, round(side_px * one / max(extent))) for one in extent)
    rows, columns = _places(image.shape[0], height), _places(image.shape[1], width)
    shown = _between(image, rows, columns)
    low, high = window
    grey = np.clip((np.nan_to_num(shown) - low) / (high - low), 0.0, 1.0)
    pixels: Pixels = np.repeat((255 * grey).astype(np.uint8)[..., None], 3, axis=2)
    pixels[np.isnan(shown)] = (16, 24, 64)
    near = labels[np.ix_(np.rint(rows).astype(int), np.rint(columns).astype(int))]
    for label, colour in colours.items():
        pixels[_outline(near == label)] = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return pixels


def jpeg_of(pixels: Pixels) -> bytes:
    """The file of a picture, [height, width, 3]."""
    from matplotlib.image import imsave

    file = BytesIO()
    imsave(file, pixels, format="jpg", pil_kwargs={"quality": QUALITY})
    return file.getvalue()


def _places(count: int, pixels: int) -> Image:
    """Where in a row of ``count`` voxels the middles of as many pixels lie."""
    return np.clip((np.arange(pixels) + 0.5) * count / pixels - 0.5, 0, count - 1)


def _between(image: Image, rows: Image, columns: Image) -> Image:
    """Linear interpolation, first down, then across."""
    for places in (rows, columns):
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, image.shape[0] - 1)
        share = (places - low)[:, None]
        # Where the share is 0 the neighbour does not count, not even as NaN.
        image = np.where(share > 0, (1 - share) * image[low] + share * image[high], image[low]).T
    return image


def _outline(mask: Image) -> Image:
    """Pixels of a mask with a neighbour outside."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    edge: Image = mask & ~inner
    return edge
