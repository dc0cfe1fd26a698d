"""What must be known of curves over time, and their figures, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from MTINetLib.presentation.words import flag_in_words

_TEXTS = {
    "times_unknown": "No acquisition time is known, so that figures with time are left out: give the times.",
    "times_unsure": "The times are those of '{0}', which need not be those of the acquisition.",
    "series_of_several_studies": "The volumes come from different DICOM studies: check that they are of one "
    "patient.",
    "points_unusable": "{0} of {1} time points cannot be used.",
    "points_moved": "What surrounds the regions lies elsewhere at {0} of {1} time points, by up to {2}: "
    "the curves may show other tissue there.",
    "points_not_measured": "not measured at {0} of {1} time points, which have no image there",
    "points_in_part": "measured in part at {0} of {1} time points, which have no image of the rest",
    "no_baseline": "no baseline above zero, so that nothing can be compared with it",
    "no_reference_signal": "the reference was not measured, or has no signal above zero",
}
#: The names of the figures, in the order in which they are shown: title, factor, unit.
FIGURES = {
    "baseline": ("Baseline", 1.0, ""),
    "peak": ("Peak", 1.0, ""),
    "peak_relative": ("Peak enhancement", 100.0, "%"),
    "time_to_peak_s": ("Time to peak", 1.0, "s"),
    "wash_in_per_s": ("Wash-in", 100.0, "%/s"),
    "steepest_rise_per_s": ("Steepest rise", 100.0, "%/s"),
    "wash_out_per_s": ("Wash-out", 100.0, "%/s"),
    "area_s": ("Area", 1.0, "s"),
    "initial_area_s": ("Area of 60 s", 1.0, "s"),
    "late_change": ("Late change", 100.0, "%"),
    "curve_kind": ("Kind", 1.0, ""),
}


def curve_flag_in_words(flag: str, translate: Callable[[str], str] = str) -> str:
    """A flag of a series or of a region's curve; flags of volumes are said as everywhere."""
    name, *details = flag.split(":")
    if name not in _TEXTS:
        return flag_in_words(flag)
    return translate(_TEXTS[name]).format(*(detail.replace("_", " ") for detail in details))


def curve_flags_in_words(flags: Iterable[str], translate: Callable[[str], str] = str) -> tuple[str, ...]:
    """All of them, in their order."""
    return tuple(curve_flag_in_words(flag, translate) for flag in flags)


def figure_in_words(name: str, value: float | str | None) -> str:
    """A figure with its unit, or the kind of a curve; a dash where it is not defined."""
    if value is None or isinstance(value, str):
        return value or "-"
    _, factor, unit = FIGURES[name]
    return f"{factor * value:.4g} {unit}".rstrip()
