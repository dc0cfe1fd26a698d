"""Curves and lesions as CSV, in the long form that statistics programs read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from MTINetLib.findings import LesionFinding, LiverFinding, StudyFindings
from MTINetLib.presentation.liver_words import place_in_words
from MTINetLib.study.phase import Phase

CURVE_COLUMNS = ("lesion", "class", "curve", "phase", "time_s", "mean", "sd")
_BEFORE_PROBABILITIES = ("lesion", "class")
_AFTER_PROBABILITIES = (
    "volume_ml",
    "long_axis_mm",
    "short_axis_mm",
    "diameter_3d_mm",
    "centroid_l_mm",
    "centroid_p_mm",
    "centroid_s_mm",
    "first_slice",
    "last_slice",
    "arterial_contrast_gain",
    "washout_ratio_portal_venous_percent",
    "washout_ratio_delayed_percent",
    "curve_kind",
    "lesion_probability",
    "liver_overlap",
    "place",
    "flags",
)
LIVER_COLUMNS = (
    "origin",
    "source",
    "edited_by_person",
    "volume_ml",
    "lesions_ml",
    "tumour_burden_percent",
)
Cell = str | float | int | None


def curves_csv(findings: StudyFindings) -> str:
    """A row per lesion, curve (measured, predicted, liver) and phase; empty where there is no value."""
    return csv_text(CURVE_COLUMNS, _curve_rows(findings))


def lesions_csv(findings: StudyFindings) -> str:
    """A row per lesion, a column per class that the model tells apart.

    Slices are 0-based as in findings.json, flags are joined by blanks.
    """
    return csv_text(lesion_columns(findings.provenance.classes), lesion_rows(findings))


def lesion_columns(classes: Sequence[str]) -> tuple[str, ...]:
    """The columns of :func:`lesion_rows`."""
    return (*_BEFORE_PROBABILITIES, *(f"probability_{name}" for name in classes), *_AFTER_PROBABILITIES)


def lesion_rows(findings: StudyFindings) -> Iterator[Sequence[Cell]]:
    """A row per lesion."""
    return (_lesion_row(lesion, findings.provenance.classes) for lesion in findings.lesions)


def liver_csv(liver: LiverFinding) -> str:
    """One row."""
    return csv_text(LIVER_COLUMNS, iter([[getattr(liver, name) for name in LIVER_COLUMNS]]))


def _curve_rows(findings: StudyFindings) -> Iterator[Sequence[Cell]]:
    for lesion in findings.lesions:
        measured, liver = lesion.measured_curve, lesion.liver_curve
        curves: list[tuple[str, Sequence[float | None], Sequence[float | None]]] = [
            ("measured", measured.mean, measured.sd)
        ]
        if lesion.predicted_curve is not None:
            curves.append(("predicted", lesion.predicted_curve, [None] * len(findings.phases)))
        if liver is not None:
            curves.append(("liver", liver.mean, liver.sd))
        for name, means, deviations in curves:
            for phase, time, mean, sd in zip(
                findings.phases, findings.study.times_s, means, deviations, strict=True
            ):
                yield lesion.label, lesion.lesion_class, name, phase.value, time, mean, sd


def _lesion_row(lesion: LesionFinding, classes: Sequence[str]) -> Sequence[Cell]:
    figures = lesion.enhancement
    washout = figures.washout_ratio_percent
    return (
        lesion.label,
        lesion.lesion_class,
        *(lesion.probabilities.get(name) for name in classes),
        lesion.volume_ml,
        lesion.long_axis_mm,
        lesion.short_axis_mm,
        lesion.diameter_3d_mm,
        *lesion.centroid_lps_mm,
        *lesion.slices,
        figures.arterial_contrast_gain,
        washout.get(Phase.PORTAL_VENOUS),
        washout.get(Phase.DELAYED),
        figures.curve_kind,
        lesion.lesion_probability,
        lesion.liver_overlap,
        place_in_words(lesion.place),
        " ".join(lesion.flags),
    )


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table with a header; empty where a cell is None."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()
