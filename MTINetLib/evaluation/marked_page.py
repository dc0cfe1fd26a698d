"""Figures of marks as tables: Markdown, and one page for a browser that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.evaluation.detection import SIZE_BANDS
from MTINetLib.evaluation.marked_figures import ALL, LEAST_FOR_CALIBRATION
from MTINetLib.evaluation.pictures import CALIBRATION_FILE
from MTINetLib.evaluation.statistics import LEAST_PATIENTS, Estimate
from MTINetLib.evaluation.tables import interval, percent, section
from MTINetLib.presentation.classes import class_title, class_word
from MTINetLib.presentation.counts import counted
from MTINetLib.presentation.marks_words import BANNER, FIGURE_TITLES, RULES, reader_name
from MTINetLib.report.html_template import html_template
from MTINetLib.study.lesion_class import UNDECIDED

TEMPLATE = "marks.html.j2"
_HEADER = ("", "Each by itself", "By patient", "n")
_MOST_NAMED = 20


@dataclass(frozen=True)
class Table:
    """A titled table; the first cell of a row is its name."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Calibration:
    """Bins of what was claimed and what a reader said, by what is claimed."""

    title: str
    bins: Mapping[str, Sequence[Mapping[str, Any]]]


def markdown_page(told: Mapping[str, Any]) -> str:
    """The page ``summary.md``.

    Args:
        told: the summary, with estimates: readers, agreement, about.
    """
    lines = ["# Marks of readers", "", f"**{BANNER}**", ""]
    lines += [f"- {name}: {value}" for name, value in _facts(told).items()]
    lines.append("")
    for table in _tables(told):
        rows = [[cell.replace("|", "\\|") for cell in row] for row in table.rows]
        lines += section(table.title.replace("|", "\\|"), table.header, rows)
    shown = calibration_of(told)
    if shown is not None:
        lines += [f"## {shown.title}", "", f"![{shown.title}]({CALIBRATION_FILE})", ""]
    lines += ["## What these figures are", "", *(f"- {rule}" for rule in _rules(told)), ""]
    return "\n".join(lines)


def html_page(told: Mapping[str, Any], folder: Path) -> str:
    """The page ``summary.html``; ``folder`` holds the pictures, which go into it."""
    shown = calibration_of(told)
    picture = None if shown is None else (folder / CALIBRATION_FILE).read_bytes()
    return html_template("MTINetLib.evaluation", TEMPLATE).render(
        banner=BANNER,
        facts=_facts(told),
        tables=list(_tables(told)),
        rules=_rules(told),
        picture=picture,
        shown=shown,
    )


def calibration_of(told: Mapping[str, Any]) -> Calibration | None:
    """Of all readers together, or of the first who judged enough; None where there is none."""
    for block in _blocks(told):
        bins = {
            "Class, by the reader": block["classes"]["calibration"],
            "Being a lesion, by the reader": block["lesion_probability"]["calibration"],
        }
        if any(bins.values()):
            return Calibration(f"Calibration, {reader_name(block['reader'])}", bins)
    return None


