"""Decodes compressed pixels in a process of its own.

``python -m MTINetLib.reading.dicom.decode_in_child FOLDER`` runs it.

A damaged stream can kill a decoder, hang it or fill the memory; then only this process ends. It answers
requests that appear in its folder (see decode.py) and ends by itself when the folder is gone, when
nothing is asked for a while, or when one image takes too long.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import UID, MRImageStorage, generate_uid

from MTINetLib.reading.dicom.encoding import Encoding
from MTINetLib.reading.dicom.fragments import fragments_at, frames_of_fragments, stream_of
from MTINetLib.reading.dicom.frame_counts import FrameCounts
from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.open import DicomFile, UnusableError, read_elements
from MTINetLib.reading.dicom.place import PixelElement, Stored, pixel_element
from MTINetLib.reading.dicom.screen import HTJ2K, RLE, ImageSize, StreamError, screen_stream, syntax_of_stream

#: Written once everything is loaded.
READY = "ready"
#: Exit code of a process that cannot write its answer.
NO_ANSWER = 74
_IDLE_S = 30.0
_LOOK_S = 0.002
#: Beyond what the process has at its start and what the answer takes.
_SPARE_BYTES = 1 << 30
_LARGEST_FILE = 4 << 30


def serve(folder: Path) -> None:
    """Answer requests until nobody asks any more."""
    _write(folder / READY, b"")
    number = 0
    asked = time.monotonic()
    while time.monotonic() - asked < _IDLE_S and folder.is_dir():
        request = folder / f"request-{number}.json"
        if not request.is_file():
            time.sleep(_LOOK_S)
            continue
        for place, item in enumerate(json.loads(request.read_bytes())):
            # Written in C, it ends the process even if a decoder hangs.
            faulthandler.dump_traceback_later(item["limit_s"], exit=True, file=_nowhere())
            _answer(folder, f"{number}-{place}", item)
            faulthandler.cancel_dump_traceback_later()
        request.unlink()
        number += 1
        asked = time.monotonic()


def decode(item: Mapping[str, Any], scratch: Path) -> npt.NDArray[Any]:
    """The stored values of frames of one file, [n, J, I].

    Args:
        item: ``path``, ``frames`` (from 0), ``rows``, ``columns``, ``dtype`` as the header said.
        scratch: a folder for a file that GDCM reads.

    Raises:
        StreamError, UnusableError, and whatever a decoder raises.
    """
    dtype = np.dtype(item["dtype"])
    shape = (item["rows"], item["columns"])
    with DicomFile(Path(item["path"])) as file:
        if file.size > _LARGEST_FILE:
            raise UnusableError(f"is larger than {_LARGEST_FILE >> 30} GB")
        opened = file.parse(lambda stream, encoding: _Opened.of(file, stream, encoding))
        if opened is None:
            raise StreamError("the file changed while it was read")
        _still(opened.dataset, item, dtype)
        if opened.element.length is not None:
            size = shape[0] * shape[1] * dtype.itemsize
            parts = [_exactly(opened, frame * size, size) for frame in item["frames"]]
            return np.frombuffer(b"".join(parts), dtype).reshape(len(parts), *shape)
        streams = opened.streams(item["frames"])
    found = []
    for stream in streams:
        syntax = syntax_of_stream(stream, opened.declared)
        screen_stream(syntax, stream, ImageSize(*shape, dtype.itemsize * 8))
        image = _decode_frame(_single(opened.dataset, syntax, stream), scratch)
        if image.shape != shape or image.dtype.itemsize != dtype.itemsize:
            raise StreamError("the decoded image has another size than the header says")
        found.append(image.astype(dtype, copy=False))
    return np.stack(found)


@dataclass(frozen=True)
class _Opened:
    """A file's header and where its pixels lie."""

    dataset: Dataset
    element: PixelElement
    stored: Stored
    declared: str

    @staticmethod
    def of(file: DicomFile, stream: BytesIO, encoding: Encoding) -> _Opened:
        dataset = read_elements(stream, encoding)
        element = pixel_element(stream, encoding)
        if element is None:
            raise StreamError("the file has no pixel data")
        return _Opened(dataset, element, Stored.of(file, stream, encoding), encoding.declared)

    def streams(self, numbers: Sequence[int]) -> list[bytes]:
        """The compressed images of frames."""
        fragments = fragments_at(self.stored.read_at, self.element.offset, self.stored.size)
        frames = frames_of_fragments(fragments, FrameCounts.of(Header(self.dataset)).expected)
        if frames is None or max(numbers) >= len(frames):
            raise StreamError("the file changed while it was read")
        return [stream_of(self.stored.read_at, frames[number]) for number in numbers]


