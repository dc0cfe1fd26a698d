"""What the SR says of the liver, and of where in it a lesion lies."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from MTINetLib.findings import LesionFinding, LiverFinding
from MTINetLib.report.dicom import codes
from MTINetLib.report.dicom.rounded import rounded
from MTINetLib.report.dicom.segment_reference import segment_reference

_MM3_PER_ML = 1000.0
#: A lesion that lies so far in one segment is said to lie in it.
_MAIN_SHARE = 0.5


def liver_group(liver: LiverFinding, segmentation: Dataset, number: int, algorithm: Any) -> Any:
    """Volume and tumour burden, with the segment of the SEG.

    Args:
        number: of the liver's segment.
        algorithm: that measured.
    """
    import highdicom as hd

    figures = [
        (codes.VOLUME, liver.volume_ml * _MM3_PER_ML, codes.CUBIC_MILLIMETRE),
        (codes.TUMOUR_BURDEN, liver.tumour_burden_percent, codes.PERCENT),
    ]
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=generate_uid(), identifier="Liver"),
        referenced_segment=segment_reference(segmentation, number),
        finding_type=codes.LIVER,
        finding_category=codes.ANATOMICAL_STRUCTURE,
        measurements=[
            hd.sr.Measurement(name=name, value=rounded(value), unit=unit, algorithm_id=algorithm)
            for name, value, unit in figures
        ],
    )


def overlap_measurements(lesion: LesionFinding, algorithm: Any) -> list[Any]:
    """How much of a lesion lies in the liver; none where no liver is known."""
    import highdicom as hd

    if lesion.liver_overlap is None:
        return []
    value = rounded(100 * lesion.liver_overlap)
    return [
        hd.sr.Measurement(name=codes.LIVER_OVERLAP, value=value, unit=codes.PERCENT, algorithm_id=algorithm)
    ]


def finding_site(lesion: LesionFinding) -> Any:
    """The liver, with the side of a lesion whose lobe is told without a doubt."""
    import highdicom as hd

    place = lesion.place
    sides = {"left": codes.LEFT, "right": codes.RIGHT}
    told = place is not None and place.kind == "lobe" and not place.doubtful
    side = sides[next(iter(place.shares))] if told and place is not None else None
    return hd.sr.FindingSite(anatomic_location=codes.LIVER, laterality=side)


def segment_evaluations(lesion: LesionFinding) -> list[Any]:
    """The segment that most of a lesion lies in; none where that is not told."""
    import highdicom as hd

    place = lesion.place
    if place is None or place.kind != "segment" or place.doubtful:
        return []
    name, share = next(iter(place.shares.items()))
    if share < _MAIN_SHARE:
        return []
    return [hd.sr.QualitativeEvaluation(codes.COUINAUD, codes.couinaud(int(name)))]
