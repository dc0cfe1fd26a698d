"""A liver that others have outlined, from a file onto a study's grid: a mask, a label map, or a DICOM SEG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.errors import InputError
from MTINetLib.inference.lesions import bounding_box
from MTINetLib.report.body import body
from MTINetLib.report.outlines import Outlines, read_outlines
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.liver import Liver, Mask
from MTINetLib.study.organ_names import couinaud_named, organ_named
from MTINetLib.study.phase import usual_reference
from MTINetLib.study.pieces import largest_piece
from MTINetLib.study.study import Study

#: mL; a smaller one is no liver (or hardly any of it is in the images), a larger one is the body.
_VOLUMES_ML = (50.0, 8000.0)
#: A liver of these images lies in their body, but for a rim where outline and body differ.
_LEAST_IN_BODY = 0.9
OPTION = "--liver-label"


def read_liver(path: str | Path, study: Study, label: str | None = None) -> Liver:
    """The liver of a file, on the study's grid.

    Args:
        path: NIfTI, NRRD or MetaImage: a mask, or a label map that names its values, as TotalSegmentator's
            file of all labels does; or a DICOM segmentation of these images, or a folder of results with
            one. Couinaud's segments and the organs around are taken too where they are named.
        label: which values or names are the liver, separated by commas; None where the file tells.

    Raises:
        InputError: it cannot be read, belongs to other images, or nothing tells which part is the liver.

    Example:
        >>> liver = mtinet.read_liver("liver.nii.gz", study)
        >>> analysis = mtinet.analyze(study, model, liver=liver)
        >>> round(analysis.findings.liver.volume_ml) > 500
        True
    """
    outlines = read_outlines(Path(path), study.grid, study.source(study.reference).images)
    liver = liver_among(outlines, label)
    check_liver(liver, study, str(outlines.source))
    return liver


def liver_among(outlines: Outlines, label: str | None = None) -> Liver:
    """The liver among outlines on one grid, not yet compared with the images.

    Args:
        label: as in :func:`read_liver`.

    Raises:
        InputError: nothing tells which of them is the liver.
    """
    segments = {value: couinaud_named(name) for value, name in outlines.names.items()}
    couinaud = {value: number for value, number in segments.items() if number and value in outlines.values}
    chosen = _chosen(outlines, label) if label else _told(outlines, tuple(couinaud))
    mask = _filled(outlines.union(chosen))
    return Liver(
        mask,
        "given",
        Path(outlines.source).name,
        segments=_numbered(outlines, couinaud, mask) if couinaud else None,
        anatomy=_anatomy(outlines, mask),
    )


def tells_liver(outlines: Outlines) -> bool:
    """Whether the outlines themselves say which is the liver."""
    named = (outlines.names.get(value, "") for value in outlines.values)
    return len(outlines.values) == 1 or any(
        organ_named(name) is Organ.LIVER or couinaud_named(name) for name in named
    )


def is_large_enough(liver: Liver, grid: Grid) -> bool:
    """Whether it can be a liver at all."""
    return float(liver.mask.sum()) * grid.voxel_volume_mm3 / 1000 >= _VOLUMES_ML[0]


def liver_of_model(anatomy: npt.NDArray[np.uint8] | None, study: Study) -> Liver | None:
    """What a model sees of the liver, in one piece; None for one that sees none, in general or in this study.

    Args:
        anatomy: of ``LesionModel.anatomy``.
    """
    if anatomy is None:
        return None
    seen = Liver.of_anatomy(anatomy)
    # The liver is one organ: what was taken for liver elsewhere, in the bowel for instance, is none of it.
    found = replace(seen, mask=_filled(largest_piece(seen.mask)))
    return found if is_large_enough(found, study.grid) else None


def given_liver(mask: Mask, source: str, study: Study) -> Liver:
    """A liver whose mask lies on the study's grid already.

    Raises:
        InputError: it can be no liver of this study; ``source`` names it in the sentence.
    """
    liver = Liver(_filled(mask), "given", source)
    check_liver(liver, study, source)
    return liver


def _told(outlines: Outlines, couinaud: Sequence[int]) -> Sequence[int]:
    """The values that the file itself says are the liver."""
    livers = [value for value in outlines.values if organ_named(_name(outlines, value)) is Organ.LIVER]
    if livers or couinaud:
        return livers or couinaud
    if not any(_name(outlines, value) for value in outlines.values):
        if len(outlines.values) == 1:
            return outlines.values
        raise InputError(
            f"{outlines.source} holds {len(outlines.values)} values and does not name them: say which is "
            f"the liver, as with {OPTION} {outlines.values[0]}."
        )
    raise InputError(
        f"{outlines.source} names no liver (it has {outlines.listed()}): name another file, or say which is "
        f"the liver with {OPTION}."
    )


def _chosen(outlines: Outlines, label: str) -> Sequence[int]:
    """The values that the user says are the liver."""
    found = outlines.named(label, "for the liver")
    if not found:
        raise InputError(f"{OPTION} is empty; name a value or a name in {outlines.source}.")
    return found


def _name(outlines: Outlines, value: int) -> str:
    return outlines.names.get(value, "")


def _filled(mask: Mask) -> Mask:
    """Without holes: lesions and vessels inside belong to the liver, and others leave them out."""
    box = bounding_box(mask)
    if box is None:
        return mask
    whole = mask.copy()
    whole[box] = ndimage.binary_fill_holes(mask[box])
    return whole


def check_liver(liver: Liver, study: Study, source: str) -> None:
    """Refuse what can be no liver of these images.

    Raises:
        InputError: it lies outside the images or the body, or is of no liver's size; ``source`` names it.
    """
    mask = liver.mask
    if not mask.any():
        raise InputError(
            f"The liver of {source} lies wholly outside the images of the {study.reference.title} phase: "
            "name a liver outlined on this study."
        )
    ml = float(mask.sum()) * study.grid.voxel_volume_mm3 / 1000
    if not _VOLUMES_ML[0] <= ml <= _VOLUMES_ML[1]:
        raise InputError(
            f"What {source} outlines measures {ml:.0f} mL in these images, which is no liver: name a file "
            "with the liver of this study."
        )
    inside = float(body(study.phase(usual_reference(study.phases)))[mask].mean())
    if inside < _LEAST_IN_BODY:
        raise InputError(
            f"{100 * (1 - inside):.0f} % of the liver of {source} lies outside the body in these images: it "
            "belongs to another study or place; name a liver outlined on these images."
        )


def _numbered(outlines: Outlines, couinaud: Mapping[int, int], liver: Mask) -> npt.NDArray[np.uint8]:
    numbers = np.zeros(liver.shape, dtype=np.uint8)
    for value, number in couinaud.items():
        numbers[outlines.mask_of(value)] = number
    return numbers


def _anatomy(outlines: Outlines, liver: Mask) -> npt.NDArray[np.uint8] | None:
    """The organs around, as far as they are named; None where none is."""
    organs = {value: organ_named(name) for value, name in outlines.names.items() if value in outlines.values}
    others = {value: organ for value, organ in organs.items() if organ not in (None, Organ.LIVER)}
    if not others:
        return None
    anatomy: npt.NDArray[Any] = np.where(liver, np.uint8(Organ.LIVER), np.uint8(Organ.BACKGROUND))
    for value, organ in others.items():
        if organ is not None:
            anatomy[outlines.mask_of(value)] = organ
    return anatomy.astype(np.uint8)