def _blocks(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    together = [] if told["together"] is None else [told["together"]]
    return [*together, *told["readers"]]


def _facts(told: Mapping[str, Any]) -> dict[str, str]:
    studies, about = told["studies"], told["about"]
    read = f"{studies['read']} of {counted(studies['total'], 'study', 'studies')}"
    facts = {
        "Results": about["results"],
        "Models": ", ".join(f"{one['name']} (SHA-256 {one['sha256']})" for one in about["models"]),
        "Read": f"{read}; the others count in no figure",
    }
    if studies["not_read"]:
        more = len(studies["not_read"]) - _MOST_NAMED
        named = ", ".join(studies["not_read"][:_MOST_NAMED])
        facts["Not read"] = f"{named} and {more} more, see summary.json" if more > 0 else named
    if studies["of_unknown_patient"]:
        facts["Patients"] = (
            f"of {counted(studies['of_unknown_patient'], 'study', 'studies')} the images do not tell whose "
            "they are; each counts as a patient of its own"
        )
    return {**facts, "Date": about["date"][:10], "Command": about["command"]}


def _tables(told: Mapping[str, Any]) -> Iterator[Table]:
    for block in _blocks(told):
        name = reader_name(block["reader"])
        yield Table(name, _HEADER, [*_mark_rows(block), *_class_rows(block)])
        if block["classes"]["lesions"]:
            yield _confusion(name, block["classes"]["confusion"])
    for pair in told["agreement"]:
        names = " and ".join(map(reader_name, pair["readers"]))
        if not pair["marks"]["lesions"]:
            continue
        yield Table(f"{names} on the same lesions", _HEADER, list(_agreement_rows(pair)))


def _mark_rows(block: Mapping[str, Any]) -> Iterator[list[str]]:
    marks = block["marks"]
    told = ", ".join(f"{count} {kind}" for kind, count in marks.items())
    patients = counted(block["patients"], "patient")
    yield ["Studies read", f"{block['studies_read']} of {patients}", "", ""]
    yield ["... looked through", str(block["studies_looked_through"]), "", ""]
    yield ["Lesions", told, "", str(sum(marks.values()))]
    for name, group in block["right_marks"].items():
        if name in SIZE_BANDS and not group["judged"]:
            continue
        title = name if name in SIZE_BANDS else class_title(name)
        title = FIGURE_TITLES["right_marks"] if name == ALL else f"... {title}"
        yield [title, *_both(group, percent), str(group["judged"])]
    for key in ("false_marks_per_study", "missed_per_study"):
        rate = block[key]
        yield [
            FIGURE_TITLES[key],
            interval(rate["rate"]),
            interval(rate["rate_by_patient"]),
            str(rate["rate"].n),
        ]
    for name, count in block["missed_by_class"].items():
        word = class_word(name) if name != UNDECIDED else "without a class"
        yield [f"... missed, {word}", str(count), "", ""]
    found = block["found_among_seen"]
    yield [FIGURE_TITLES["found_among_seen"], *_both(found, percent), str(found["seen"])]


def _class_rows(block: Mapping[str, Any]) -> Iterator[list[str]]:
    classes = block["classes"]
    agreed = classes["agreement_of_decided"]
    yield [FIGURE_TITLES["agreement_of_decided"], *_both(agreed, percent), str(agreed["share"].n)]
    yield [FIGURE_TITLES["decided"], percent(classes["decided"]), "", str(classes["decided"].n)]


def _confusion(name: str, table: Mapping[str, Mapping[str, int]]) -> Table:
    answers = list(next(iter(table.values()), ()))
    header = ["Class by the reader", *(f"model: {class_word(answer)}" for answer in answers)]
    rows = [
        [class_title(truth), *(str(counts[answer]) for answer in answers)] for truth, counts in table.items()
    ]
    return Table(f"Classes, {name}", header, rows)


def _agreement_rows(pair: Mapping[str, Any]) -> Iterator[list[str]]:
    for key, title in (("marks", "right or wrong"), ("classes", "class")):
        told = pair[key]
        if not told["lesions"]:
            continue
        same = {"share": told["same"], "share_by_patient": told["same_by_patient"]}
        yield [f"{FIGURE_TITLES['same']}: {title}", *_both(same, percent), str(told["lesions"])]
        kappa = interval(told["kappa"])
        undefined = "not defined, one answer only" if kappa == "-" else kappa
        yield [f"{FIGURE_TITLES['kappa']}: {title}", "", undefined, str(told["lesions"])]
    if pair["differ"]:
        named = ", ".join(f"{one['study']} {one['lesion']}" for one in pair["differ"][:_MOST_NAMED])
        yield ["They differ on (study, lesion)", named, "", str(len(pair["differ"]))]


def _both(group: Mapping[str, Estimate], write: Any) -> tuple[str, str]:
    return write(group["share"]), write(group["share_by_patient"])


def _rules(told: Mapping[str, Any]) -> tuple[str, ...]:
    bootstrap = told["about"]["bootstrap"]
    return (
        *RULES,
        "95 % intervals in brackets. Each lesion or study by itself: Wilson's score, or the exact Poisson "
        "interval of a rate, both too narrow where a patient has several. By patient: bootstrap over "
        f"patients ({bootstrap['resamples']} resamples, seed {bootstrap['seed']}), from {LEAST_PATIENTS} "
        "patients up.",
        f"Calibration is shown from {LEAST_FOR_CALIBRATION} judged lesions up, over marks that the model "
        "showed alone. Cohen's kappa: Educational and Psychological Measurement 20 (1960) 37-46.",
    )
