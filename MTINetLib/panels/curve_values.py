"""The values of a lesion's curves, as the plot shows them and as people copy them."""

from __future__ import annotations

from dataclasses import dataclass

from MTINetLib.findings import LesionFinding, StudySummary
from MTINetLib.scene.curve_table import baseline, relative_percent
from MTINetLib.study.phase import Phase


@dataclass(frozen=True)
class CurveRow:
    """One phase: scanner units, or percent of relative enhancement; None where there is no value."""

    phase: Phase
    time_s: float | None
    measured: float | None
    sd: float | None
    predicted: float | None
    liver: float | None


def curve_rows(lesion: LesionFinding, study: StudySummary, relative: bool) -> tuple[CurveRow, ...]:
    """A row a phase.

    Args:
        relative: 100 * (S - S_pre) / S_pre of each curve instead of the signal; the SD is divided by the
            lesion's S_pre too.
    """
    liver = None if lesion.liver_curve is None else lesion.liver_curve.mean
    measured, sd, predicted = lesion.measured_curve.mean, lesion.measured_curve.sd, lesion.predicted_curve
    curves = (measured, predicted, liver)
    unit = 1.0
    if relative:
        base = baseline(measured, study.order)
        curves = tuple(None if curve is None else relative_percent(curve, study.order) for curve in curves)  # type: ignore[assignment]
        unit = 0.0 if base is None else 100 / base
    rows = []
    for place, phase in enumerate(study.order):
        at = [None if curve is None else curve[place] for curve in curves]
        own = sd[place]
        spread = own * unit if unit and own is not None else None
        rows.append(CurveRow(phase, study.times_s[place], at[0], spread, at[1], at[2]))
    return tuple(rows)


def as_tab_separated(rows: tuple[CurveRow, ...], relative: bool) -> str:
    """For a spreadsheet: heads with units, a line a phase, empty where there is no value."""
    unit = "%" if relative else "scanner units"
    heads = ["Phase", "Time (s)", *(f"{name} ({unit})" for name in ("Measured", "SD", "Predicted", "Liver"))]
    lines = ["\t".join(heads)]
    for row in rows:
        values = (row.time_s, row.measured, row.sd, row.predicted, row.liver)
        lines.append("\t".join([row.phase.title, *("" if v is None else f"{v:.6g}" for v in values)]))
    return "\n".join(lines) + "\n"
