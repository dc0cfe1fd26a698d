"""Compresses DICOM images that the tests wrote, by whatever encoder this machine has beside the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

#: What GDCM's writer calls them.
_GDCM = {JPEGLosslessSV1: "JPEG", JPEG2000Lossless: "JPEG2000"}
SYNTAXES = (JPEGLosslessSV1, JPEG2000Lossless, JPEGLSLossless, RLELossless)


def compress(data: Dataset, syntax: str, scratch: Path) -> Dataset:
    """The same image, its pixels stored in another transfer syntax without loss.

    Args:
        data: 16 bit, uncompressed, with ``file_meta``.
    """
    if syntax not in _GDCM:
        data.compress(syntax, generate_instance_uid=False)
        return data
    frames = data.pixel_array.reshape(-1, data.Rows, data.Columns)
    streams = [_gdcm_stream(frame, _GDCM[syntax], scratch) for frame in frames]
    data.PixelData = encapsulate(streams)
    data["PixelData"].VR = "OB"
    data.file_meta.TransferSyntaxUID = syntax
    return data


def compress_folder(folder: Path, syntax: str, scratch: Path) -> None:
    """All images below a folder, in place."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        data = compress(dcmread(path), syntax, scratch)
        data.save_as(path, enforce_file_format=True)


def _gdcm_stream(frame: npt.NDArray[np.generic], name: str, scratch: Path) -> bytes:
    path = scratch / "compressed.dcm"
    writer = SimpleITK.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetUseCompression(True)
    writer.SetCompressor(name)
    writer.SetCompressionLevel(0)
    writer.SetFileName(str(path))
    writer.Execute(SimpleITK.GetImageFromArray(frame[None]))
    return next(generate_frames(dcmread(path).PixelData, number_of_frames=1))
