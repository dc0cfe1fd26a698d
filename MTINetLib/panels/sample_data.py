"""The sample study in Slicer's own Sample Data module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

NAME = "MTINetSampleStudy"


def offer_sample_study(make: Callable[[Any], Any], thumbnail: Path | None) -> None:
    """Put it on Sample Data's list, where this Slicer has that module.

    Args:
        make: called with the list's entry when the user asks for it.
        thumbnail: its picture.
    """
    try:
        import SampleData
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="MTI-Net",
        sampleName=NAME,
        # Nothing is downloaded: the phantom is made on this computer.
        uris="mtinet:phantom",
        fileNames=NAME,
        nodeNames=_("MTI-Net sample study"),
        thumbnailFileName=None if thumbnail is None else str(thumbnail),
        customDownloader=make,
    )
