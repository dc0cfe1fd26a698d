"""LiverHccSeg: four phases and the outlines of two radiologists.

``<patient>/<date>/{pre,art,pv,del}.nii.gz``, the same phases brought onto the arterial one as
``art_{pre,pv,del}.nii.gz``, and ``rater<n>_liver.nii.gz``, ``rater<n>_tumor<m>.nii.gz`` drawn on the
arterial phase (https://zenodo.org/records/8179129, Data in Brief 2023;51:109662). Three of the 17 patients
have no tumour outlined; they were treated before, so that they do not stand for healthy livers.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, FoundVolume, ImportOptions, MaskFile, Reading
from MTINetLib.importers.names import kept_class, plain_name
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.lesion_class import HCC
from MTINetLib.study.phase import Phase

_PHASES = {Phase.PRE: "pre", Phase.ARTERIAL: "art", Phase.PORTAL_VENOUS: "pv", Phase.DELAYED: "del"}
_OUTLINES = re.compile(r"(?P<reader>rater\d+)_(?P<what>liver|tumou?r\d*)\.nii(\.gz)?")
_NO_TUMOUR = (
    "nobody outlined a tumour; its patient was treated before, so that it does not stand for a liver without "
    "lesions"
)


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there are no such folders.
    """
    folders = sorted({path.parent for path in source.rglob("art.nii*") if path.is_file()})
    if not folders:
        raise InputError(
            f"{source} holds no LiverHccSeg: there is no PATIENT/DATE/art.nii.gz in it; unpack "
            "nifti_and_segms.zip and name its folder."
        )
    studies = Counter(folder.parent.name for folder in folders)
    cases = [_case(folder, studies[folder.parent.name] > 1, options) for folder in folders]
    readers = sorted({reading.reader for case in cases for reading in case.readings})
    if options.reader and options.reader not in readers:
        raise InputError(f"There is no reader '{options.reader}'; there are {', '.join(readers) or 'none'}.")
    return Found(tuple(cases), (f"Readers: {', '.join(readers)}; the first one who drew a tumour counts.",))


def _case(folder: Path, several: bool, options: ImportOptions) -> FoundCase:
    patient = plain_name(folder.parent.name)
    brought = {
        phase: _file(folder, word if phase is Phase.ARTERIAL else f"art_{word}")
        for phase, word in _PHASES.items()
    }
    own = {phase: _file(folder, word) for phase, word in _PHASES.items()}
    same_space = all(brought.values())
    paths = brought if same_space else own
    readings = _readings(folder, kept_class(HCC, options))
    return FoundCase(
        plain_name(f"{patient}_{folder.name}") if several else patient,
        patient,
        kept_class(HCC, options),
        {phase: FoundVolume(path) for phase, path in paths.items() if path is not None},
        readings,
        same_space=same_space,
        if_empty=_NO_TUMOUR,
        remarks=("The phases as the authors brought them onto the arterial one are used.",)
        if same_space
        else (),
    )


def _file(folder: Path, stem: str) -> Path | None:
    return next((path for end in (".nii.gz", ".nii") if (path := folder / f"{stem}{end}").is_file()), None)


def _readings(folder: Path, lesion_class: str) -> tuple[Reading, ...]:
    """By reader, tumours in the order of their numbers; the liver comes first, so that tumours lie in it."""
    masks: dict[str, list[tuple[str, MaskFile]]] = {}
    for path in folder.iterdir():
        match = _OUTLINES.fullmatch(path.name)
        if match:
            meaning = Organ.LIVER if match["what"] == "liver" else lesion_class
            masks.setdefault(match["reader"], []).append((match["what"], MaskFile(path, _any_of(meaning))))
    return tuple(
        Reading(tuple(mask for _, mask in sorted(masks[reader], key=_by_number)), Phase.ARTERIAL, reader)
        for reader in sorted(masks)
    )


def _any_of(meaning: Organ | str) -> dict[int, Organ | str]:
    """Outlines are 1 inside, or 255 as some tools write them."""
    return {1: meaning, 255: meaning}


def _by_number(named: tuple[str, MaskFile]) -> tuple[int, int]:
    word = named[0]
    return (0, 0) if word == "liver" else (1, int(re.sub(r"\D", "", word) or 0))
