"""Options of ``mtinet label``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Listed = Annotated[
    Path,
    typer.Argument(
        metavar="LIST|SOURCE",
        help="A work list; with -o, a folder of studies to make one of, or with --marks results of a cohort.",
    ),
]
NewList = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="LIST",
        help="Make a work list of the studies below SOURCE, or bring it up to date.",
    ),
]
Marks = Annotated[
    list[Path] | None,
    typer.Option(
        "--marks",
        metavar="TABLE",
        help="With -o: what readers marked on the cohort's results SOURCE. Its masks are the drafts; what "
        "was missed or wrong comes first. May be repeated.",
    ),
]
OrderOption = Annotated[
    str,
    typer.Option(
        metavar="informative|random|as-they-lie",
        help="Which studies come first: those that the model would learn most from (once it has "
        "drafted them), by chance, or as they lie.",
    ),
]
Draft = Annotated[
    str | None,
    typer.Option(metavar="N|all", help="Let the model draft the next N studies that are to do, or all."),
]
Again = Annotated[
    bool,
    typer.Option("--again", help="With --draft: also those that another model drafted or could not open."),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="MODEL",
        help="With --draft: another model; the studies on which the models disagree come first. May be "
        "repeated. The networks of a fine-tuning are asked by themselves where --model names its run.",
    ),
]
StudyName = Annotated[
    str | None,
    typer.Option("--study", metavar="STUDY", help="One study, by its name or the beginning of it."),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class", metavar="[LESION=]CLASS", help="What a lesion is, or all of them; may be repeated."
    ),
]
Mask = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Its lesions, outlined elsewhere on these images: a label map, 1..n."),
]
NoLesion = Annotated[bool, typer.Option("--no-lesion", help="It has no lesion.")]
Done = Annotated[bool, typer.Option("--done", help="It is done.")]
SetAside = Annotated[str | None, typer.Option(metavar="REASON", help="Leave it out, and say why.")]
ToDo = Annotated[bool, typer.Option("--to-do", help="It is to do again; its lesions stay.")]
Patient = Annotated[
    str | None,
    typer.Option(
        metavar="PSEUDONYM",
        help="Whose it is, where its files do not tell: the same for all studies of one patient.",
    ),
]
PhaseWords = Annotated[
    list[str] | None,
    typer.Option(
        "--phase",
        metavar="NAME=WORD",
        help="Which series a phase is, as for mtinet analyze; may be repeated.",
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION|READER", help="Of versions that several readers wrote at once, this one counts."
    ),
]
Reader = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who says so; by default your name on this computer.")
]
Export = Annotated[
    Path | None,
    typer.Option(metavar="DATASET", help="Add the studies that are done to a dataset for mtinet train."),
]
DeidentifyCases = Annotated[
    bool,
    typer.Option(
        "--deidentify",
        help="With --export: other names than in the list, no reader, times or UIDs, no burned-in text.",
    ),
]
