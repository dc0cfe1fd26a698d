"""What a cohort holds, counted while its studies pass: sizes, classes, curves, certainty of the phases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.presentation.classes import class_title, on_white
from MTINetLib.presentation.words import phase_title

#: Long axis, mm: the first size of each group but the first.
_SIZES_MM = (10, 20, 30, 50)
#: Certainty of a phase: the least of each group but the last.
_SURE = ((0.9, "90 % or more"), (0.7, "70 to 90 %"), (0.0, "under 70 %"))
_CURVES = ("persistent", "plateau", "washout")
_WIDEST_PX = 130
_PLAIN = "#5b8db8"
#: Reasons are cut to so many letters beside their bars; the list below the tables has them whole.
_LETTERS, _MOST_REASONS = 19, 8


@dataclass(frozen=True)
class Bar:
    """A name, how many, and the bar that shows it."""

    name: str
    count: int
    width: float
    colour: str


@dataclass(frozen=True)
class Chart:
    """One distribution."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def in_words(self) -> str:
        return f"{self.title}: " + ", ".join(f"{bar.name} {bar.count}" for bar in self.bars)


@dataclass
class Distributions:
    """Counts; their size does not grow with the cohort."""

    studies: int = 0
    lesions: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    curves: Counter[str] = field(default_factory=Counter)
    sure: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, findings: StudyFindings) -> None:
        self.studies += 1
        for lesion in findings.lesions:
            self._add_lesion(lesion)
        for said in findings.study.phases:
            group = next(name for least, name in _SURE if said.confidence >= least)
            self.sure.setdefault(phase_title(said.phase), Counter())[group] += 1

    def _add_lesion(self, lesion: LesionFinding) -> None:
        self.lesions += 1
        self.classes[lesion.lesion_class] += 1
        self.sizes[_size(lesion.long_axis_mm)] += 1
        self.curves[lesion.enhancement.curve_kind or "not defined"] += 1

    def charts(self, reasons: Iterable[tuple[str, int]]) -> tuple[Chart, ...]:
        """Those that have something to show.

        Args:
            reasons: why studies were set aside, and how many.
        """
        classes = {class_title(name): count for name, count in self.classes.most_common()}
        colours = {class_title(name): on_white(name) for name in self.classes}
        sizes = {name: self.sizes[name] for name in map(_size, (0, *_SIZES_MM)) if self.lesions}
        curves = {name: self.curves[name] for name in (*_CURVES, "not defined") if self.curves[name]}
        sure = {
            f"{phase}, {group.replace(' or more', '+')}": counts[group]
            for phase, counts in self.sure.items()
            for _, group in _SURE
            if counts[group]
        }
        failures: Counter[str] = Counter()
        for reason, count in reasons:  # sentences that begin alike share a bar
            failures[_short(reason)] += count
        charts = (
            _chart("Class", classes, colours),
            _chart("Long axis", sizes),
            _chart("Curve", curves),
            _chart("Phases, by certainty", sure),
            _chart("Set aside, by reason", dict(failures.most_common(_MOST_REASONS))),
        )
        return tuple(chart for chart in charts if chart.bars)


def _size(long_axis_mm: float) -> str:
    above = [edge for edge in _SIZES_MM if long_axis_mm >= edge]
    if not above:
        return f"under {_SIZES_MM[0]} mm"
    if len(above) == len(_SIZES_MM):
        return f"{above[-1]} mm or more"
    return f"{above[-1]} to {_SIZES_MM[len(above)]} mm"


def _chart(title: str, counts: Mapping[str, int], colours: Mapping[str, str] | None = None) -> Chart:
    most = max(counts.values(), default=1)
    bars = (
        Bar(name, count, round(_WIDEST_PX * count / most, 1), (colours or {}).get(name, _PLAIN))
        for name, count in counts.items()
    )
    return Chart(title, tuple(bars))


def _short(reason: str) -> str:
    return reason if len(reason) <= _LETTERS else f"{reason[: _LETTERS - 1]}…"
