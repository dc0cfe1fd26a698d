"""ATLAS 2023: one contrast-enhanced image a patient, with liver and tumours.

``imagesTr/im<n>.nii.gz`` and ``labelsTr/lb<n>.nii.gz``, 1 liver without its tumours, 2 tumour, all of them
HCC (https://atlas-challenge.u-bourgogne.fr, doi 10.3390/data8050079). Which contrast phase an image is
differs between patients, and its name does not tell.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, FoundVolume, ImportOptions, MaskFile, Meaning, Reading
from MTINetLib.importers.names import kept_class
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.lesion_class import HCC
from MTINetLib.study.phase import Phase

_IMAGE = re.compile(r"im(?P<number>\d+)(?P<ending>\.nii(\.gz)?)")
_ONE_PHASE = (
    "ATLAS has one phase a patient, and no model here takes one alone: the images, tumours and livers can be "
    "looked at, but mtinet check and mtinet train say that two phases are needed."
)


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there are no such files, or the user has not said which phase they are.
    """
    folder = next(iter(sorted(source.rglob("imagesTr"))), None)
    images = sorted(folder.iterdir(), key=_number) if folder is not None else []
    images = [path for path in images if _IMAGE.fullmatch(path.name)]
    if not images:
        raise InputError(f"{source} holds no ATLAS: there is no imagesTr/im0.nii.gz in it.")
    if len(options.phases) != 1:
        raise InputError(
            "The files of ATLAS do not say which contrast phase an image is, and it differs between "
            "patients: say under which phase they shall stand, such as --phase portal_venous."
        )
    (phase,) = options.phases
    return Found(
        tuple(_case(path, phase, options) for path in images),
        (
            _ONE_PHASE,
            f"All images stand under the {phase.title} phase, as you said; their files do not tell.",
        ),
    )


def _case(path: Path, phase: Phase, options: ImportOptions) -> FoundCase:
    match = _IMAGE.fullmatch(path.name)
    number, ending = (match["number"], match["ending"]) if match else ("", "")
    name = f"atlas_{int(number):02d}"
    case = FoundCase(name, name, kept_class(HCC, options), {phase: FoundVolume(path)}, same_space=True)
    mask = path.parent.parent / "labelsTr" / f"lb{number}{ending}"
    if not mask.is_file():
        return replace(case, left_out=f"labelsTr has no {mask.name}")
    values: dict[int, Meaning] = {1: Organ.LIVER, 2: kept_class(HCC, options)}
    return replace(case, readings=(Reading((MaskFile(mask, values, in_pieces=True),), phase),))


def _number(path: Path) -> tuple[int, str]:
    match = _IMAGE.fullmatch(path.name)
    return (int(match["number"]) if match else -1, path.name)