def _exactly(opened: _Opened, offset: int, count: int) -> bytes:
    data = opened.stored.read_at(opened.element.offset + offset, count)
    if len(data) < count:
        raise StreamError("the file changed while it was read")
    return data


def _still(dataset: Dataset, item: Mapping[str, Any], dtype: np.dtype[Any]) -> None:
    """The attributes that the request was made from: the file may have changed since."""
    said = (dataset.Rows, dataset.Columns, dataset.BitsAllocated, int(dataset.get("SamplesPerPixel") or 1))
    signed = bool(dataset.get("PixelRepresentation"))
    if said != (item["rows"], item["columns"], dtype.itemsize * 8, 1) or signed != (dtype.kind == "i"):
        raise StreamError("the file changed while it was read")


def _single(dataset: Dataset, syntax: str, stream: bytes) -> Dataset:
    """An object with this image and nothing else: nothing to rescale by."""
    single = Dataset()
    single.SOPClassUID, single.SOPInstanceUID, single.Modality = MRImageStorage, generate_uid(None), "MR"
    for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        setattr(single, keyword, dataset.get(keyword, 0))
    single.SamplesPerPixel, single.PhotometricInterpretation = 1, "MONOCHROME2"
    single.PixelData = pydicom.encaps.encapsulate([stream])
    single["PixelData"].VR = "OB"
    single.file_meta = FileMetaDataset()
    single.file_meta.TransferSyntaxUID = UID(syntax)
    single.set_original_encoding(False, True)
    return single


def _decode_frame(single: Dataset, scratch: Path) -> npt.NDArray[Any]:
    syntax = single.file_meta.TransferSyntaxUID
    if syntax not in RLE and syntax not in HTJ2K:
        # Plugins of pydicom read some streams that GDCM refuses.
        with contextlib.suppress(RuntimeError):
            return _by_gdcm(single, scratch)
    return np.asarray(next(iter(iter_pixels(single, raw=True))))


def _by_gdcm(single: Dataset, scratch: Path) -> npt.NDArray[Any]:
    path = scratch / "frame.dcm"
    single.save_as(path, enforce_file_format=True)
    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(path))
    return np.asarray(SimpleITK.GetArrayFromImage(reader.Execute())[0])


def _answer(folder: Path, name: str, item: Mapping[str, Any]) -> None:
    reason = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _bound_memory(int(item["bytes"]))
            np.save(folder / f"pixels-{name}.npy", decode(item, folder), allow_pickle=False)
    except (StreamError, UnusableError) as error:
        reason = str(error)
    except MemoryError:
        reason = "decoding takes too much memory"
    # Decoders raise whatever they meet in a damaged stream.
    except Exception as error:
        reason = f"the decoder failed ({type(error).__name__})"
    _write(folder / f"answer-{name}.json", json.dumps({"reason": reason}).encode("ascii"))


def _write(path: Path, data: bytes) -> None:
    beside = path.with_suffix(".part")
    beside.write_bytes(data)
    beside.replace(path)


def _nowhere() -> Any:
    global _NOWHERE
    if _NOWHERE is None:
        _NOWHERE = Path(os.devnull).open("w")  # noqa: SIM115  # as long as the process
    return _NOWHERE


_NOWHERE: Any = None


def _bound_memory(answer_bytes: int) -> None:
    """Address space, where the system can; macOS takes the limit and does not keep it."""
    if sys.platform != "linux":
        return
    import resource

    now = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = now + 4 * answer_bytes + _SPARE_BYTES
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(
            resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


def _die_quietly() -> None:
    """No core file and no window when a decoder crashes; nothing that a library says is of use to anybody."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


if __name__ == "__main__":
    _die_quietly()
    try:
        serve(Path(sys.argv[1]))
    except OSError:
        # Not 1, which faulthandler ends the process with.
        os._exit(NO_ANSWER)
