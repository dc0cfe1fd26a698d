"""The pixels of slice images: read straight from uncompressed files, else decoded in another process."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.decode import CompressedFile, decode_files
from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.open import UnusableError, open_regular
from MTINetLib.study.study import Volume

Pixels = npt.NDArray[Any]


def read_pixels(frames: Sequence[Frame]) -> Volume:
    """Rescaled values of the frames, float32 [K, J, I], in their order; files are read in parallel.

    Raises:
        InputError: a file cannot be read or decoded; the sentence names it.
        MissingResourceError: compressed pixels cannot be decoded on this machine.
    """
    rows, columns = frames[0].size
    volume = np.empty((len(frames), rows, columns), dtype=np.float32)
    files: dict[Path, list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        files[frame.place.path].append(index)

    def fill(indices: list[int], pixels: Sequence[Pixels]) -> None:
        for index, stored in zip(indices, pixels, strict=True):
            frame = frames[index]
            stored = without_unused_bits(stored, frame.place.bits_stored)
            np.multiply(stored, np.float32(frame.slope), out=volume[index], casting="unsafe")
            if frame.intercept:
                volume[index] += np.float32(frame.intercept)

    def read(indices: list[int]) -> None:
        fill(indices, _read_file([frames[index] for index in indices]))

    plain = [indices for indices in files.values() if frames[indices[0]].place.offset is not None]
    packed = [indices for indices in files.values() if frames[indices[0]].place.offset is None]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(read, plain))
    for indices, found in zip(packed, _decode([[frames[i] for i in part] for part in packed]), strict=True):
        fill(indices, list(found))
    return volume


def stored_pixels(frames: Sequence[Frame]) -> list[Pixels]:
    """Stored values of frames of one file, each [J, I].

    Raises:
        InputError: the file cannot be read or decoded.
    """
    if frames[0].place.offset is not None:
        return _read_file(frames)
    return list(_decode([list(frames)])[0])


def without_unused_bits(pixels: Pixels, bits_stored: int) -> Pixels:
    """Bits above the stored ones may hold anything (old overlays): shifted out, keeping the sign."""
    unused = pixels.dtype.itemsize * 8 - bits_stored
    if unused <= 0:
        return pixels
    native = pixels.astype(pixels.dtype.newbyteorder("="))
    return np.asarray((native << unused) >> unused)


def _read_file(frames: Sequence[Frame]) -> list[Pixels]:
    place = frames[0].place
    _refuse_problem(frames[0])
    dtype = np.dtype(place.dtype)
    rows, columns = frames[0].size
    size = rows * columns * dtype.itemsize
    found = []
    try:
        with os.fdopen(open_regular(place.path), "rb", buffering=0) as stream:
            for frame in frames:
                start = frame.number * size
                if place.swapped:
                    data = _from_words(stream, place.offset or 0, start, size)
                else:
                    stream.seek((place.offset or 0) + start)
                    data = _exactly(stream, size)
                found.append(_in_order(np.frombuffer(data, dtype=dtype).reshape(rows, columns)))
    except (OSError, UnusableError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The DICOM file {place.path} cannot be read ({reason}).") from error
    return found


def _from_words(stream: Any, offset: int, start: int, size: int) -> bytes:
    """Bytes that lie in big-endian words of 16 bits, the first one in the lower half."""
    first, last = start // 2 * 2, (start + size + 1) // 2 * 2
    stream.seek(offset + first)
    words = np.frombuffer(_exactly(stream, last - first), dtype=">u2")
    return bytes(words.astype("<u2").tobytes()[start - first : start - first + size])


def _in_order(pixels: Pixels) -> Pixels:
    """Big-endian pixels of 32 bits, whose words the standard puts in one order and many writers in the other.

    An image is smooth in the right one only.
    """
    if pixels.dtype.itemsize != 4 or pixels.dtype.str[0] != ">":
        return pixels
    words = pixels.view(">u2").reshape(*pixels.shape, 2)
    other = np.ascontiguousarray(words[..., ::-1]).view(pixels.dtype)[..., 0]
    return min((pixels, other), key=_roughness)


def _roughness(pixels: Pixels) -> tuple[float, float]:
    values = pixels.astype(np.float64)
    return float(np.abs(np.diff(values, axis=-1)).sum()), float(np.abs(values).max())


def _exactly(stream: Any, size: int) -> bytes:
    data = stream.read(size)
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            raise OSError("the file became shorter while it was read")
        data += more
    return bytes(data)


def _decode(files: Sequence[Sequence[Frame]]) -> list[Pixels]:
    """The stored values of frames file by file, each [n, J, I]."""
    for frames in files:
        _refuse_problem(frames[0])
    wanted = [
        CompressedFile(
            path=frames[0].place.path,
            frames=tuple(frame.number for frame in frames),
            rows=frames[0].size[0],
            columns=frames[0].size[1],
            dtype=frames[0].place.dtype,
        )
        for frames in files
    ]
    found = []
    for file, answer in zip(wanted, decode_files(wanted), strict=True):
        if isinstance(answer, str):
            raise InputError(
                f"The pixels of the DICOM file {file.path} cannot be decoded: {answer}; "
                "export the series again, uncompressed if possible."
            )
        found.append(answer)
    return found


def _refuse_problem(frame: Frame) -> None:
    if frame.place.problem is not None:
        raise InputError(f"The DICOM file {frame.place.path} {frame.place.problem}; export the series again.")
