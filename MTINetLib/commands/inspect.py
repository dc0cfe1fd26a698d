"""``mtinet inspect``: what a folder or archive holds, and which phases are recognised in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from MTINetLib.pipeline.inspect import InspectedVolume, Inspection
    from MTINetLib.study.phase import Phase

_MOST_PROBLEMS = 12
#: Columns of a table that is not printed on a terminal.
_WIDTH = 140


def inspect(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="A folder of DICOM, at any depth, or of volume files; or a .zip of either."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME|FOLDER",
            help="Look for the phases that this model takes; by default the first model found.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say what a folder or archive holds: series, volumes, phases and why, without analyzing anything."""
    from MTINetLib.models.find import phases_to_look_for
    from MTINetLib.pipeline.inspect import inspect as inspect_source

    phases = phases_to_look_for(model)
    found = inspect_source(source, phases)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2, allow_nan=False))
        return
    from MTINetLib.console import terminal

    console = terminal()
    if not console.is_terminal:
        console = terminal(max(console.width, _WIDTH))
    console.print(_table(found))
    for line in _lines(found, phases):
        console.print(line, soft_wrap=True)


def _table(found: Inspection) -> Table:
    from rich.table import Table

    count = len(found.volumes)
    table = Table(title="1 volume" if count == 1 else f"{count} volumes", title_justify="left")
    for head, right in (("#", True), ("Volume", False), ("Size", False), ("Spacing (mm)", False)):
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    table.add_column(f"After {found.times_after}" if found.times_after else "Time", justify="right")
    table.add_column("Phase")
    table.add_column("Sure", justify="right")
    table.add_column("Why", overflow="fold", ratio=1)
    for volume in found.volumes:
        table.add_row(*_row(volume))
    return table


def _row(found: InspectedVolume) -> tuple[str, ...]:
    grid = found.volume.grid
    from MTINetLib.presentation.evidence_words import evidence_in_words

    said = "; ".join(map(evidence_in_words, found.evidence))
    if found.left_out is not None:
        said = f"not used: {found.left_out}" + (f" ({said})" if said else "")
    return (
        str(found.number),
        found.volume.name,
        " x ".join(str(size) for size in grid.shape[::-1]),
        " x ".join(f"{size:.2f}" for size in grid.spacing),
        "-" if found.time_s is None else f"{found.time_s:.0f} s",
        "-" if found.phase is None else found.phase.title,
        "-" if found.phase is None else f"{100 * found.confidence:.0f} %",
        said,
    )


def _lines(found: Inspection, phases: Sequence[Phase]) -> list[str]:
    """What a person needs to know besides the table."""
    from MTINetLib.phases.naming import options_of
    from MTINetLib.pipeline.inspect import TOLD_IN_DOUBTS
    from MTINetLib.presentation.warnings import is_warning
    from MTINetLib.presentation.words import flags_in_words, whole_sentence
    from MTINetLib.study.phase import count_in_words

    lines = [*found.remarks, *found.doubts]
    if found.missing and len(found.volumes) > 1:
        lines.append(
            f"Name these phases for mtinet analyze with {options_of(phases, 'or')} and the #number above."
        )
    elif not found.remarks:
        how = (
            "this folder; mind what is said here." if found.doubts or found.flags else "this folder as it is."
        )
        lines.append(f"All {count_in_words(len(phases))} phases were found: mtinet analyze can use {how}")
    flags = dict.fromkeys((*found.flags, *(flag for item in found.volumes for flag in item.volume.flags)))
    told = {*TOLD_IN_DOUBTS, *filter(is_warning, found.flags)}
    untold = flags_in_words(flag for flag in flags if flag not in told)
    lines += map(whole_sentence, untold)
    for problem in found.problems[:_MOST_PROBLEMS]:
        lines.append(f"{problem.path}: {problem.reason}.")
    if len(found.problems) > _MOST_PROBLEMS:
        lines.append(f"... and {len(found.problems) - _MOST_PROBLEMS} more files that cannot be used.")
    if found.copies:
        lines.append(f"Second copies of images that were left out: {found.copies}.")
    if found.skipped:
        kinds = ", ".join(f"{count} {kind}" for kind, count in found.set_aside.items())
        lines.append(f"Files that hold no MR images: {found.skipped}{f' ({kinds})' if kinds else ''}.")
    return lines
