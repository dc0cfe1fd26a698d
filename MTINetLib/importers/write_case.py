"""One case of a source becomes files of the dataset: whole, checked, or left out with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.folder import CASES_FILE, LESIONS_FILE, DatasetCase, write_dataset_tables
from MTINetLib.dataset.plausible import image_digest
from MTINetLib.errors import InputError
from MTINetLib.importers.choose_reading import Carrier, OnReference, Outline, on_reference, outlines_of
from MTINetLib.importers.found import FoundCase, FoundVolume, ImportOptions, LeftOut
from MTINetLib.importers.names import plain_name
from MTINetLib.importers.outlines import drawn, with_grid
from MTINetLib.importers.place_file import Placed, can_stay, place_image
from MTINetLib.importers.repeated_slices import repeated_remark
from MTINetLib.importers.true_grid import Order, has_unit_spacing, slice_order, upside_down
from MTINetLib.presentation.dataset_words import case_warnings
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.write import smallest_type, write_label_map, write_volume
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order
from MTINetLib.study.phase import Phase, usual_reference

#: What the tables of a dataset are about.
MASK_FILE, ANATOMY_FILE = "mask.nii.gz", "anatomy.nii.gz"


@dataclass(frozen=True)
class WrittenCase:
    """A case as it lies in its folder.

    Args:
        files: name in the case's folder by phase.
        placed: how each phase came there.
        digest: of the reference phase's pixels.
    """

    case: str
    patient: str
    case_class: str
    files: Mapping[Phase, str]
    placed: Mapping[Phase, Placed]
    has_mask: bool = False
    has_anatomy: bool = False
    lesion_classes: Mapping[int, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    digest: str = ""

    def row(self, folder: Path) -> DatasetCase:
        """Its line of the tables, when it lies in ``folder``."""
        return DatasetCase(
            self.case,
            self.patient,
            self.case_class,
            {phase: folder / name for phase, name in self.files.items()},
            folder / MASK_FILE if self.has_mask else None,
            dict(self.lesion_classes),
            folder / ANATOMY_FILE if self.has_anatomy else None,
        )


def write_case(
    found: FoundCase, folder: Path, phases: Sequence[Phase], options: ImportOptions
) -> WrittenCase:
    """Bring the outlines onto the reference phase, write all into a new folder, and look at it as a check
    would.

    Raises:
        LeftOut: the case cannot be used.
        OSError: the files cannot be written.
    """
    volumes = {phase: read_found(found.volumes[phase], phase) for phase in phases}
    readings = [drawn(reading, found.case_class) for reading in found.readings]
    outlines = outlines_of(found.readings, readings)
    remarks = list(found.remarks)
    sources = {phase: found.volumes[phase] for phase in phases}
    if found.slices_may_be_reversed:
        found, outlines = turned_over(found, volumes, outlines, remarks)
        sources = {phase: found.volumes[phase] for phase in phases}
        volumes = {phase: on_grid(volumes[phase], sources[phase].grid) for phase in phases}
    remarks += image_remarks(volumes)
    result = _lesions(found, outlines, volumes, options)
    folder.mkdir(parents=True)
    files, placed = place_images(sources, volumes, folder, options.link)
    classes = {} if result is None else dict(result.chosen.classes)
    written = WrittenCase(
        found.case,
        found.patient,
        max(in_usual_order(classes.values()), key=list(classes.values()).count, default=NO_LESIONS),
        files,
        placed,
        has_mask=result is not None,
        has_anatomy=result is not None and result.chosen.anatomy is not None,
        lesion_classes=classes,
        remarks=(*remarks, *(() if result is None else result.remarks)),
        digest=image_digest(volumes[usual_reference(phases)].array),
    )
    if result is not None:
        _write_outlines(result, folder)
    return checked(written, folder)


def read_found(volume: FoundVolume, phase: Phase) -> SourceVolume:
    """
    Raises:
        LeftOut: the image cannot be read.
    """
    try:
        read = read_volume(volume.path)
        if volume.grid is not None and volume.grid.shape != read.grid.shape:
            raise LeftOut(f"the {phase.title} phase has other slices, rows or columns than its header says")
        return on_grid(read, volume.grid)
    except LeftOut:
        raise
    except (InputError, OSError) as error:
        raise LeftOut(f"the {phase.title} phase cannot be used: {str(error).rstrip('.')}") from error


def on_grid(volume: SourceVolume, grid: Grid | None) -> SourceVolume:
    """The same voxels where they truly lie; NaN stays where there is no image."""
    if grid is None or volume.grid == grid:
        return volume
    array = volume.array
    if volume.covered is not None:
        array = np.where(volume.covered, array, np.float32(np.nan))
    return SourceVolume.of_array(array, grid, volume.description)


def turned_over(
    found: FoundCase,
    volumes: Mapping[Phase, SourceVolume],
    outlines: Sequence[Outline],
    remarks: list[str],
) -> tuple[FoundCase, list[Outline]]:
    """The case with its stacks turned over if its lesions say that they run against the header."""
    centres: dict[Phase, tuple[Grid, FloatArray]] = {
        one.phase: (one.drawn.grid, one.drawn.centre)
        for one in outlines
        if one.phase is not None and one.drawn.classes
    }
    centres |= {
        phase: (volumes[phase].grid, np.mean([box.centre for box in boxes], axis=0))
        for phase, boxes in found.boxes.items()
        if boxes and phase in volumes
    }
    said = slice_order(centres)
    remarks += [said.remark] if said.remark else []
    if said.order is not Order.REVERSED:
        return found, list(outlines)
    grids = {phase: upside_down(volume.grid) for phase, volume in volumes.items()}
    turned = replace(
        found,
        volumes={p: replace(v, grid=grids.get(p, v.grid)) for p, v in found.volumes.items()},
        readings=tuple(with_grid(r, grids[r.phase]) if r.phase in grids else r for r in found.readings),
    )
    lie = [replace(one, drawn=replace(one.drawn, grid=upside_down(one.drawn.grid))) for one in outlines]
    return turned, lie


def image_remarks(volumes: Mapping[Phase, SourceVolume]) -> list[str]:
    """What is doubtful of the images: slices that stand there twice, spacings that nobody measured."""
    remarks = [repeated_remark(volume.array, phase) for phase, volume in volumes.items()]
    unit = [phase.title for phase, volume in volumes.items() if has_unit_spacing(volume.grid)]
    if unit:
        remarks.append(
            f"Headers ({', '.join(unit)}) give voxels of 1 x 1 x 1 mm, as those do that were written "
            "without a spacing: check them, for every size and volume depends on it."
        )
    return [remark for remark in remarks if remark]


def _lesions(
    found: FoundCase,
    outlines: Sequence[Outline],
    volumes: Mapping[Phase, SourceVolume],
    options: ImportOptions,
) -> OnReference | None:
    """The outlines on the reference phase; None where there are none, for the study has no lesion."""
    carrier = Carrier(volumes, found.same_space)
    if not any(one.drawn.classes for one in outlines):
        if found.if_empty and found.case_class != NO_LESIONS:
            raise LeftOut(found.if_empty)
        return OnReference(carrier.carry(outlines[0])) if outlines else None
    if found.case_class == NO_LESIONS:
        raise LeftOut("it is said to have no lesion, but one was drawn")
    result = on_reference(outlines, carrier, options.reader)
    unknown = [label for label, name in result.chosen.classes.items() if not name]
    if unknown:
        raise LeftOut("nothing tells the class of its lesions; name it with --class if you know it")
    return result


def place_images(
    sources: Mapping[Phase, FoundVolume], volumes: Mapping[Phase, SourceVolume], folder: Path, link: bool
) -> tuple[dict[Phase, str], dict[Phase, Placed]]:
    """Link, copy or, where the header is wrong, write the phases; their names and how they came there."""
    files: dict[Phase, str] = {}
    placed: dict[Phase, Placed] = {}
    for phase, source in sources.items():
        if source.grid is None and can_stay(source.path):
            path, placed[phase] = place_image(source.path, folder, phase.value, link)
        else:
            path, placed[phase] = folder / f"{phase.value}.nii.gz", Placed.WRITTEN
            volume = volumes[phase]
            array = volume.array if volume.covered is None else np.where(volume.covered, volume.array, np.nan)
            write_volume(path, smallest_type(array), volume.grid)
        files[phase] = path.name
    return files, placed


def _write_outlines(result: OnReference, folder: Path) -> None:
    write_label_map(folder / MASK_FILE, result.chosen.labels, result.chosen.grid)
    if result.chosen.anatomy is not None:
        write_label_map(folder / ANATOMY_FILE, result.chosen.anatomy, result.chosen.grid)
    for reader, other in result.others.items():
        write_label_map(folder / f"mask_{plain_name(reader)}.nii.gz", other.labels, other.grid)


def checked(written: WrittenCase, folder: Path) -> WrittenCase:
    """The case with the warnings of a check, which looks at its folder as at a dataset of one case.

    Raises:
        LeftOut: the check finds problems.
    """
    write_dataset_tables(folder, [written.row(folder)])
    try:
        (case,) = check_dataset(folder).cases
    finally:
        for name in (CASES_FILE, LESIONS_FILE):
            (folder / name).unlink(missing_ok=True)
    if case.problems:
        raise LeftOut(" ".join(case.problems).rstrip("."))
    return replace(written, remarks=(*written.remarks, *case_warnings(case)))
