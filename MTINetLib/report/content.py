"""What the report says, as text and pictures: HTML and PDF lay out the same content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.inference.enhancement import WASHOUT_PHASES
from MTINetLib.presentation.class_signs import reasons_in_words
from MTINetLib.presentation.classes import class_title, class_word, class_words, on_white
from MTINetLib.presentation.counts import slices_in_words
from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.presentation.figure_words import figures_without_phases
from MTINetLib.presentation.liver_words import (
    lesion_title,
    liver_in_words,
    origin_in_words,
    overlap_in_words,
)
from MTINetLib.presentation.note_words import note_in_words
from MTINetLib.presentation.warnings import note_sentences, study_warnings
from MTINetLib.presentation.words import (
    NOT_MEASURED,
    flags_in_words,
    lesion_probability_in_words,
    number,
    probability_in_words,
    seconds,
    sensitivity_in_words,
    share_in_percent,
    signal_decimals,
    summary_in_words,
    whole_sentence,
)
from MTINetLib.report.cover import Cover
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.pictures import curve_figure, lesion_strip, study_strip
from MTINetLib.study.lesion_class import OTHER
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study

TITLE = "Liver lesions in contrast-enhanced MRI"
BANNER = "RESEARCH USE ONLY"
BANNER_TEXT = "Not a medical device. Not for diagnosis or treatment decisions."

PHASE_HEADS = ("Phase", "Series", "Time", "Recognised by", "Certainty", "Match")
LESION_HEADS = (
    "No.",
    "Class",
    "Probability",
    "Volume",
    "Axes",
    "Slices",
    "Arterial gain",
    "Washout ratio",
    "Curve",
)
_TECHNIQUE = (
    "Lesions are segmented slice by slice by MTI-Net from all phases and joined in 3-D; axes are the "
    "longest diameter in a slice and the longest one perpendicular to it. Curves are means and standard "
    "deviations inside the mask; the liver is a ring around the lesion. Enhancement is (S - S pre) / S pre; "
    "contrast is (S lesion - S liver) / S liver; arterial gain is the contrast in the arterial phase minus "
    "that before contrast; the washout ratio is 100 S liver / S lesion, portal venous / delayed, above 100 "
    "where the lesion is darker than the liver. {classes} No LI-RADS category is given."
)

_LIVER_TECHNIQUE = (
    "The liver's volume is that of its outline and of all lesions together, tumour burden the lesions' share "
    "of it. Segments are those of a map that was given; lobes are estimated by the plane through gallbladder "
    "and vena cava, which may be off by one or two centimetres."
)

CORRECTED = (
    "Corrected by a person: the masks were changed after the analysis, and all figures were measured again "
    "on the corrected masks."
)
DEIDENTIFIED = (
    "De-identified: study reference {token}. Descriptions, dates and the reader's name are left out, UIDs "
    "left out or replaced; look at the pictures for text burned into the images before sharing."
)

#: In the place of a curve; the notes beside the report say why.
NOT_DRAWN = "The curve could not be drawn."

#: Of a phase's evidence, strongest first; findings.json has all of it.
_EVIDENCE_SHOWN = 2

Row = tuple[str, ...]


@dataclass(frozen=True)
class LesionBlock:
    """One lesion of the report.

    Args:
        title, colour: heading and the colour (#RRGGBB) of its class on white.
        strip, curve: PNG; None where it could not be drawn.
        signal_heads, signal_rows: a table with a column per phase.
        remarks: flags in plain words.
    """

    title: str
    colour: str
    strip: bytes | None
    curve: bytes | None
    signal_heads: Row
    signal_rows: tuple[Row, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class ReportContent:
    """All of the report; tables are rows of text under the heads named at the top of this file."""

    summary: str
    notices: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    phase_rows: tuple[Row, ...]
    lesion_rows: tuple[Row, ...]
    lesion_colours: tuple[str, ...]
    blocks: tuple[LesionBlock, ...]
    empty_strip: bytes | None
    technique: str
    doubts: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
    cover: Cover


def report_content(
    study: Study,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    cover: Cover | None,
    left_out: LeftOut,
) -> ReportContent:
    """Write the report's words and draw its pictures; nothing in it names the patient.

    Args:
        labels: [K, J, I] on the study's grid, numbered as ``findings`` says.
        cover: the reader's part; for a de-identified report the findings must be so already.
        left_out: pictures that could not be drawn are noted here.
    """
    cover = cover or Cover()
    blocks = tuple(_block(study, labels, lesion, findings, left_out) for lesion in findings.lesions)
    return ReportContent(
        summary=summary_of(findings),
        notices=notices_of(findings, cover),
        facts=facts_of(findings, cover),
        phase_rows=phase_rows_of(findings),
        lesion_rows=tuple(lesion_row_of(lesion, findings.phases) for lesion in findings.lesions),
        lesion_colours=tuple(on_white(lesion.lesion_class) for lesion in findings.lesions),
        blocks=blocks,
        empty_strip=None
        if blocks
        else _drawn("picture of the study in the report", left_out, lambda: study_strip(study)),
        technique=technique_of(findings),
        doubts=doubts_of(findings),
        provenance=provenance_of(findings),
        cover=cover,
    )


def doubts_of(findings: StudyFindings) -> tuple[str, ...]:
    """What a reader must know of the study, warnings first, a whole sentence each."""
    return (
        *study_warnings(findings),
        *note_sentences(findings.study.flags),
        *figures_without_phases(findings.phases),
    )


def summary_of(findings: StudyFindings) -> str:
    said = summary_in_words(findings)
    return said if findings.liver is None else f"{said} {liver_in_words(findings.liver)}."


def _classes(names: Sequence[str]) -> str:
    """What the class of a lesion means, in one sentence."""
    if not names:
        return "No class was read."
    if OTHER in names:
        return f"The class is one of {class_words(names)}, as far as the model has learnt them."
    if len(names) == 2:
        one, two = map(class_word, names)
        return f"The class compares {one} with {two} only: neither may be true."
    return f"The class compares {class_words(names)} only: none may be true."


def technique_of(findings: StudyFindings) -> str:
    said = _TECHNIQUE.format(classes=_classes(findings.provenance.classes))
    return said if findings.liver is None else f"{said} {_LIVER_TECHNIQUE}"


def notices_of(findings: StudyFindings, cover: Cover) -> tuple[str, ...]:
    """What a reader must know before the figures."""
    notices = []
    if findings.provenance.corrected_by_person:
        notices.append(CORRECTED)
    if cover.deidentified:
        notices.append(DEIDENTIFIED.format(token=cover.token))
    return tuple(notices)


def facts_of(findings: StudyFindings, cover: Cover) -> tuple[tuple[str, str], ...]:
    study = findings.study
    reference = findings.provenance.settings.get("reference")
    when = findings.provenance.created_utc.replace("T", " ").rstrip("Z") or "not stated"
    last = ("Study reference", cover.token) if cover.deidentified else ("Analyzed (UTC)", when)
    return (
        ("Grid", " × ".join(str(size) for size in study.size)),
        ("Voxel", " × ".join(f"{mm:.2f}" for mm in study.spacing_mm) + " mm"),
        ("Reference phase", Phase(reference).title if reference else "not stated"),
        last,
    )


def phase_rows_of(findings: StudyFindings) -> tuple[Row, ...]:
    rows = []
    for said, time in zip(findings.study.phases, findings.study.times_s, strict=True):
        rows.append(
            (
                said.phase.title,
                said.description or "not named",
                seconds(time),
                "; ".join(map(evidence_in_words, said.evidence[:_EVIDENCE_SHOWN])) or "not stated",
                f"{100 * said.confidence:.0f} %",
                "-" if said.alignment is None else f"{said.alignment:.2f}",
            )
        )
    return tuple(rows)


def lesion_row_of(lesion: LesionFinding, phases: Sequence[Phase]) -> Row:
    figures = lesion.enhancement
    washout = figures.washout_ratio_percent
    ratios = [number(washout.get(phase), 0) for phase in WASHOUT_PHASES if phase in phases]
    return (
        str(lesion.label),
        class_title(lesion.lesion_class),
        probability_in_words(lesion),
        f"{lesion.volume_ml:.1f} mL",
        f"{lesion.long_axis_mm:.0f} × {lesion.short_axis_mm:.0f} mm",
        slices_in_words(*lesion.slices),
        share_in_percent(figures.arterial_contrast_gain, signed=True),
        " / ".join(ratios) or "-",
        figures.curve_kind or "-",
    )


def _drawn(what: str, left_out: LeftOut, draw: Callable[[], bytes]) -> bytes | None:
    png = None
    with left_out.unless_it_fails(what):
        png = draw()
    return png  # noqa: RET504  (None where drawing failed)


def _block(
    study: Study, labels: Any, lesion: LesionFinding, findings: StudyFindings, left_out: LeftOut
) -> LesionBlock:
    strip = _drawn(
        f"picture of lesion {lesion.label} in the report",
        left_out,
        lambda: lesion_strip(study, labels, lesion, findings.lesions),
    )
    curve = _drawn(
        f"curve of lesion {lesion.label} in the report",
        left_out,
        lambda: curve_figure(lesion, findings.study),
    )
    return LesionBlock(
        title=lesion_title(lesion, class_title(lesion.lesion_class)),
        colour=on_white(lesion.lesion_class),
        strip=strip,
        curve=curve,
        signal_heads=("", *(phase.title for phase in findings.phases)),
        signal_rows=_signal_rows(lesion, findings.phases),
        remarks=remarks_of(lesion),
    )


def remarks_of(lesion: LesionFinding) -> tuple[str, ...]:
    """What speaks for and against its class, and what is doubtful, a whole sentence each."""
    said = (
        *reasons_in_words(lesion),
        lesion_probability_in_words(lesion),
        *flags_in_words(lesion.flags),
        overlap_in_words(lesion),
    )
    return tuple(map(whole_sentence, filter(None, said)))


def _signal_rows(lesion: LesionFinding, phases: tuple[Phase, ...]) -> tuple[Row, ...]:
    measured, liver = lesion.measured_curve, lesion.liver_curve
    relative = [lesion.enhancement.relative_enhancement.get(phase) for phase in phases]
    contrast = [lesion.enhancement.lesion_to_liver_contrast.get(phase) for phase in phases]
    digits = signal_decimals(measured.mean)
    around = ["-"] * len(phases) if liver is None else _with_sd(liver.mean, liver.sd, digits)
    rows: list[Row] = [
        ("Lesion, mean ± SD", *_with_sd(measured.mean, measured.sd, digits)),
        ("Liver around, mean ± SD", *around),
        ("Enhancement", *_enhancement(relative)),
        ("Contrast to liver", *(share_in_percent(value, signed=True) for value in contrast)),
    ]
    if lesion.predicted_curve is not None:
        rows.append(
            ("Predicted by the network", *(number(value, digits) for value in lesion.predicted_curve))
        )
    return tuple(rows)


def _enhancement(relative: Sequence[float | None]) -> list[str]:
    """The first phase is the baseline where there is one; without, all are dashes."""
    values = [share_in_percent(value, signed=True) for value in relative]
    return ["baseline", *values[1:]] if relative[0] == 0 else values


def _with_sd(means: Sequence[float | None], deviations: Sequence[float | None], digits: int) -> list[str]:
    return [
        NOT_MEASURED if mean is None else f"{number(mean, digits)} ± {number(sd, digits)}"
        for mean, sd in zip(means, deviations, strict=True)
    ]


def provenance_of(findings: StudyFindings) -> tuple[tuple[str, str], ...]:
    provenance = findings.provenance
    settings = ", ".join(f"{name} {_plain(value)}" for name, value in provenance.settings.items())
    corrected = "yes" if provenance.corrected_by_person else "no"
    lines = [
        ("Software", provenance.software),
        ("Model", f"{provenance.model_name} (preset {provenance.preset})"),
        ("SHA-256", provenance.model_sha256),
        ("Device", f"{provenance.device}, {provenance.precision}, {provenance.backend}"),
        ("Settings", settings or "none"),
        ("Corrected by a person", corrected),
    ]
    if findings.liver is not None:
        lines.append(("Liver", origin_in_words(findings.liver)))
    chosen = sensitivity_in_words(provenance.settings)
    if chosen:
        lines.append(("Operating point", chosen))
    if provenance.notes:
        lines.append(("Notes", "; ".join(map(note_in_words, provenance.notes))))
    return tuple(lines)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {_plain(item)}" for name, item in value.items()) + ")"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
