"""LLD-MMRI as its authors give it out: images, classes and boxes, no outlines.

``images/<patient>/<study>/<series>.nii.gz`` and ``labels/Annotation.json`` (lld_annotation.py); the headers
give voxels of 1 x 1 x 1 mm. Nothing can be trained from a box alone that needs an outline: the studies are
written with their true geometry for the work list, and their boxes beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.importers.found import Box, Found, FoundCase, FoundVolume, ImportOptions, LeftOut
from MTINetLib.importers.lld_annotation import Series, find_annotation, read_annotation
from MTINetLib.importers.names import kept_class, plain_name
from MTINetLib.importers.true_grid import other_spacing
from MTINetLib.reading.volumes.read import header_geometry
from MTINetLib.study.phase import Phase, in_order_of_time


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there is no annotation file, or no folder images.
    """
    place = find_annotation(source)
    images = source / "images"
    if place is None or not images.is_dir():
        raise InputError(
            f"{source} holds no LLD-MMRI: it needs the folder images and the file labels/Annotation.json."
        )
    annotation = read_annotation(place)
    known = [_case(images, patient, annotation[patient], options) for patient in sorted(annotation)]
    others = sorted(path.name for path in images.iterdir() if path.is_dir() and path.name not in annotation)
    unknown = [
        FoundCase(plain_name(name), plain_name(name), "", {}, left_out="the annotation file does not know it")
        for name in others
    ]
    return Found((*known, *unknown))


def _case(images: Path, patient: str, entries: Mapping[Phase, Series], options: ImportOptions) -> FoundCase:
    name = plain_name(patient)
    classes = {series.class_name for series in entries.values()}
    case_class = kept_class(classes.pop(), options) if len(classes) == 1 else ""
    case = FoundCase(name, name, case_class, {})
    volumes, boxes, spacings = {}, {}, {}
    try:
        for phase in in_order_of_time(entries):
            series = entries[phase]
            path = images / patient / series.study_uid / f"{series.series_uid}.nii.gz"
            if not path.is_file():
                raise LeftOut(f"the file of its {phase.title} phase is missing")
            header = header_geometry(path).grid
            true = series.grid(header, phase)
            spacings[phase] = (header, true)
            volumes[phase] = FoundVolume(path, true)
            boxes[phase] = tuple(_named(box, options) for box in series.boxes)
            _refuse_outside(boxes[phase], header.shape, phase)
    except InputError as error:
        return replace(case, left_out=str(error).rstrip("."))
    if not any(boxes.values()):
        return replace(case, left_out="the annotation gives no box for any of its phases")
    remarks = list(other_spacing(spacings))
    if not case_class:
        remarks.append("The annotation keeps its class secret, or gives several.")
    return replace(case, volumes=volumes, boxes=boxes, remarks=tuple(remarks), slices_may_be_reversed=True)


def _named(box: Box, options: ImportOptions) -> Box:
    return replace(box, lesion_class=kept_class(box.lesion_class, options))


def _refuse_outside(boxes: tuple[Box, ...], shape: tuple[int, int, int], phase: Phase) -> None:
    for box in boxes:
        if min(box.lowest) < 0 or any(end > size for end, size in zip(box.highest, shape, strict=True)):
            raise LeftOut(f"a box of its {phase.title} phase lies outside of the image")
