"""The results of an analysis into the scene, in short steps that leave the user interface alive."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy.typing as npt

from MTINetLib.findings import StudyFindings
from MTINetLib.scene.ai_lesions import empty_ai_segmentation
from MTINetLib.scene.curve_plot import add_curve_plot
from MTINetLib.scene.curve_table import add_curve_table
from MTINetLib.scene.geometry_node import add_geometry, is_grid_of
from MTINetLib.scene.hierarchy import put_beside, put_in_folder
from MTINetLib.scene.label_image import Mask
from MTINetLib.scene.lesion_table import add_lesion_table
from MTINetLib.scene.liver_node import add_liver
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.results import Results, link, write_findings
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import add_lesion, check_size, empty_segmentation, label_in_labels
from MTINetLib.study.grid import Grid

FOLDER_NAME = "MTI-Net results"


def show_results(
    scene: Scene,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    volumes: tuple[Any, ...],
    reference: Any,
    grid: Grid | None = None,
    liver: Mask | None = None,
) -> Generator[None, None, Results]:
    """Make all nodes of an analysis; a step takes well under 50 ms, and the value returned is the results.

    A generator that is closed or fails before its end takes its nodes with it.

    Args:
        labels: [K, J, I], lesion n has the value n; they are copied.
        volumes: a volume node a phase, in the order of the findings' phases.
        reference: the volume node that the lesions belong to.
        grid: of the labels, world LPS; None: the voxels of ``reference``. Where it is not the reference's
            own, because that is under a transform that no grid can follow, the lesions get a geometry of
            their own in the world.
        liver: bool [K, J, I] as the labels; None where none is known.

    Raises:
        InputError: the labels have another size than the reference volume or the grid.
    """
    made: list[Any] = []
    try:
        geometry = reference
        if grid is not None and not is_grid_of(grid, reference):
            geometry = add_geometry(scene, grid)
            made.append(geometry)
        check_size(labels, geometry)
        segmentation, ai_segmentation = (
            empty_segmentation("Lesions", geometry),
            empty_ai_segmentation(geometry),
        )
        made += (segmentation, ai_segmentation)
        for node in (segmentation, ai_segmentation):
            write_findings(node, findings, geometry)
        yield
        for lesion in findings.lesions:
            found = label_in_labels(labels, lesion.label)
            if found is not None:
                for node in (segmentation, ai_segmentation):
                    add_lesion(node, lesion, *found, geometry)
            yield
        liver_node = None
        if liver is not None:
            liver_node = add_liver(liver, geometry)
            made.append(liver_node)
            yield
        table = add_curve_table(scene, findings.lesions, findings.study)
        lesion_table = add_lesion_table(scene, findings.lesions)
        made += (table, lesion_table)
        yield
        plot = add_curve_plot(table)
        made += (plot.chart, *plot.series)
        yield
        parent = put_beside(reference, segmentation)
        others = [ai_segmentation, lesion_table, table, plot.chart, *plot.series]
        put_in_folder(scene, parent, FOLDER_NAME, [*filter(None, [liver_node]), *others])
        results = Results(
            phases=findings.phases,
            volumes=volumes,
            reference=reference,
            geometry=geometry,
            segmentation=segmentation,
            ai_segmentation=ai_segmentation,
            liver=liver_node,
            table=table,
            lesion_table=lesion_table,
            chart=plot.chart,
            series=plot.series,
        )
        link(results)
        return results
    except BaseException:
        remove_nodes(made)
        raise


def show_results_now(
    scene: Scene,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    volumes: tuple[Any, ...],
    reference: Any,
    grid: Grid | None = None,
    liver: Mask | None = None,
) -> Results:
    """:func:`show_results` in one go."""
    steps = show_results(scene, findings, labels, volumes, reference, grid, liver)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            results: Results = end.value
            return results
