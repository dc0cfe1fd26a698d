"""The measurements as a DICOM SR: Comprehensive 3D SR after TID 1500 (PS3.16)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.report.dicom import codes
from MTINetLib.report.dicom.equipment import (
    MANUFACTURER,
    MODEL_NAME,
    SR_SERIES,
    Tracking,
    algorithm_parameters,
    general_equipment,
    series_description,
    software_versions,
)
from MTINetLib.report.dicom.liver_measurements import (
    finding_site,
    liver_group,
    overlap_measurements,
    segment_evaluations,
)
from MTINetLib.report.dicom.rounded import rounded
from MTINetLib.report.dicom.segment_reference import segment_reference
from MTINetLib.report.dicom.source_headers import SourceHeaders
from MTINetLib.study.phase import Phase

_MM3_PER_ML = 1000.0


def measurement_report(
    findings: StudyFindings,
    headers: SourceHeaders,
    tracking: Mapping[int, Tracking],
    segmentation: Dataset | None,
    device_uid: str | None = None,
    *,
    has_liver: bool = False,
) -> Dataset:
    """An SR of all lesions: size, class, probabilities, and the signal in each phase.

    Args:
        segmentation: the SEG that lesions and liver are referred to in; None where there is neither.
        device_uid: of the software as observer; None makes a new one.
        has_liver: the last segment of the SEG is the liver.
    """
    import highdicom as hd

    observer = hd.sr.ObserverContext(
        observer_type=hd.sr.CodedConcept("121007", "DCM", "Device"),
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=device_uid or generate_uid(),
            name=MODEL_NAME,
            manufacturer_name=MANUFACTURER,
            model_name=findings.provenance.model_name,
        ),
    )
    images = [header for header, _ in headers.phases]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = hd.sr.MeasurementReport(
            observation_context=hd.sr.ObservationContext(observer_device_context=observer),
            procedure_reported=codes.PROCEDURE,
            title=codes.REPORT_TITLE,
            imaging_measurements=_groups(findings, headers, tracking, segmentation, has_liver),
            referenced_images=_once(images),
        )
        made: Dataset = hd.sr.Comprehensive3DSR(
            evidence=[*_once(images), *headers.reference.datasets, *([segmentation] if segmentation else [])],
            content=content,
            series_instance_uid=generate_uid(),
            series_number=SR_SERIES,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            **general_equipment(),
            is_complete=True,
            is_final=False,
            is_verified=False,
            record_evidence=True,
            series_description=series_description(
                "measurements", corrected=findings.provenance.corrected_by_person
            ),
        )
    headers.identity.give_to(made)
    return made


def _once(images: list[Dataset]) -> list[Dataset]:
    """One of each instance: an enhanced file may hold several phases."""
    return list({image.SOPInstanceUID: image for image in images}.values())


def _groups(
    findings: StudyFindings,
    headers: SourceHeaders,
    tracking: Mapping[int, Tracking],
    segmentation: Dataset | None,
    has_liver: bool,
) -> list[Any]:
    groups: list[Any] = [] if findings.lesions else [_no_lesion(findings)]
    for number, lesion in enumerate(findings.lesions, start=1):
        assert segmentation is not None
        algorithm = _algorithm(findings)
        groups.append(_lesion_group(lesion, number, tracking[lesion.label], segmentation, algorithm))
        groups += [
            _phase_group(lesion, phase, findings, headers, tracking, algorithm)
            for phase, mean in zip(findings.phases, lesion.measured_curve.mean, strict=True)
            if mean is not None
        ]
    if has_liver and findings.liver is not None and segmentation is not None:
        number = len(findings.lesions) + 1
        groups.append(liver_group(findings.liver, segmentation, number, _algorithm(findings)))
    return groups


def _no_lesion(findings: StudyFindings) -> Any:
    """Said plainly; a report without any measurement group is not one after TID 1500."""
    import highdicom as hd

    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=generate_uid(), identifier="No lesion"),
        algorithm_id=_algorithm(findings),
        finding_sites=[hd.sr.FindingSite(anatomic_location=codes.LIVER)],
        qualitative_evaluations=[hd.sr.QualitativeEvaluation(codes.FINDING, codes.NO_FINDING)],
    )


def _algorithm(findings: StudyFindings) -> Any:
    import highdicom as hd

    parameters = algorithm_parameters(findings.provenance)
    return hd.sr.AlgorithmIdentification(
        name=f"{MODEL_NAME} {findings.provenance.model_name}",
        version=software_versions(),
        parameters=[f"{name}={value}" for name, value in parameters.items()],
    )


def _tracking(tracking: Tracking) -> Any:
    import highdicom as hd

    return hd.sr.TrackingIdentifier(uid=tracking.uid, identifier=tracking.name)


def _lesion_group(
    lesion: LesionFinding, number: int, tracking: Tracking, segmentation: Dataset, algorithm: Any
) -> Any:
    import highdicom as hd

    sizes = [
        (codes.VOLUME, lesion.volume_ml * _MM3_PER_ML, codes.CUBIC_MILLIMETRE),
        (codes.LONG_AXIS, lesion.long_axis_mm, codes.MILLIMETRE),
        (codes.SHORT_AXIS, lesion.short_axis_mm, codes.MILLIMETRE),
    ]
    measurements = [
        hd.sr.Measurement(name=name, value=rounded(value), unit=unit, algorithm_id=algorithm)
        for name, value, unit in sizes
    ]
    likeliest = max(lesion.probabilities, key=lambda name: lesion.probabilities[name], default=None)
    if likeliest is not None:
        measurements.append(
            hd.sr.Measurement(
                name=codes.PROBABILITY,
                value=rounded(lesion.probabilities[likeliest]),
                unit=codes.NO_UNITS,
                qualifier=None,
                method=codes.morphology(likeliest),
                algorithm_id=algorithm,
            )
        )
    measurements += overlap_measurements(lesion, algorithm)
    evaluations = [hd.sr.QualitativeEvaluation(codes.MORPHOLOGY, codes.morphology(lesion.lesion_class))]
    kind = codes.CURVE_KINDS.get(str(lesion.enhancement.curve_kind))
    if kind is not None:
        evaluations.append(hd.sr.QualitativeEvaluation(codes.CURVE_KIND, kind))
    evaluations += segment_evaluations(lesion)
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(tracking),
        referenced_segment=segment_reference(segmentation, number),
        finding_type=codes.LESION,
        finding_category=codes.ABNORMAL_STRUCTURE,
        finding_sites=[finding_site(lesion)],
        measurements=measurements,
        qualitative_evaluations=evaluations,
    )


def _phase_group(
    lesion: LesionFinding,
    phase: Phase,
    findings: StudyFindings,
    headers: SourceHeaders,
    tracking: Mapping[int, Tracking],
    algorithm: Any,
) -> Any:
    import highdicom as hd

    curve = lesion.measured_curve
    place = findings.phases.index(phase)
    header, frame = headers.phases[place]
    measurements = [
        hd.sr.Measurement(
            name=codes.SIGNAL,
            value=rounded(value),
            unit=codes.NO_UNITS,
            derivation=derivation,
            algorithm_id=algorithm,
        )
        for value, derivation in (
            (curve.mean[place], codes.MEAN),
            (curve.sd[place], codes.STANDARD_DEVIATION),
        )
        if value is not None
    ]
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(tracking[lesion.label]),
        time_point_context=_time_point(place + 1, phase, _since_injection(findings, place)),
        finding_type=codes.LESION,
        finding_sites=[hd.sr.FindingSite(anatomic_location=codes.LIVER)],
        measurements=measurements,
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(
                referenced_sop_class_uid=header.SOPClassUID,
                referenced_sop_instance_uid=header.SOPInstanceUID,
                referenced_frame_numbers=None if frame is None else [frame],
            )
        ],
    )


def _since_injection(findings: StudyFindings, place: int) -> float | None:
    """Seconds after the bolus; times that count from the pre-contrast phase are none."""
    return None if "times_from_pre" in findings.study.flags else findings.study.times_s[place]


def _time_point(number: int, phase: Phase, seconds: float | None) -> Any:
    """Phases have no DICOM codes: their number, and seconds after the injection where they are known."""
    import highdicom as hd

    context = hd.sr.TimePointContext(time_point=f"{number} {phase.title}")
    if seconds is not None:
        context.append(
            hd.sr.NumContentItem(
                name=codes.SINCE_INJECTION,
                value=rounded(seconds),
                unit=codes.SECOND,
                relationship_type=hd.sr.RelationshipTypeValues.HAS_OBS_CONTEXT,
            )
        )
    return context
