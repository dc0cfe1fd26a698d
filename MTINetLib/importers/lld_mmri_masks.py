"""LLD-MMRI with a mask of the lesion in every phase.

``images/<patient>_<category>_<phase>_0000.nii.gz`` and ``labels/<patient>_<category>_<phase>.nii.gz``,
phases as in lld_annotation.py and four more that are not used here. The masks were drawn with a model's help
(MedSAM2, https://arxiv.org/abs/2504.03600). Spacing and origin were taken over from the annotation and all
directions set to the identity, so the header does not tell which end of a stack is the head's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, FoundVolume, ImportOptions, LeftOut, MaskFile, Reading
from MTINetLib.importers.lld_annotation import (
    CLASSES,
    PHASES,
    Annotation,
    Series,
    find_annotation,
    read_annotation,
)
from MTINetLib.importers.names import kept_class, plain_name
from MTINetLib.importers.true_grid import has_unit_spacing, other_spacing
from MTINetLib.reading.volumes.read import header_geometry
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase, in_order_of_time

_IMAGE = re.compile(r"(?P<patient>.+)_(?P<category>-?\d+)_(?P<phase>[^_]+)_0000\.nii(\.gz)?")
#: Of two spacings that are the same.
_SAME_MM = 0.01


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there are no such files.
    """
    images = source / "images"
    files = sorted(images.glob("*.nii*")) if images.is_dir() else []
    of_patient: dict[tuple[str, int], dict[Phase, Path]] = defaultdict(dict)
    for path in files:
        match = _IMAGE.fullmatch(path.name)
        if match and match["phase"] in PHASES:
            of_patient[match["patient"], int(match["category"])][PHASES[match["phase"]]] = path
    if not of_patient:
        raise InputError(
            f"{source} holds no LLD-MMRI with masks: there is no images/PATIENT_CATEGORY_PHASE_0000.nii.gz; "
            "name the folder that holds images and labels."
        )
    place = find_annotation(source)
    annotation: Annotation = read_annotation(place) if place is not None else {}
    remarks = (
        ()
        if place is not None
        else (
            "No annotation file was found beside images and labels, so headers are believed where they give "
            "a spacing.",
        )
    )
    cases = [
        _case(source, patient, category, paths, annotation, options)
        for (patient, category), paths in of_patient.items()
    ]
    return Found(tuple(cases), remarks)


def _case(
    source: Path,
    patient: str,
    category: int,
    paths: dict[Phase, Path],
    annotation: Annotation,
    options: ImportOptions,
) -> FoundCase:
    name = plain_name(patient)
    known = 0 <= category < len(CLASSES)
    case = FoundCase(name, name, kept_class(CLASSES[category], options) if known else "", {})
    if not known:
        return replace(case, left_out=f"the category {category} in its file names tells no class")
    remarks: list[str] = []
    spacings: dict[Phase, tuple[Grid, Grid]] = {}
    volumes, readings = {}, []
    try:
        for phase in in_order_of_time(paths):
            series = annotation.get(patient, {}).get(phase)
            if series is not None and series.category not in (None, -1, category):
                raise LeftOut(
                    f"its file names say {CLASSES[category]}, the annotation says {series.class_name}"
                )
            header = header_geometry(paths[phase]).grid
            grid = _true_grid(header, phase, series)
            if grid is not None:
                spacings[phase] = (header, grid)
            volumes[phase] = FoundVolume(paths[phase], grid)
            mask = source / "labels" / paths[phase].name.replace("_0000.nii", ".nii")
            if mask.is_file():
                readings.append(Reading((MaskFile(mask, grid=grid or header),), phase))
            else:
                remarks.append(f"The {phase.title} phase has no mask.")
    except LeftOut as error:
        return replace(case, left_out=str(error))
    except InputError as error:
        return replace(case, left_out=str(error).rstrip("."))
    return replace(
        case,
        volumes=volumes,
        readings=tuple(readings),
        remarks=(*other_spacing(spacings), *remarks),
        slices_may_be_reversed=True,
    )


def _true_grid(header: Grid, phase: Phase, series: Series | None) -> Grid | None:
    """The grid by the annotation where the header gives another spacing; None where the header is right."""
    if series is None or series.spacing is None:
        if has_unit_spacing(header):
            raise LeftOut(
                f"the header of the {phase.title} phase gives voxels of 1 x 1 x 1 mm, and no annotation "
                "gives the true ones"
            )
        return None
    true = series.grid(header, phase)
    alike = max(abs(a - b) for a, b in zip(header.spacing, true.spacing, strict=True)) <= _SAME_MM
    return None if alike else true
