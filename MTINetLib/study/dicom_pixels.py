"""The pixels of slice images: read straight from uncompressed files, else decoded by pydicom."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.pixels.utils import iter_pixels

from MTINetLib.errors import InputError
from MTINetLib.study.dicom_frame import Frame
from MTINetLib.study.study import Volume


def read_pixels(frames: Sequence[Frame]) -> Volume:
    """Rescaled values of the frames, float32 [K, J, I], in their order; files are read in parallel.

    Raises:
        InputError: a file cannot be read or decoded; the sentence names it.
    """
    rows, columns = frames[0].size
    volume = np.empty((len(frames), rows, columns), dtype=np.float32)
    files: dict[Path, list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        files[frame.place.path].append(index)

    def fill(indices: list[int]) -> None:
        chosen = [frames[index] for index in indices]
        for index, stored in zip(indices, stored_pixels(chosen), strict=True):
            np.multiply(stored, np.float32(frames[index].slope), out=volume[index], casting="unsafe")
            if frames[index].intercept:
                volume[index] += np.float32(frames[index].intercept)

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(fill, files.values()))
    return volume


def stored_pixels(frames: Sequence[Frame]) -> list[npt.NDArray[Any]]:
    """Stored values of frames of one file, each [J, I].

    Raises:
        InputError: the file cannot be read or decoded.
    """
    place = frames[0].place
    if place.problem is not None:
        raise InputError(f"The DICOM file {place.path} {place.problem}; export the series again.")
    try:
        if place.offset is None:
            return _decode(frames)
        return [_read(frame, place.offset) for frame in frames]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"The DICOM file {place.path} cannot be read ({reason}).") from error
    # Decoders raise whatever they meet in a damaged stream: all of it is one clear sentence.
    except Exception as error:
        raise InputError(
            f"The pixels of the DICOM file {place.path} cannot be decoded ({type(error).__name__}); "
            "export the series again, uncompressed if possible."
        ) from error


def _read(frame: Frame, offset: int) -> npt.NDArray[Any]:
    dtype = np.dtype(frame.place.dtype)
    rows, columns = frame.size
    size = rows * columns * dtype.itemsize
    with frame.place.path.open("rb") as stream:
        stream.seek(offset + frame.number * size)
        data = stream.read(size)
    if len(data) != size:
        raise OSError("the file became shorter while it was read")
    pixels = np.frombuffer(data, dtype=dtype).reshape(rows, columns)
    unused = dtype.itemsize * 8 - frame.place.bits_stored
    if unused <= 0:
        return pixels
    # Bits above the stored ones may hold anything (old overlays): shift them out, keeping the sign.
    native = pixels.astype(dtype.newbyteorder("="))
    return (native << unused) >> unused


def _decode(frames: Sequence[Frame]) -> list[npt.NDArray[Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The whole file first: pydicom finds no pixels in a deflated file by its path.
        dataset = pydicom.dcmread(frames[0].place.path, force=True)
        pixels = iter_pixels(dataset, indices=[frame.number for frame in frames], raw=True)
        found = [np.array(item) for item in pixels]
    if any(item.shape != frames[0].size for item in found) or len(found) != len(frames):
        raise ValueError("the decoded size differs from the header's")
    return found
