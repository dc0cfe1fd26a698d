"""The enhancement figures of a lesion with what they mean, for people. Values, no features or categories."""

from __future__ import annotations

from dataclasses import dataclass

from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.words import number, share_in_percent
from MTINetLib.study.phase import Phase


@dataclass(frozen=True)
class FigureText:
    """One figure: its name, its value with unit, and how to read it."""

    name: str
    value: str
    meaning: str


def figures_in_words(lesion: LesionFinding) -> tuple[FigureText, ...]:
    """The figures of ``inference/enhancement.py``; a dash where one could not be computed."""
    figures = lesion.enhancement
    rise, washout = figures.wash_in_per_s, figures.washout_ratio_percent
    return (
        FigureText(
            "Arterial enhancement",
            share_in_percent(figures.relative_enhancement.get(Phase.ARTERIAL), signed=True),
            "rise of the signal from before contrast to the arterial phase",
        ),
        FigureText(
            "Arterial gain over liver",
            share_in_percent(figures.arterial_contrast_gain, signed=True),
            "above 0: it enhances more than the liver around it",
        ),
        FigureText(
            "Contrast to liver, delayed",
            share_in_percent(figures.lesion_to_liver_contrast.get(Phase.DELAYED), signed=True),
            "above 0: brighter than the liver; below: darker",
        ),
        FigureText(
            "Washout ratio",
            " / ".join(number(washout.get(phase), 0) for phase in (Phase.PORTAL_VENOUS, Phase.DELAYED)),
            "portal venous / delayed; above 100: darker than the liver",
        ),
        FigureText(
            "Late change",
            share_in_percent(figures.late_change, signed=True),
            "delayed over arterial; -10 %: washout, +10 %: persistent",
        ),
        FigureText(
            "Wash-in",
            "-" if rise is None else f"{100 * rise:+.1f} % / s",
            "arterial enhancement for each second",
        ),
        FigureText(
            "Curve",
            figures.curve_kind or "-",
            "by the late change; a dash where it never enhances",
        ),
    )
