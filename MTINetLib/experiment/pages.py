"""The tables as files: one page for a browser that loads nothing, Markdown, LaTeX, and CSV a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.experiment.tables import Cell, Table
from MTINetLib.report.html_template import html_template

HTML_FILE, MARKDOWN_FILE, LATEX_FILE = "tables.html", "tables.md", "tables.tex"
TEMPLATE = "tables.html.j2"


@dataclass(frozen=True)
class Page:
    """All that is shown.

    Args:
        facts: what was run, as names and values.
        warning: a sentence on top, empty for none.
        rules: how figures came about, sentences.
        tables: in their order.
        pictures: file in the folder of the page, by the title that it stands under.
        systems: title, source and what was left open, of every system.
    """

    title: str
    facts: Mapping[str, str]
    warning: str
    rules: Sequence[str]
    tables: Sequence[Table]
    pictures: Mapping[str, str]
    systems: Sequence[tuple[str, str, str]]


def write_pages(folder: Path, page: Page) -> None:
    """Write every kind into a folder that already holds the pictures."""
    (folder / HTML_FILE).write_text(_html(folder, page) + "\n", encoding="utf-8")
    (folder / MARKDOWN_FILE).write_text(_markdown(page), encoding="utf-8")
    (folder / LATEX_FILE).write_text(_latex(page), encoding="utf-8")
    for table in page.tables:
        with (folder / f"{table.name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(cell.text for cell in table.header)
            writer.writerows([cell.text for cell in row] for row in table.rows)


def _html(folder: Path, page: Page) -> str:
    images = {title: (folder / name).read_bytes() for title, name in page.pictures.items()}
    return html_template("MTINetLib.experiment", TEMPLATE).render(page=page, images=images)


def _markdown(page: Page) -> str:
    lines = [f"# {page.title}", ""]
    if page.warning:
        lines += [f"**{page.warning}**", ""]
    lines += [*(f"- {name}: {value}" for name, value in page.facts.items()), ""]
    for table in page.tables:
        lines += [f"## {table.title}", "", *_markdown_table(table), ""]
        if table.title in page.pictures:
            lines += [f"![{table.title}]({page.pictures[table.title]})", ""]
        lines += [f"- {note}" for note in table.notes]
        lines += [""] if table.notes else []
    for title, name in page.pictures.items():
        if title not in {table.title for table in page.tables}:
            lines += [f"## {title}", "", f"![{title}]({name})", ""]
    lines += ["## How the figures came about", "", *(f"- {rule}" for rule in page.rules), ""]
    lines += ["## The systems", ""]
    lines += [f"- **{title}**: {source} Left open: {left_open}" for title, source, left_open in page.systems]
    return "\n".join([*lines, ""])


def _markdown_table(table: Table) -> list[str]:
    def word(cell: Cell) -> str:
        text = cell.text.replace("|", "\\|")
        if cell.printed and text != "-":
            return f"*{text}*"
        return f"**{text}**" if cell.best else text

    lines = [[word(cell) for cell in table.header], ["---"] + ["---:"] * (len(table.header) - 1)]
    lines += [[word(cell) for cell in row] for row in table.rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "<": r"$<$",
    ">": r"$>$",
}


def _latex(page: Page) -> str:
    lines = [
        "% Needs the packages booktabs, xcolor and graphicx.",
        f"% {page.title}",
        *([f"% {page.warning}"] if page.warning else []),
        "",
    ]
    for table in page.tables:
        columns = "l" + "r" * (len(table.header) - 1)
        notes = " ".join(table.notes)
        lines += [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_in_latex(' '.join(filter(None, (table.title + '.', page.warning, notes))))}}}",
            rf"\label{{tab:{table.name}}}",
            r"\resizebox{\linewidth}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            _latex_row(table.header),
            r"\midrule",
            *(_latex_row(row) for row in table.rows),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    return "\n".join(lines)


def _latex_row(cells: Sequence[Cell]) -> str:
    def word(cell: Cell) -> str:
        text = _in_latex(cell.text)
        if cell.printed:
            return rf"\textcolor{{gray}}{{{text}}}"
        return rf"\textbf{{{text}}}" if cell.best else text

    return " & ".join(word(cell) for cell in cells) + r" \\"


def _in_latex(text: str) -> str:
    return re.sub("[" + re.escape("".join(_LATEX)) + "]", lambda found: _LATEX[found[0]], text)
