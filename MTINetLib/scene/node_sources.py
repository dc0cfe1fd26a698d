"""Volume nodes as the recognition of phases sees them: headers, times, names, and a glance at the pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.scene.dicom_evidence import frames_of_item, frames_of_node
from MTINetLib.scene.dicom_files import instance_uids
from MTINetLib.scene.node_geometry import rough_grid
from MTINetLib.scene.phase_images import node_array
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.sequences import SEQUENCE_ROLE, TIME_ATTRIBUTE, TIME_POINT_ATTRIBUTE
from MTINetLib.scene.volumes import PHASE_ATTRIBUTE
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Volume

if TYPE_CHECKING:
    from MTINetLib.reading.dicom.frame import Frame

#: Every n-th row and column is looked at, so that at most this many are left on a side.
_MOST_ROWS = 48


@dataclass(frozen=True, eq=False)
class NodeSource:
    """One node with what is known about it.

    Args:
        node: the vtkMRMLScalarVolumeNode.
        volume: with every slice, but only some rows and columns; its headers are those of read_dicom.
        marked: the phase that the node's attribute names.
        time_s: the node's time attribute, on a clock that it shares with the other volumes of its study.
        study_uid, series_uid: of the DICOM files, None for other volumes.
    """

    node: Any
    volume: SourceVolume
    marked: Phase | None = None
    time_s: float | None = None
    study_uid: str | None = None
    series_uid: str | None = None
    instance_uids: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return str(self.node.GetName())


def sources_of(scene: Scene, nodes: Sequence[Any]) -> list[NodeSource]:
    """One source a node, in their order; the nodes are usable (``phase_images.why_unusable``)."""
    frames = _on_one_clock([_frames(scene, node) for node in nodes])
    points = _time_points(frames)
    any_dicom = any(frames)
    return [
        _source(node, own, points.get(number), any_dicom)
        for number, (node, own) in enumerate(zip(nodes, frames, strict=True))
    ]


def glance(node: Any) -> tuple[Grid, int]:
    """The grid of what is looked at, and the step between its rows and columns in voxels."""
    whole = rough_grid(node)
    slices, rows, columns = whole.shape
    step = max(1, -(-max(rows, columns) // _MOST_ROWS))
    seen = Grid(
        shape=(slices, -(-rows // step), -(-columns // step)),
        spacing=(whole.spacing[0] * step, whole.spacing[1] * step, whole.spacing[2]),
        origin=whole.origin,
        direction=whole.direction,
    )
    return seen, step


def _source(
    node: Any, frames: tuple[Frame, ...], point: tuple[int, str] | None, any_dicom: bool
) -> NodeSource:
    from MTINetLib.reading.dicom.volumes import headers_of

    grid, step = glance(node)
    time_s = _number(node.GetAttribute(TIME_ATTRIBUTE))
    sequence = node.GetNodeReference(SEQUENCE_ROLE)
    if point is None and sequence is not None:
        number = _number(node.GetAttribute(TIME_POINT_ATTRIBUTE))
        point = None if number is None else (int(number), "temporal_position")
    headers: dict[str, Any] = dict(headers_of(frames, point[1] if point else None)) if frames else {}
    if not frames:
        headers["time_split_by"] = point[1] if point else None
        # Clocks of DICOM count from year 1: a clock of another kind beside them would only confuse.
        headers["acquisition_s"] = None if any_dicom else time_s
    elif headers.get("time_offset_s") is None:
        headers["time_offset_s"] = time_s
    series = frames[0].series_uid if frames else None
    instances = instance_uids(node)
    volume = SourceVolume(
        grid=grid,
        description=_description(str(node.GetName()), headers),
        read=partial(_read, node, step),
        series_uid=series if series or sequence is None else f"sequence {sequence.GetID()}",
        time_point=point[0] if point else None,
        instance_uids=instances,
        headers=headers,
    )
    return NodeSource(
        node=node,
        volume=volume,
        marked=_marked(node),
        time_s=time_s,
        study_uid=_study_uid(frames),
        series_uid=series,
        instance_uids=instances,
    )


def _read(node: Any, step: int) -> Volume:
    seen = np.asarray(node_array(node)[:, ::step, ::step], dtype=np.float32)
    if np.isfinite(seen.sum(dtype=np.float64)):
        return seen
    # A copy: what was seen may be the node's own memory.
    return np.nan_to_num(seen, nan=0.0, posinf=0.0, neginf=0.0)


def _frames(scene: Scene, node: Any) -> tuple[Frame, ...]:
    found = frames_of_node(scene, node)
    sequence = node.GetNodeReference(SEQUENCE_ROLE)
    number = _number(node.GetAttribute(TIME_POINT_ATTRIBUTE))
    if found or sequence is None or number is None:
        return found
    return frames_of_item(sequence, int(number) - 1)


def _on_one_clock(frames: Sequence[tuple[Frame, ...]]) -> list[tuple[Frame, ...]]:
    """A study that runs past midnight goes on counting."""
    from MTINetLib.reading.dicom.read import past_midnight

    later = iter(past_midnight([frame for own in frames for frame in own]))
    return [tuple(next(later) for _ in own) for own in frames]


def _time_points(frames: Sequence[tuple[Frame, ...]]) -> dict[int, tuple[int, str]]:
    """For nodes of one series: the number of the time point from 1, and what tells it, by node number."""
    from MTINetLib.reading.dicom.time_points import split_time_points

    groups: dict[object, list[int]] = defaultdict(list)
    for number, own in enumerate(frames):
        if own:
            groups[(own[0].series_uid, own[0].kind, own[0].size)].append(number)
    points = {}
    for group in groups.values():
        first = {id(frames[number][0]): number for number in group}
        split = split_time_points([frames[number][0] for number in group])
        if len(group) < 2 or split.split_by is None or any(len(point) != 1 for point in split.points):
            continue
        for position, (frame,) in enumerate(split.points, start=1):
            points[first[id(frame)]] = (position, split.split_by)
    return points


def _study_uid(frames: Sequence[Frame]) -> str | None:
    from MTINetLib.reading.dicom.header import Header

    return Header(frames[0].dataset).text("StudyInstanceUID") or None if frames else None


def _description(name: str, headers: Mapping[str, Any]) -> str:
    """The node's name, and the series description where the name does not have it."""
    told = str(headers.get("SeriesDescription") or "").strip()
    return name if not told or told.casefold() in name.casefold() else f"{name} ({told})"


def _marked(node: Any) -> Phase | None:
    word = node.GetAttribute(PHASE_ATTRIBUTE)
    return next((phase for phase in Phase if phase.value == word), None)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and np.isfinite(value) else None
