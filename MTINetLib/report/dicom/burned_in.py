"""Whether the pixels themselves say whom they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.header import Header, tag_of
from MTINetLib.reading.dicom.open import UnusableError, read_header
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study


def refuse_names_in_pixels(study: Study, files: Sequence[Sequence[Path]] = ()) -> None:
    """Refuse images that say of themselves that they have the patient's data burned in.

    Files that are no longer there say nothing.

    Args:
        files: of each phase, where the study itself does not know its images.

    Raises:
        InputError: the pictures of such images would show whom they are of.
    """
    for place, phase in enumerate(study.phases):
        own = [image.path for image in study.sources[place].images]
        paths = own or list(files[place] if files else ())
        if paths and _says_so(paths[len(paths) // 2]):
            raise _refusal(phase)


def _says_so(path: Path) -> bool:
    try:
        header = read_header(path, [tag_of("BurnedInAnnotation")])
    except (OSError, UnusableError):
        return False
    return Header(header).text("BurnedInAnnotation").upper() == "YES"


def _refusal(phase: Phase) -> InputError:
    return InputError(
        f"The images of the {phase.title} phase have the patient's data written into their pixels, so "
        "nothing with pictures of them can be de-identified: use images without burned-in text."
    )
