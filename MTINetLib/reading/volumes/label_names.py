"""What the values of a label map are called, where its file says so."""

from __future__ import annotations

import html
import re
from pathlib import Path

from MTINetLib.reading.volumes.read_itk import NRRD_SUFFIXES
from MTINetLib.reading.volumes.read_nifti import SUFFIXES as NIFTI_SUFFIXES
from MTINetLib.reading.volumes.read_nifti import nifti_header_bytes

#: TotalSegmentator and Connectome Workbench write a table as XML into an extension of the NIfTI header.
_LABEL = re.compile(
    r'<Label\b[^>]*\bKey="(\d{1,9})"[^>]*>\s*(?:<!\[CDATA\[(.{1,200}?)\]\]>|([^<]{1,200}))', re.DOTALL
)
#: A segmentation of 3D Slicer names its segments in the header's fields.
_FIELD = re.compile(r"^Segment(\d{1,4})_(Name|LabelValue)\s*:=(.{1,200})$", re.MULTILINE)
_LONGEST_HEADER = 1 << 20


def label_names(path: Path) -> dict[int, str]:
    """Names by value, of a NIfTI or NRRD file; empty where the file names none."""
    name = path.name.lower()
    if name.endswith(NIFTI_SUFFIXES):
        text = nifti_header_bytes(path).decode("utf-8", errors="replace")
        return {int(key): html.unescape(one or other).strip() for key, one, other in _LABEL.findall(text)}
    if name.endswith(NRRD_SUFFIXES):
        with path.open("rb") as file:
            text = file.read(_LONGEST_HEADER).partition(b"\n\n")[0].decode("utf-8", errors="replace")
        return _of_segments(text.replace("\r\n", "\n"))
    return {}


def _of_segments(text: str) -> dict[int, str]:
    told: dict[str, dict[str, str]] = {}
    for number, field, value in _FIELD.findall(text):
        told.setdefault(number, {})[field] = value.strip()
    return {
        int(segment["LabelValue"]): segment["Name"]
        for segment in told.values()
        if segment.get("LabelValue", "").isdigit() and "Name" in segment
    }
