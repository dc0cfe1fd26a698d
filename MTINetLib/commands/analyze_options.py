"""Options of ``mtinet analyze``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    Path | None,
    typer.Argument(
        metavar="INPUT",
        help="A folder of DICOM, at any depth, or of volume files; or a .zip of either. Left out when "
        "all phases are named one by one.",
    ),
]
Pre = Annotated[str | None, typer.Option(metavar="P", help="Pre-contrast phase.")]
Arterial = Annotated[str | None, typer.Option(metavar="P", help="Arterial phase.")]
PortalVenous = Annotated[str | None, typer.Option(metavar="P", help="Portal venous phase.")]
Delayed = Annotated[str | None, typer.Option(metavar="P", help="Delayed phase.")]
OtherPhases = Annotated[
    list[str] | None,
    typer.Option(
        "--phase",
        metavar="NAME=P",
        help="Any phase that the model takes, such as hepatobiliary=P; may be repeated.",
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="PHASE", help="The phase whose grid the results have; portal venous where it is there."
    ),
]
Align = Annotated[
    str,
    typer.Option(
        metavar="auto|off|force", help="Move the phases onto each other: where it helps, never, always."
    ),
]
AssumeOrder = Annotated[
    bool,
    typer.Option(
        "--assume-order",
        help="Confirm that volumes that nothing names were taken in the order of their numbers.",
    ),
]
ResumeFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="SEG",
        help="A DICOM segmentation of this study, or a folder of results with one: take its lesions, "
        "corrected or not, instead of finding them.",
    ),
]
LiverFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The liver, outlined by others on these images: a mask or label map (NIfTI, NRRD), such as "
        "TotalSegmentator's file of all labels, or a DICOM segmentation. Marks outside it are set aside.",
    ),
]
LiverLabel = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE|NAME",
        help="Which value or name in that file is the liver, where it does not tell.",
    ),
]
Sensitivity = Annotated[
    str | None,
    typer.Option(
        metavar="low|usual|high|SHARE",
        help="Fewer false marks, or fewer misses: a point of the model's free-response curve, or the "
        "share of lesions to be found at least, such as 0.9.",
    ),
]
Scene = Annotated[
    bool, typer.Option("--scene/--no-scene", help="Also make scene.mrb for 3D Slicer and its pictures.")
]
Dicom = Annotated[bool, typer.Option("--dicom", help="Also make DICOM SEG, SR and PDF, in the folder dicom.")]
Page = Annotated[
    bool, typer.Option("--page", help="Also make page.html: the phases with the outlines, in a browser.")
]
Deidentify = Annotated[
    bool,
    typer.Option(
        "--deidentify",
        help="Let no file say whom it is of: no names, dates, descriptions, and new UIDs (PS3.15).",
    ),
]
