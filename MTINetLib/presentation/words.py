"""Machine-readable words of the findings in plain English."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.presentation.classes import class_word
from MTINetLib.study.lesion_class import UNDECIDED, in_usual_order
from MTINetLib.study.phase import Phase

_FLAGS = {
    "under_10_mm": "smaller than 10 mm",
    "touches_border": "touches the edge of the image",
    "shares_slices": "shares slices with another lesion",
    "motion": "the phases do not lie well on each other (motion)",
    "phase_doubt": "the phases were not recognised with certainty",
    "order_assumed": "the phases were taken in the order of the volumes, as the user confirmed",
    "no_liver_ring": "no liver tissue left around it to compare with",
    "mostly_outside_liver": "most of it lies outside the outlined liver: check both outlines",
    "set_aside": "marks that were set aside, for they are no lesions of the liver",
    "scale_without_liver": "the liver was not found, so the intensity scale was taken from the whole body: "
    "lesions may be missed",
    "single_slice": "seen in one slice only",
    "duplicate_slices": "slices were there twice",
    "joined_series": "at least one phase was stored as several series and was put together",
    "ambiguous_uids": "different images have the same DICOM identifier (SOP Instance UID)",
    "uncovered": "a part of the reference phase's range is not in the phase",
    "reference_short": "no lesion is looked for in a part of the phase that the reference phase lacks",
    "several_candidates": "another volume would fit the phase nearly as well",
    "phase_contradiction": "some evidence speaks against the phase",
    "unreadable_files": "some DICOM files of the folder could not be read",
    "missing_slices": "slices are missing",
    "undecided": "undecided, because",
    "not_measured": "not measured, for the phase has no image there",
    "measured_in_part": "measured in a part, for the phase has no image of the rest",
    "registered": "moved onto the reference phase by registration",
    "deformed": "bent onto the reference phase by registration",
    "resampled": "resampled onto the grid of the reference phase",
    "resampled_spacing": "slices were unevenly spaced and were resampled",
    "two_positions": "the file gives two positions that differ (sform and qform); the sform was used",
    "resampled_tilt": "slices were tilted against their stack and were resampled",
    "resampled_transform": "a phase had sheared axes, or lay under a shearing or bending transform, and was "
    "interpolated",
    "mixed_scale": "some images lack the scanner's own intensity scale, so none of it was used",
    "lossy_compression": "images were compressed with loss",
    "times_from_pre": "times count from the pre-contrast phase, for the start of the bolus is not known",
    "times_unknown": "no acquisition time known",
    "frame_counts": (
        "a multi-frame DICOM file is at odds with itself (NumberOfFrames / positions / frames of pixels); "
        "frames without a position or pixels are not used"
    ),
    "offset": "the air around the body is not at 0, so this constant is subtracted from all values",
    "offset_doubt": "the zero of the values is uncertain, so that enhancement may be wrong: export "
    "the scanner's own values",
    "display_values": "the values are those of a display window, so that enhancement may be wrong: export "
    "the scanner's own values",
    "scaled_apart": "the phases seem to be scaled each by itself, so that enhancement may be wrong: export "
    "the scanner's own values",
    "saturated": "the brightest tissue is cut off at one value",
    "no_enhancement": "hardly anything brightens between the phases: check that they are one "
    "contrast-enhanced exam",
    "vessels_darker": "vessels are darker in another phase than in the pre-contrast phase: check which "
    "volume is which phase",
    "arterial_not_brighter": "the vessels are no brighter in the arterial phase than before contrast: check "
    "which volume is the arterial phase",
    "out_of_order": "the times of phases are not in their order",
    "time_points_out_of_order": "the time points of phases are not in their order",
    "unusual_step": "the time between phases is unusual",
    "unusual_delay": "the time after the start of the bolus is unusual",
    "tagged_otherwise": "the DICOM header names another phase",
    "named_otherwise": "the name of the volume says something else",
    "other_kind": "the volume seems to be no phase",
    "different_studies": "the phases come from different DICOM studies",
    "shared_uids": "images of two phases have the same SOP Instance UID",
    "arterial_spread": "the enhancement is more spread in the arterial than in the portal venous phase: "
    "check whether they are exchanged",
}

#: So many classes are named where none was decided on.
_MOST_SHARES = 3

_BRIEF = {
    "under_10_mm": "small",
    "touches_border": "at the edge",
    "shares_slices": "shared slices",
    "phase_doubt": "phases unsure",
    "no_liver_ring": "no liver beside",
    "mostly_outside_liver": "outside liver",
    "single_slice": "one slice",
    "not_measured": "phase missing",
    "measured_in_part": "phase cut off",
}


def summary_in_words(findings: StudyFindings) -> str:
    """How many lesions of which class, in one or two sentences."""
    if not findings.lesions:
        return "No lesion was found. This does not exclude one."
    answers = [lesion.lesion_class for lesion in findings.lesions]
    order = dict.fromkeys((*findings.provenance.classes, *in_usual_order(answers)))
    named = [name for name in order if name in answers and name != UNDECIDED]
    named += [UNDECIDED] if UNDECIDED in answers else []
    counts = [f"{answers.count(name)} {class_word(name)}" for name in named]
    found = len(findings.lesions)
    return f"{found} lesion{'s' * (found > 1)} found: {', '.join(counts)}."


def flag_in_brief(flag: str) -> str:
    """One or two words for a narrow table; :func:`flag_in_words` says it in full."""
    name = flag.partition(":")[0]
    return _BRIEF.get(name, name.replace("_", " "))


def flag_in_words(flag: str) -> str:
    """A flag such as ``motion:arterial`` as words; one that is not known here is only made readable."""
    name, _, detail = flag.partition(":")
    words = _FLAGS.get(name, name.replace("_", " "))
    if not detail:
        return words
    joint = " " if words.endswith("because") else ": "
    return f"{words}{joint}{', '.join(map(detail_in_words, detail.split(':')))}"


def flags_in_words(flags: Iterable[str]) -> tuple[str, ...]:
    """All flags as words, in their order; what is said of several phases is said once for all of them.

    Example:
        >>> mtinet.flags_in_words(["registered:arterial", "registered:delayed"])
        ('moved onto the reference phase by registration: arterial, delayed',)
    """
    phases: dict[tuple[str, str], list[str]] = {}
    for flag in flags:
        name, _, detail = flag.partition(":")
        phase, _, rest = detail.partition(":")
        if phase in _PHASE_NAMES:
            phases.setdefault((name, rest), []).append(phase)
        else:
            phases.setdefault((name, detail), [])
    return tuple(
        flag_in_words(":".join(filter(None, (name, *own, rest)))) for (name, rest), own in phases.items()
    )


def probability_in_words(lesion: LesionFinding) -> str:
    """The probability of the class shown; of the likeliest ones when undecided."""
    if lesion.lesion_class == UNDECIDED:
        shares = sorted(lesion.probabilities.items(), key=lambda item: -item[1])
        return (
            ", ".join(f"{class_word(name)} {percent(value)}" for name, value in shares[:_MOST_SHARES]) or "-"
        )
    return percent(lesion.probabilities[lesion.lesion_class])


def lesion_probability_in_words(lesion: LesionFinding) -> str:
    """``a lesion with 87 %``; empty where the model does not tell."""
    share = lesion.lesion_probability
    return "" if share is None else f"a lesion with {percent(share)}"


def sensitivity_in_words(settings: Mapping[str, Any]) -> str:
    """What the chosen point of the free-response curve means; empty where there was no choice."""
    point = settings.get("sensitivity")
    if not isinstance(point, Mapping):
        return ""
    return (
        f"sensitivity {percent(point['sensitivity'])} with {point['false_positives_a_study']:.2g} false "
        "marks a study, where the model was fitted"
    )


def percent(share: float) -> str:
    """0 to 1 as whole percent; never 0 % or 100 %, which would claim certainty."""
    whole = round(100 * share)
    if whole >= 100:
        return "> 99 %"
    if whole <= 0:
        return "< 1 %"
    return f"{whole} %"


def seconds(value: float | None) -> str:
    """``70 s``, or words where nothing tells the time."""
    return "time unknown" if value is None else f"{value:.0f} s"


def phase_title(phase: Phase) -> str:
    """``Portal venous``: the phase's name as a title."""
    return phase.title[0].upper() + phase.title[1:]


