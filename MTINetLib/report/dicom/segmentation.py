"""Lesions and liver as a DICOM Segmentation (PS3.3 A.51): binary, one segment a lesion, the liver last."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.presentation.classes import class_title, on_black
from MTINetLib.presentation.colours import LIVER_ON_BLACK
from MTINetLib.report.dicom import codes
from MTINetLib.report.dicom.equipment import (
    MODEL_NAME,
    RESEARCH_USE,
    SEG_SERIES,
    Tracking,
    algorithm_parameters,
    general_equipment,
    series_description,
    software_versions,
)
from MTINetLib.report.dicom.source_headers import SourceHeaders


def dicom_segmentation(
    labels: npt.NDArray[Any],
    findings: StudyFindings,
    headers: SourceHeaders,
    tracking: Mapping[int, Tracking],
    liver: npt.NDArray[np.bool_] | None = None,
) -> Dataset:
    """A SEG of the lesions, on the images of the reference phase.

    Args:
        labels: [K, J, I] on the reference phase's own grid; lesion n has the value n.
        tracking: by label, as in the measurement report.
        liver: on the same grid, a segment of its own behind the lesions; None for none.

    Raises:
        ValueError: there is neither lesion nor liver; a SEG has at least one segment.
    """
    import highdicom as hd

    if not findings.lesions and liver is None:
        raise ValueError("there is no lesion to write")
    with warnings.catch_warnings():
        # Its advice on character sets and empty frames is taken care of here.
        warnings.simplefilter("ignore")
        made: Dataset = hd.seg.Segmentation(
            source_images=_as_one_series(headers.reference.datasets),
            pixel_array=_planes(labels, findings.lesions, liver),
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=_segments(findings, tracking, liver is not None),
            series_instance_uid=generate_uid(),
            series_number=SEG_SERIES,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            **general_equipment(),
            content_label="LIVER_LESIONS",
            content_description=RESEARCH_USE,
            series_description=series_description(
                "lesions", corrected=findings.provenance.corrected_by_person
            ),
            transfer_syntax_uid=ExplicitVRLittleEndian,
            omit_empty_frames=True,
        )
    made.ContentCreatorName = made.get("ContentCreatorName") or ""  # type 2, PS3.3 10.9
    _refer_by_series(made, headers.reference.datasets)
    if headers.reference.frames is not None:
        _point_at_true_frames(made, headers.reference.frames)
    headers.identity.give_to(made)
    return made


def _as_one_series(images: Sequence[Dataset]) -> list[Dataset]:
    """A phase may have been stored as several series, of which highdicom takes one only."""
    if len({image.SeriesInstanceUID for image in images}) == 1:
        return list(images)
    copies = [copy.deepcopy(image) for image in images]
    for image in copies:
        image.SeriesInstanceUID = images[0].SeriesInstanceUID
    return copies


def _refer_by_series(made: Dataset, images: Sequence[Dataset]) -> None:
    """The images by their true series (PS3.3 C.12.2), which may be several."""
    series = {str(image.SOPInstanceUID): str(image.SeriesInstanceUID) for image in images}
    told: dict[str, list[Dataset]] = {}
    for item in made.ReferencedSeriesSequence:
        for image in item.ReferencedInstanceSequence:
            told.setdefault(series[str(image.ReferencedSOPInstanceUID)], []).append(image)
    made.ReferencedSeriesSequence = [_series_reference(uid, own) for uid, own in told.items()]


def _series_reference(uid: str, images: list[Dataset]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID, item.ReferencedInstanceSequence = uid, images
    return item


def _planes(
    labels: npt.NDArray[Any], lesions: Sequence[LesionFinding], liver: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.uint8]:
    """[K, J, I, segments], 0 or 1."""
    planes = [labels == lesion.label for lesion in lesions]
    if liver is not None:
        planes.append(liver)
    return np.stack(planes, axis=-1).astype(np.uint8)


def _segments(findings: StudyFindings, tracking: Mapping[int, Tracking], has_liver: bool) -> list[Any]:
    import highdicom as hd

    provenance = findings.provenance
    kinds = hd.seg.SegmentAlgorithmTypeValues
    algorithm = hd.AlgorithmIdentificationSequence(
        name=f"{MODEL_NAME} {provenance.model_name}",
        family=codes.ARTIFICIAL_INTELLIGENCE,
        version=software_versions(),
        parameters=dict(algorithm_parameters(provenance)),
    )
    segments = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=f"{lesion.label} {class_title(lesion.lesion_class)}",
            segmented_property_category=codes.ABNORMAL_STRUCTURE,
            segmented_property_type=codes.LESION,
            algorithm_type=kinds.SEMIAUTOMATIC if provenance.corrected_by_person else kinds.AUTOMATIC,
            algorithm_identification=algorithm,
            tracking_uid=tracking[lesion.label].uid,
            tracking_id=tracking[lesion.label].name,
            anatomic_regions=[codes.LIVER],
            display_color=hd.color.CIELabColor.from_rgb(*_rgb_bytes(on_black(lesion.lesion_class))),
        )
        for number, lesion in enumerate(findings.lesions, start=1)
    ]
    if has_liver:
        segments.append(_liver_segment(len(segments) + 1, findings, algorithm))
    return segments


def _liver_segment(number: int, findings: StudyFindings, algorithm: Any) -> Any:
    """Who outlined it is in its kind and its name: a liver that was given is none of our algorithm's."""
    import highdicom as hd

    assert findings.liver is not None
    kinds = hd.seg.SegmentAlgorithmTypeValues
    ours = findings.liver.origin == "model"
    kind = kinds.SEMIAUTOMATIC if findings.liver.edited_by_person or not ours else kinds.AUTOMATIC
    given = hd.AlgorithmIdentificationSequence(
        name="liver outlined by others", family=codes.NO_FAMILY, version="not stated"
    )
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label="Liver",
        segmented_property_category=codes.ANATOMICAL_STRUCTURE,
        segmented_property_type=codes.LIVER,
        algorithm_type=kind,
        algorithm_identification=algorithm if ours else given,
        display_color=hd.color.CIELabColor.from_rgb(*_rgb_bytes(LIVER_ON_BLACK)),
    )


def _rgb_bytes(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _point_at_true_frames(made: Dataset, frames: Sequence[int]) -> None:
    """References count frames of the reduced copy; make them count those of the file in the archive.

    Segments that share a slice share its reference as one object, too: each is changed once.
    """
    sources = {
        id(source): source
        for group in (*made.SharedFunctionalGroupsSequence, *made.PerFrameFunctionalGroupsSequence)
        for derivation in group.get("DerivationImageSequence", ())
        for source in derivation.SourceImageSequence
    }
    for source in sources.values():
        source.ReferencedFrameNumber = frames[int(source.ReferencedFrameNumber) - 1]
