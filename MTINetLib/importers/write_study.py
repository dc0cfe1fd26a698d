"""A case with boxes and no outlines: a study to be labelled, and no case to train on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from MTINetLib.dataset.plausible import image_digest
from MTINetLib.importers.found import FoundCase, ImportOptions
from MTINetLib.importers.write_case import (
    WrittenCase,
    checked,
    image_remarks,
    on_grid,
    place_images,
    read_found,
    turned_over,
)
from MTINetLib.study.lesion_class import NO_LESIONS
from MTINetLib.study.phase import Phase, usual_reference


def write_study(
    found: FoundCase, folder: Path, phases: Sequence[Phase], options: ImportOptions
) -> WrittenCase:
    """Write the phases with their true headers into a new folder.

    Raises:
        LeftOut: the images cannot be used.
        OSError: the files cannot be written.
    """
    volumes = {phase: read_found(found.volumes[phase], phase) for phase in phases}
    remarks = list(found.remarks)
    if found.slices_may_be_reversed:
        found, _ = turned_over(found, volumes, [], remarks)
    sources = {phase: found.volumes[phase] for phase in phases}
    volumes = {phase: on_grid(volumes[phase], sources[phase].grid) for phase in phases}
    remarks += image_remarks(volumes)
    folder.mkdir(parents=True)
    files, placed = place_images(sources, volumes, folder, options.link)
    digest = image_digest(volumes[usual_reference(phases)].array)
    # Without a mask only the images are looked at.
    images = WrittenCase(found.case, found.patient, NO_LESIONS, files, placed, digest=digest)
    seen = checked(images, folder)
    return replace(seen, case_class=found.case_class, remarks=(*remarks, *seen.remarks))
