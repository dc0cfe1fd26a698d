"""Whether the pixels themselves say whom they are of."""

from __future__ import annotations

import pydicom
from pydicom.errors import InvalidDicomError

from MTINetLib.errors import InputError
from MTINetLib.study.phase import PHASES
from MTINetLib.study.study import Study


def refuse_names_in_pixels(study: Study) -> None:
    """Refuse images that say of themselves that they have the patient's data burned in.

    Files that are no longer there say nothing.

    Raises:
        InputError: the pictures of such images would show whom they are of.
    """
    for phase in PHASES:
        images = study.sources[phase.index].images
        if not images:
            continue
        try:
            header = pydicom.dcmread(
                images[len(images) // 2].path, stop_before_pixels=True, specific_tags=["BurnedInAnnotation"]
            )
        except (OSError, InvalidDicomError):
            continue
        if str(header.get("BurnedInAnnotation") or "").strip().upper() == "YES":
            raise InputError(
                f"The images of the {phase.title} phase have the patient's data written into their pixels, "
                "so nothing with pictures of them can be de-identified: use images without burned-in text."
            )
