"""The sample study in Slicer's own Sample Data module."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

NAME = "MTINetSampleStudy"


def offer_sample_study(make_logic: Callable[[], Any], thumbnail: Path | None) -> None:
    """Put it on Sample Data's list, where this Slicer has that module.

    Args:
        make_logic: makes the module's logic, where no widget has one.
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
        customDownloader=partial(make_sample_study, make_logic),
    )


def make_sample_study(make_logic: Callable[[], Any], _entry: Any = None) -> list[Any]:
    """What Sample Data calls with its entry; comes back with the volume nodes in the scene."""
    widget = getattr(slicer.modules, "MTINetWidget", None)
    logic = make_logic() if widget is None else widget.logic
    try:
        with slicer.util.tryWithErrorDisplay(_("The sample study could not be made."), waitCursor=True):
            return list(logic.makeSampleStudy().values())
    finally:
        if widget is None:
            logic.close()
