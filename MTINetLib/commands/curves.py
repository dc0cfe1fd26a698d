"""``mtinet curves``: the curve of any segment, box or point over any number of time points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from MTINetLib.commands.options import OutFolder, Overwrite

if TYPE_CHECKING:
    from rich.table import Table

    from MTINetLib.curves.regions import Region
    from MTINetLib.curves.results import Curves
    from MTINetLib.curves.series import TimeSeries


def curves(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="A folder or .zip of DICOM; a 4-D NIfTI, a .seq.nrrd; or volume files in the order of time.",
        ),
    ],
    out: OutFolder,
    segments: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A label map, or a DICOM SEG: a curve for each segment."),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="NAME,...", help="Of these segments only, by name or value."),
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]x,y,z,x,y,z", help="Two opposite corners of a box, LPS mm."),
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]x,y,z[,r]", help="A voxel, or a ball of radius r, LPS mm."),
    ] = None,
    ras: Annotated[
        bool, typer.Option("--ras", help="Boxes and points are in RAS, as 3D Slicer shows them.")
    ] = False,
    baseline: Annotated[
        str, typer.Option(metavar="1|1-3|1,2", help="Time points before contrast, counted from 1.")
    ] = "1",
    reference: Annotated[
        str | None, typer.Option(metavar="NAME", help="The region that the others are compared with.")
    ] = None,
    times: Annotated[
        str | None,
        typer.Option(
            metavar="s,s,...|START:STEP|FILE",
            help="Seconds of the time points, where the source does not tell them or tells them wrongly.",
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(metavar="NUMBER|NAME|UID", help="Which series, where a folder holds several."),
    ] = None,
    percentiles: Annotated[
        str, typer.Option(metavar="P,P", help="Percentiles besides the median.")
    ] = "25,75",
    motion: Annotated[
        bool, typer.Option("--motion/--no-motion", help="Check whether the surroundings move.")
    ] = True,
    overwrite: Overwrite = False,
) -> None:
    """Measure the signal of any segment, box or point at every time point of a series.

    Writes curves.csv, figures.csv (peak, time to peak, wash-in, wash-out, area), curves.json and curves.png.
    No phases are recognised and no model is asked; any number of time points will do.
    """
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.curves.measure import CurveRequest, measure_curves
    from MTINetLib.curves.open_series import open_series
    from MTINetLib.curves.told import numbers_told, time_points_told, times_told
    from MTINetLib.curves.write import write_curves
    from MTINetLib.report.output_folder import check_output_folder

    check_output_folder(out, overwrite=overwrite)
    request = CurveRequest(
        time_points_told(baseline), reference, numbers_told(percentiles, "percentiles"), motion
    )
    given = [*(box or ()), *(point or ()), *(segments or ())]
    _refuse_nothing(len(given), only, segments)
    console = terminal()
    with RichProgress(console) as progress, open_series(sources, only=series, progress=progress) as found:
        if times is not None:
            found = found.at(times_told(times, len(found.points)), "--times")
        regions = _regions(found, segments or (), only, box or (), point or (), ras)
        measured = measure_curves(found, regions, request, progress)
    write_curves(measured, out, overwrite=overwrite)
    console.print(_table(measured))
    for line in _lines(measured):
        console.print(line, soft_wrap=True)
    console.print(f"Written to {out}.", soft_wrap=True)


def _refuse_nothing(given: int, only: str | None, segments: list[Path] | None) -> None:
    from MTINetLib.errors import InputError

    if not given:
        raise InputError("Say what to measure: --segments FILE, --box x,y,z,x,y,z or --point x,y,z.")
    if only is not None and not segments:
        raise InputError("--only belongs to --segments: name their file.")


def _regions(
    series: TimeSeries,
    segments: list[Path] | tuple[()],
    only: str | None,
    boxes: list[str] | tuple[()],
    points: list[str] | tuple[()],
    ras: bool,
) -> list[Region]:
    from MTINetLib.curves.told import box_region, point_region, segment_regions

    regions = [region for path in segments for region in segment_regions(path, series, only)]
    regions += [box_region(text, number, ras=ras) for number, text in enumerate(boxes, start=1)]
    regions += [point_region(text, number, ras=ras) for number, text in enumerate(points, start=1)]
    return regions


def _table(found: Curves) -> Table:
    from rich.table import Table

    from MTINetLib.presentation.curve_words import FIGURES, figure_in_words

    table = Table(title=f"{len(found.points)} time points", title_justify="left")
    table.add_column("Region", overflow="fold")
    for title, _, _ in FIGURES.values():
        table.add_column(title, justify="right")
    for region in found.regions:
        table.add_row(
            region.name, *(figure_in_words(name, getattr(region.figures, name)) for name in FIGURES)
        )
    return table


def _lines(found: Curves) -> list[str]:
    """What a person needs to know besides the table."""
    from MTINetLib.presentation.curve_words import curve_flag_in_words, curve_flags_in_words
    from MTINetLib.presentation.words import whole_sentence

    lines = [f"Times: {found.time_source}."] if found.time_source else []
    lines += [whole_sentence(curve_flag_in_words(flag).rstrip(".")) for flag in found.flags]
    lines += [point.problem for point in found.points if point.problem]
    for region in found.regions:
        if region.flags:
            lines.append(f"{region.name}: {'; '.join(curve_flags_in_words(region.flags))}.")
    if found.left_out:
        lines.append(f"Not part of the series: {'; '.join(found.left_out)}.")
    return lines
