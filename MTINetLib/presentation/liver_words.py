"""The liver, and where in it a lesion lies, in words."""

from __future__ import annotations

from MTINetLib.findings import WITHHELD, LesionFinding, LesionPlace, LiverFinding
from MTINetLib.study.organ_names import roman

#: Smaller shares of a lesion do not name a segment.
_LEAST_SHARE = 0.1
#: A lesion that lies so far in one part is said to lie in it.
_ALL = 0.9


def place_in_words(place: LesionPlace | None) -> str:
    """``segment VII``, ``segments VII (70 %) and VIII (30 %)`` or ``right lobe (estimated)``."""
    if place is None:
        return ""
    return _segments(place) if place.kind == "segment" else _lobe(place)


def lesion_title(lesion: LesionFinding, class_title: str) -> str:
    """``Lesion 1: HCC, segment VII``."""
    return ", ".join(filter(None, (f"Lesion {lesion.label}: {class_title}", place_in_words(lesion.place))))


def liver_in_words(liver: LiverFinding) -> str:
    """``Liver 1480 mL (outlined by the model), tumour burden 2.1 %``."""
    burden = burden_in_words(liver)
    return f"Liver {liver.volume_ml:.0f} mL ({origin_in_words(liver)}), tumour burden {burden}"


def burden_in_words(liver: LiverFinding) -> str:
    """``2.1 %``; small ones with more digits."""
    percent = liver.tumour_burden_percent
    return "0 %" if percent == 0 else "< 0.1 %" if percent < 0.05 else f"{percent:.1f} %"


def origin_in_words(liver: LiverFinding) -> str:
    """``given as liver.nii.gz, edited by a person``."""
    named = f" as {liver.source}" if liver.source and liver.source != WITHHELD else ""
    origin = "outlined by the model" if liver.origin == "model" else f"given{named}"
    return f"{origin}, edited by a person" if liver.edited_by_person else origin


def overlap_in_words(lesion: LesionFinding) -> str:
    """How much of a lesion lies in the liver, where it is not nearly all of it; else empty."""
    share = lesion.liver_overlap
    return "" if share is None or share >= _ALL else f"{100 * share:.0f} % of it lies in the outlined liver"


def _segments(place: LesionPlace) -> str:
    (first, largest), *_ = place.shares.items()
    doubt = " (estimated)" if place.doubtful else ""
    if largest >= _ALL:
        return f"segment {roman(int(first))}{doubt}"
    named = [(roman(int(name)), share) for name, share in place.shares.items() if share >= _LEAST_SHARE]
    if len(named) == 1:
        return f"segment {named[0][0]}{doubt}"
    words = [f"{name} ({100 * share:.0f} %)" for name, share in named]
    return f"segments {', '.join(words[:-1])} and {words[-1]}{doubt}"


def _lobe(place: LesionPlace) -> str:
    name = next(iter(place.shares))
    if place.doubtful:
        return f"near the border of the lobes, more in the {name} one (estimated)"
    return f"{name} lobe (estimated)"
