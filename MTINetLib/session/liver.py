"""The liver on its way: from a node of the user to the worker, and from the results to be measured again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings
from MTINetLib.pipeline.liver import liver_among
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.label_image import Mask
from MTINetLib.scene.liver_node import is_first_outline, liver_mask, outline_mark
from MTINetLib.scene.liver_source import liver_is_told, liver_outlines
from MTINetLib.scene.results import Results
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.task import Steps
from MTINetLib.study.grid import Grid
from MTINetLib.worker.requests import Analyzed, LiverFile


def liver_of_results(results: Results) -> Mask | None:
    """The liver as it stands in the scene; None where none is known, or the user removed it."""
    if results.liver is None or results.liver.GetScene() is None:
        return None
    return liver_mask(results.liver, results.geometry)


def is_edited(results: Results, mask: Mask | None) -> bool:
    """Whether a person has changed the outline."""
    if mask is None or results.liver is None:
        return False
    return not is_first_outline(results.liver, outline_mark(mask))


@contextmanager
def liver_paths(folder: Path) -> Iterator[tuple[Path, Path, Path]]:
    """Files for mask, segments and anatomy, gone at the end of the block."""
    with (
        temporary_file(folder, "liver") as mask,
        temporary_file(folder, "segments") as segments,
        temporary_file(folder, "anatomy") as anatomy,
    ):
        yield mask, segments, anatomy


def hand_over(
    results: Results, mask: Mask | None, findings: StudyFindings, analyzed: Analyzed | None, path: Path
) -> Steps[LiverFile | None]:
    """The liver of results for the worker, with what is known of its parts."""
    if mask is None:
        return None
    yield from write_array(path, mask.astype(np.uint8))
    told = findings.liver
    kept = None if analyzed is None else analyzed.liver
    return LiverFile(
        str(path),
        "given" if told is None else told.origin,
        "" if told is None else told.source,
        edited=is_edited(results, mask),
        segments=None if kept is None else kept.segments,
        anatomy=None if kept is None else kept.anatomy,
    )


def given_in_scene(
    node: Any, part: str, geometry: Any, grid: Grid, paths: tuple[Path, Path, Path]
) -> Steps[LiverFile]:
    """A liver that the user has chosen, for the worker.

    Args:
        part: the number of the segment or value that is the liver, empty where the node tells.
        geometry: a volume node on the study's grid.

    Raises:
        InputError: the node is gone, or nothing tells which of its parts is the liver.
    """
    if node.GetScene() is None:
        raise error_of(InputError, "liver_removed")
    if not part and not liver_is_told(node):
        raise error_of(InputError, "liver_not_told", node=str(node.GetName()))
    liver = liver_among(liver_outlines(node, geometry, grid), part or None)
    yield None
    written = []
    for path, array in zip(paths, (liver.mask.astype(np.uint8), liver.segments, liver.anatomy), strict=True):
        if array is not None:
            yield from write_array(path, array)
        written.append(None if array is None else str(path))
    return LiverFile(str(paths[0]), "given", liver.source, segments=written[1], anatomy=written[2])
