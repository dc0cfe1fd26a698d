"""A plane as a small JPEG, with the lesions outlined in the colours of their classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from MTINetLib.dataset_page.planes import Image

#: Of a picture's longer side, and of the file.
SIDE_PX, QUALITY = 260, 82


@dataclass(frozen=True)
class Picture:
    """A picture and its words.

    Args:
        jpeg: the file.
        size: width and height in pixels.
        title: what it shows.
        detail: when and how it was taken.
        letters: of the patient's sides at left, right and top.
    """

    jpeg: bytes
    size: tuple[int, int]
    title: str
    detail: str
    letters: tuple[str, str, str]


def draw(
    image: Image,
    labels: Image,
    colours: Mapping[int, str],
    pixel_mm: tuple[float, float],
    window: tuple[float, float],
) -> tuple[bytes, tuple[int, int]]:
    """A JPEG of a plane, and its width and height.

    Args:
        image: [rows, columns]; NaN, where there is no image, becomes dark blue.
        labels: of the same shape.
        colours: of labels, #RRGGBB.
        pixel_mm: height and width of a pixel, so that the patient has his own proportions.
        window: black and white.
    """
    from matplotlib.image import imsave

    extent = [count * mm for count, mm in zip(image.shape, pixel_mm, strict=True)]
    height, width = (max(1, round(SIDE_PX * one / max(extent))) for one in extent)
    rows, columns = _places(image.shape[0], height), _places(image.shape[1], width)
    shown = _between(image, rows, columns)
    low, high = window
    grey = np.clip((np.nan_to_num(shown) - low) / (high - low), 0.0, 1.0)
    pixels = np.repeat((255 * grey).astype(np.uint8)[..., None], 3, axis=2)
    pixels[np.isnan(shown)] = (16, 24, 64)
    near = labels[np.ix_(np.rint(rows).astype(int), np.rint(columns).astype(int))]
    for label, colour in colours.items():
        pixels[_outline(near == label)] = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    file = BytesIO()
    imsave(file, pixels, format="jpg", pil_kwargs={"quality": QUALITY})
    return file.getvalue(), (width, height)


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
