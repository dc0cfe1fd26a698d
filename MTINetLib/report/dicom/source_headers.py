"""The headers of the images that a study was read from, made ready to be referred to.

A SEG or SR copies from its source what the source often lacks: attributes that may be empty but must be there
(type 2, PS3.5 7.4), and for enhanced MR functional groups that it looks for among the shared ones only.
Everything is done on copies.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.open import UnusableError, read_header
from MTINetLib.report.dicom.identity import Identity, hide_identity, identity_of
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase, the_phases
from MTINetLib.study.source_image import SourceImage
from MTINetLib.study.study import Study

#: Without these nothing can be referred to, and nothing can stand in for them.
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
#: The images of each phase, in the order of time.
PhaseImages = Mapping[Phase, Sequence[SourceImage]]
_GROUPS_LIFTED = ("PixelMeasuresSequence", "PlaneOrientationSequence")


@dataclass(frozen=True)
class ReferenceImages:
    """The images of the phase that the masks are on.

    Args:
        datasets: as highdicom wants them: one per slice in the order of the grid, or a single enhanced one
            with just those frames.
        frames: 1-based numbers of the slices' frames in the true file, None for single-frame images.
    """

    datasets: tuple[Dataset, ...]
    frames: tuple[int, ...] | None


@dataclass(frozen=True)
class SourceHeaders:
    """All that the DICOM objects refer to.

    Args:
        identity: patient and study, of the reference phase.
        reference: images of the reference phase.
        phases: header of one image of each phase (its middle slice), and that image's frame number.
    """

    identity: Identity
    reference: ReferenceImages
    phases: tuple[tuple[Dataset, int | None], ...]


def why_no_references(study: Study) -> str:
    """Why no DICOM object can refer to the images of a study, and what it needs; empty where one can."""
    lacking = [phase for phase, source in zip(study.phases, study.sources, strict=True) if not source.images]
    if not lacking:
        return ""
    named = "the images" if len(lacking) == len(study.phases) else f"the images of {the_phases(lacking)}"
    return (
        f"{named} were not read from DICOM, or their slices had to be resampled, so no DICOM object can "
        "refer to them; give the DICOM series of every phase as the scanner made them"
    )


def source_headers(study: Study) -> SourceHeaders:
    """Read the headers behind a study.

    Raises:
        InputError: the study was not read from DICOM, a file is gone, or an attribute that references need
            is missing; the sentence names it.
    """
    why = why_no_references(study)
    if why:
        raise InputError(f"{why[0].upper()}{why[1:]}.")
    images = {phase: source.images for phase, source in zip(study.phases, study.sources, strict=True)}
    return headers_of_images(images, study.grid, study.reference)


def headers_of_images(images: PhaseImages, grid: Grid, reference: Phase) -> SourceHeaders:
    """Read the headers of the images of a study's phases.

    Args:
        images: of each phase, those of the reference phase in the order of the slices of ``grid``.

    Raises:
        InputError: as :func:`source_headers`.
    """
    own = images[reference]
    if len(own) != grid.shape[0]:
        raise InputError(
            f"The {reference.title} phase has {grid.shape[0]} slices from {len(own)} DICOM images; a DICOM "
            "segmentation needs one image a slice."
        )
    _refuse_ambiguous(images)
    identity = identity_of(_read(own[0], reference))
    middles = tuple(_middle(images[phase], grid, phase) for phase in images)
    return SourceHeaders(identity, _reference_images(own, grid, reference), middles)


def _refuse_ambiguous(images: PhaseImages) -> None:
    """A reference is a UID: it has to name one image."""
    named: dict[tuple[str, int | None], Path] = {}
    for phase, own in images.items():
        uids = {path: _uid(path, phase) for path in {image.path for image in own}}
        for image in own:
            uid = uids[image.path]
            if uid and named.setdefault((uid, image.frame), image.path) != image.path:
                raise InputError(
                    f"Different images of this study have the same SOP Instance UID (one of them in the "
                    f"{phase.title} phase), so no DICOM object can say which of them it means; export the "
                    "study again with a UID for each image."
                )


def _uid(path: Path, phase: Phase) -> str:
    """SOP Instance UID of a file."""
    try:
        header = read_header(path)
    except (OSError, UnusableError) as error:
        raise InputError(_gone(phase)) from error
    return str(header.get("SOPInstanceUID") or "")


def _gone(phase: Phase) -> str:
    return (
        f"A DICOM image of the {phase.title} phase cannot be read any more; put the files back where they "
        "were, or open the study again."
    )


def _middle(images: Sequence[SourceImage], grid: Grid, phase: Phase) -> tuple[Dataset, int | None]:
    image = images[len(images) // 2]
    header = _read(image, phase)
    _complete(header, grid)
    if image.frame is not None:
        _describe_as_single(header, image.frame)
    return header, image.frame


#: Where a frame's place in the patient stands in an enhanced header (PS3.3 C.7.6.16.2).
_PLACES = {
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
}


def _describe_as_single(header: Dataset, frame: int) -> None:
    """Give a copy of an enhanced header the attributes that highdicom describes an image by."""
    own = header.PerFrameFunctionalGroupsSequence[frame - 1]
    shared = (header.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    for group, keywords in _PLACES.items():
        items = own.get(group) or shared.get(group)
        for keyword in keywords if items else ():
            if keyword in items[0]:
                setattr(header, keyword, getattr(items[0], keyword))


def _reference_images(images: Sequence[SourceImage], grid: Grid, phase: Phase) -> ReferenceImages:
    if images[0].frame is None:
        datasets = [_read(image, phase) for image in images]
        for dataset in datasets:
            _complete(dataset, grid)
        return ReferenceImages(tuple(datasets), None)
    if len({image.path for image in images}) > 1:
        raise InputError(
            f"The {phase.title} phase is spread over several multi-frame files; a DICOM segmentation can "
            "refer to one of them only."
        )
    frames = tuple(image.frame or 1 for image in images)
    dataset = _frames_only(_read(images[0], phase), frames)
    _complete(dataset, grid)
    return ReferenceImages((dataset,), frames)


def _read(image: SourceImage, phase: Phase) -> Dataset:
    try:
        dataset = read_header(image.path)
    except (OSError, UnusableError) as error:
        raise InputError(_gone(phase)) from error
    for keyword in _NEEDED:
        if not dataset.get(keyword):
            raise InputError(
                f"The images of the {phase.title} phase have no {keyword}, so no DICOM object can refer to "
                "them."
            )
    return dataset


def _complete(dataset: Dataset, grid: Grid) -> None:
    hide_identity(dataset)
    if "PerFrameFunctionalGroupsSequence" not in dataset and not dataset.get("SliceThickness"):
        dataset.SliceThickness = f"{grid.spacing[2]:.6g}"


def _frames_only(dataset: Dataset, frames: Sequence[int]) -> Dataset:
    """A copy of an enhanced header with some of its frames, and measures and orientation shared."""
    reduced = copy.deepcopy(dataset)
    groups = [reduced.PerFrameFunctionalGroupsSequence[number - 1] for number in frames]
    reduced.PerFrameFunctionalGroupsSequence = groups
    reduced.NumberOfFrames = len(groups)
    if not reduced.get("SharedFunctionalGroupsSequence"):
        reduced.SharedFunctionalGroupsSequence = [Dataset()]
    shared = reduced.SharedFunctionalGroupsSequence[0]
    for keyword in _GROUPS_LIFTED:
        if keyword not in shared and all(keyword in group for group in groups):
            setattr(shared, keyword, copy.deepcopy(getattr(groups[0], keyword)))
            for group in groups:
                delattr(group, keyword)
    return reduced
