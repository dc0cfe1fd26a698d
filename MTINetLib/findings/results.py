"""What was found in a study. The types are the layout of findings.json and its schema as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from MTINetLib.findings.wire import FILE_NAME, PerPhase, Rule
from MTINetLib.study.liver import LiverOrigin
from MTINetLib.study.phase import Phase

Length = Annotated[float, Rule(exclusiveMinimum=0)]
Share = Annotated[float, Rule(minimum=0, maximum=1)]
Count = Annotated[int, Rule(minimum=1)]
Index = Annotated[int, Rule(minimum=0)]
Flag = Annotated[str, Rule(pattern="^[a-z0-9_]+(:[A-Za-z0-9_./-]+)*$")]
Flags = Annotated[tuple[Flag, ...], Rule(uniqueItems=True)]
#: Stands for what a de-identified result does not tell.
WITHHELD = "withheld"
ClassName = Annotated[str, Rule(pattern="^[a-z][a-z0-9_]*$")]
CurveKind = Literal["persistent", "plateau", "washout"]
Percent = Annotated[float, Rule(minimum=0, maximum=100)]


@dataclass(frozen=True)
class LesionPlace:
    """Where in the liver a lesion lies.

    Args:
        kind: whether Couinaud's segments are told, by a map that was given, or the lobes, estimated from the
            plane through gallbladder and vena cava.
        shares: of the lesion's volume, by segment (``1`` to ``8``) or lobe (``left``, ``right``), the largest
            first; they sum to one.
        doubtful: the map does not reach into the lesion, or the lesion lies near the border of the lobes.
    """

    kind: Literal["segment", "lobe"]
    shares: Mapping[str, Share]
    doubtful: bool


@dataclass(frozen=True)
class LiverFinding:
    """The liver that the lesions are seen in.

    Args:
        origin: who outlined it: the model, or whoever gave it.
        source: what it was given as, such as the name of a file; empty for the model's.
        edited_by_person: a person changed the outline since.
        volume_ml: of the liver together with all its lesions.
        lesions_ml: of all lesions together.
        tumour_burden_percent: the lesions in percent of that volume.
    """

    origin: LiverOrigin
    source: str
    edited_by_person: bool
    volume_ml: Length
    lesions_ml: Annotated[float, Rule(minimum=0)]
    tumour_burden_percent: Percent


@dataclass(frozen=True)
class EnhancementCurve:
    """Mean and standard deviation of the signal, phase by phase, in the scanner's own units.

    None in a phase that was not measured, for it has no image there.
    """

    mean: PerPhase[float | None]
    sd: PerPhase[Annotated[float, Rule(minimum=0)] | None]


@dataclass(frozen=True)
class Enhancement:
    """Figures with formulas; None says not defined: see inference/enhancement.py.

    Args:
        relative_enhancement: (S_t - S_pre) / S_pre of the lesion.
        liver_relative_enhancement: (S_t - S_pre) / S_pre of the liver ring.
        lesion_to_liver_contrast: (S_lesion - S_liver) / S_liver.
        arterial_contrast_gain: lesion-to-liver contrast, arterial minus pre-contrast.
        wash_in_per_s: arterial relative enhancement for each second.
        washout_ratio_percent: 100 * S_liver / S_lesion in the late phases.
        late_change: (S_delayed - S_arterial) / S_arterial of the lesion.
        curve_kind: by the late change.
    """

    relative_enhancement: Mapping[Phase, float | None]
    liver_relative_enhancement: Mapping[Phase, float | None]
    lesion_to_liver_contrast: Mapping[Phase, float | None]
    arterial_contrast_gain: float | None
    wash_in_per_s: float | None
    washout_ratio_percent: Mapping[Phase, float | None]
    late_change: float | None
    curve_kind: CurveKind | None


@dataclass(frozen=True)
class LesionFinding:
    """One 3-D connected lesion.

    Args:
        label: value of the lesion in the label map, 1 for the largest.
        lesion_class: what it looks like, one of the model's classes, or undecided.
        probabilities: of each class that the model tells apart, in its order; they sum to one.
        volume_ml: millilitres.
        long_axis_mm: longest diameter in a slice of the reference grid.
        short_axis_mm: longest diameter perpendicular to it in that slice.
        diameter_3d_mm: longest diameter in any direction.
        centroid_lps_mm: LPS, mm.
        slices: first and last slice (k) of the reference grid, 0-based, inclusive.
        measured_curve: inside the mask.
        predicted_curve: by the network's regression head, in the scanner's units; None if it has none, and in
            a phase that has no image there.
        liver_curve: in a ring around the lesion without other lesions; None where no ring is left.
        enhancement: figures of the curves.
        flags: machine-readable words, some with a detail after a colon, such as ``motion:arterial``.
        liver_overlap: share of its volume that lies in the outlined liver; None where no liver is known.
        place: where in the liver it lies, None where nothing tells.
        lesion_probability: that it is a lesion at all, apart from its class; None where the model does not
            tell.
    """

    label: Count
    lesion_class: ClassName = field(metadata={FILE_NAME: "class"})
    probabilities: Mapping[ClassName, Share]
    volume_ml: Length
    long_axis_mm: Length
    short_axis_mm: Length
    diameter_3d_mm: Length
    centroid_lps_mm: tuple[float, float, float]
    slices: tuple[Index, Index]
    measured_curve: EnhancementCurve
    predicted_curve: PerPhase[float | None] | None
    liver_curve: EnhancementCurve | None
    enhancement: Enhancement
    flags: Flags = ()
    liver_overlap: Share | None = None
    place: LesionPlace | None = None
    lesion_probability: Share | None = None


@dataclass(frozen=True)
class PhaseSummary:
    """Where a phase came from and why it was taken for that phase.

    Args:
        phase: which one.
        description: series description or file name.
        evidence: codes with values (study/evidence.py), strongest first; sentences in older files.
        confidence: 0 to 1; 1 is the user's own word.
        series_uid: DICOM Series Instance UID; None for files of other kinds.
        time_point: 1-based position in a series with several time points; None if it has one.
        instance_uids: DICOM SOP Instance UIDs in the order of the slices; one for a multi-frame file, none
            for files of other kinds.
        frame_numbers: 1-based frames of a multi-frame file in the order of the slices.
        alignment: correlation with the reference phase inside the body; None where it was not measured.
    """

    phase: Phase
    description: str = ""
    evidence: tuple[str, ...] = ()
    confidence: Share = 1.0
    series_uid: str | None = None
    time_point: int | None = None
    instance_uids: tuple[str, ...] = ()
    frame_numbers: tuple[Count, ...] | None = None
    alignment: float | None = None


@dataclass(frozen=True)
class StudySummary:
    """What the findings say of the study itself.

    Args:
        phases: in the order of the study, which is the order of every curve.
        times_s: seconds of each phase after the start of the bolus, or after the pre-contrast phase.
        spacing_mm: of the reference grid along i, j, k (columns, rows, slices).
        size: voxels along i, j, k.
        flags: machine-readable words for doubts about the study.
    """

    phases: Annotated[tuple[PhaseSummary, ...], Rule(minItems=2)]
    times_s: PerPhase[float | None]
    spacing_mm: tuple[Length, Length, Length]
    size: tuple[Count, Count, Count]
    flags: Flags = ()

    @property
    def order(self) -> tuple[Phase, ...]:
        """The phases themselves, in the order of every curve and of the times."""
        return tuple(said.phase for said in self.phases)


@dataclass(frozen=True)
class Provenance:
    """How the findings came to be, enough to make them again.

    Args:
        classes: that the model tells apart, in its order; none where no model was asked.
        notes: what had to be done, codes with values (findings/notes.py); sentences in older files.
    """

    software: str
    model_name: str
    model_sha256: Annotated[str, Rule(pattern="^([0-9a-f]{64})?$")]
    preset: str
    device: str
    precision: str
    input_series_uids: tuple[str, ...]
    settings: Mapping[str, Any]
    classes: tuple[ClassName, ...] = ()
    corrected_by_person: bool = False
    created_utc: str = ""
    notes: tuple[str, ...] = ()
    backend: str = "torch"
    intended_use: Annotated[str, Rule(minLength=1)] = (
        "Research use only. Not for diagnosis or treatment decisions."
    )


@dataclass(frozen=True)
class StudyFindings:
    """All that one analysis found.

    Args:
        liver: None where neither the model nor a person outlined it.
    """

    lesions: tuple[LesionFinding, ...]
    study: StudySummary
    provenance: Provenance
    liver: LiverFinding | None = None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The study's phases, in the order of every curve and of the times."""
        return self.study.order