_PHASE_NAMES = frozenset(phase.value for phase in Phase)
_DETAILS = {
    "not_read": "the network did not read it",
    "low_probability": "no class is probable enough",
    "several_classes": "more than one class is possible at the error that the model states",
    "no_class": "it is unlike the lesions of every class that the model was fitted on",
    "slices_disagree": "its slices speak for different classes",
    "little_evidence": "it covers too few pixels",
    "contrast_given": "that contrast was given",
    **{phase.value: phase.title for phase in Phase},
    **{f"no_image_{phase.value}": f"the {phase.title} phase has no image there" for phase in Phase},
}

#: In the place of a value that a phase does not show.
NOT_MEASURED = "not measured"


def detail_in_words(detail: str) -> str:
    """What stands behind the colon of a flag."""
    return _DETAILS.get(detail, detail.replace("_percent", " %").replace("_", " "))


def number(value: float | None, digits: int) -> str:
    """A number with so many decimals; a dash where it could not be computed."""
    return "-" if value is None else f"{value:.{digits}f}"


def signal_decimals(values: Iterable[float | None]) -> int:
    """Decimals that show three figures of the largest signal: scanners, and files, have any scale."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return 0 if largest == 0.0 else max(0, 2 - math.floor(math.log10(largest)))


def share_in_percent(share: float | None, *, signed: bool = False) -> str:
    """A ratio such as 0.42 as ``42 %`` or ``+42 %``; a dash where it could not be computed."""
    if share is None:
        return "-"
    return f"{100 * share:+.0f} %" if signed else f"{100 * share:.0f} %"


def whole_sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return f"{words[0].upper()}{words[1:]}."
