"""The liver of a study as files of the private folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from MTINetLib.study.liver import Liver, LiverOrigin
from MTINetLib.worker.arrays import load_array
from MTINetLib.worker.jobs import JobContext
from MTINetLib.worker.requests import LiverFile
from MTINetLib.worker.study_files import save_result


def load_liver(file: LiverFile | None, context: JobContext) -> Liver | None:
    """What :func:`save_liver` or the session wrote.

    Raises:
        InputError: a file of it is gone.
    """
    if file is None:
        return None
    return Liver(
        mask=np.asarray(load_array(context.path(file.mask))) != 0,
        origin=cast(LiverOrigin, file.origin),
        source=file.source,
        edited=file.edited,
        segments=_numbers(file.segments, context),
        anatomy=_numbers(file.anatomy, context),
    )


def save_liver(liver: Liver | None, folder: Path, key: str) -> LiverFile | None:
    """Keep it with the study that is open under a key."""
    if liver is None:
        return None

    def kept(name: str, array: npt.NDArray[Any] | None) -> str | None:
        return None if array is None else save_result(folder, key, name, array)

    return LiverFile(
        mask=save_result(folder, key, "liver", liver.mask.astype(np.uint8)),
        origin=liver.origin,
        source=liver.source,
        edited=liver.edited,
        segments=kept("segments", liver.segments),
        anatomy=kept("anatomy", liver.anatomy),
    )


def _numbers(path: str | None, context: JobContext) -> npt.NDArray[np.uint8] | None:
    return None if path is None else np.asarray(load_array(context.path(path)), dtype=np.uint8)
