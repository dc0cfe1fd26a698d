"""The enhancement figures of a lesion with what they mean, for people. Values, no features or categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.findings import LesionFinding
from MTINetLib.inference.enhancement import PHASES_OF, WASHOUT_PHASES
from MTINetLib.presentation.words import number, share_in_percent
from MTINetLib.study.phase import Phase, listed, the_phases


@dataclass(frozen=True)
class FigureText:
    """One figure: its name, its value with unit, and how to read it."""

    name: str
    value: str
    meaning: str


def figures_in_words(lesion: LesionFinding, phases: Sequence[Phase]) -> tuple[FigureText, ...]:
    """The figures of ``inference/enhancement.py``; a dash where one could not be computed.

    Args:
        phases: of the study. A figure that needs another one says so in the place of its meaning.
    """
    figures = lesion.enhancement
    washout, rise = figures.washout_ratio_percent, figures.wash_in_per_s
    shown = [phase for phase in WASHOUT_PHASES if phase in phases]
    said = (
        (
            (Phase.PRE, Phase.ARTERIAL),
            "Arterial enhancement",
            share_in_percent(figures.relative_enhancement.get(Phase.ARTERIAL), signed=True),
            "rise of the signal from before contrast to the arterial phase",
        ),
        (
            PHASES_OF["arterial_contrast_gain"],
            "Arterial gain over liver",
            share_in_percent(figures.arterial_contrast_gain, signed=True),
            "above 0: it enhances more than the liver around it",
        ),
        (
            (Phase.DELAYED,),
            "Contrast to liver, delayed",
            share_in_percent(figures.lesion_to_liver_contrast.get(Phase.DELAYED), signed=True),
            "above 0: brighter than the liver; below: darker",
        ),
        (
            shown or WASHOUT_PHASES,
            "Washout ratio",
            " / ".join(number(washout.get(phase), 0) for phase in shown) or "-",
            f"{' / '.join(phase.title for phase in shown)}; above 100: darker than the liver",
        ),
        (
            PHASES_OF["late_change"],
            "Late change",
            share_in_percent(figures.late_change, signed=True),
            "delayed over arterial; -10 %: washout, +10 %: persistent",
        ),
        (
            PHASES_OF["wash_in_per_s"],
            "Wash-in",
            "-" if rise is None else f"{100 * rise:+.1f} % / s",
            "arterial enhancement for each second",
        ),
        (
            PHASES_OF["curve_kind"],
            "Curve",
            figures.curve_kind or "-",
            "by the late change; a dash where it never enhances",
        ),
    )
    return tuple(
        FigureText(
            name, value, phases_missing(needed, phases) or _unmeasured(lesion, needed, phases) or meaning
        )
        for needed, name, value, meaning in said
    )


def _unmeasured(lesion: LesionFinding, needed: Sequence[Phase], phases: Sequence[Phase]) -> str:
    """Why a figure is not there: the phases that do not show the lesion; empty if none."""
    measured = dict(zip(phases, lesion.measured_curve.mean, strict=False))
    lacking = [phase for phase in needed if phase in measured and measured[phase] is None]
    return f"needs {the_phases(lacking)}, which has no image there" if lacking else ""


def phases_missing(needed: Sequence[Phase], phases: Sequence[Phase]) -> str:
    """Why a figure is not there: the phases that it needs and the study does not have; empty if none."""
    lacking = [phase for phase in needed if phase not in phases]
    return f"needs {the_phases(lacking)}, which this study does not have" if lacking else ""


def figures_without_phases(phases: Sequence[Phase]) -> tuple[str, ...]:
    """A sentence for each cause that a study of these phases lacks figures."""
    names: dict[str, list[str]] = {}
    for name, needed in _TITLES.items():
        missing = phases_missing(needed, phases)
        if missing:
            names.setdefault(missing, []).append(name)
    return tuple(
        f"Not computed: {listed(figures)}; {'it' if len(figures) == 1 else 'each'} {missing}."
        for missing, figures in names.items()
    )


_TITLES = {
    "enhancement": (Phase.PRE,),
    "arterial gain": PHASES_OF["arterial_contrast_gain"],
    "wash-in": PHASES_OF["wash_in_per_s"],
    "portal venous washout ratio": (Phase.PORTAL_VENOUS,),
    "delayed washout ratio": (Phase.DELAYED,),
    "late change": PHASES_OF["late_change"],
    "kind of curve": PHASES_OF["curve_kind"],
}
