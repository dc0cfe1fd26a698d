"""Hears when a person edits the masks of a segmentation node, and not when we write them ourselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from MTINetLib.scene.slicer_core import slicer_module

#: Events of vtkSegmentation; the first was called Master... before Slicer 5.4.
_EVENTS = (
    "SourceRepresentationModified",
    "MasterRepresentationModified",
    "SegmentAdded",
    "SegmentRemoved",
    "SegmentModified",
)


class MaskWatch:
    """Calls ``on_edit`` for every change of the followed node's segments not made in :meth:`quiet`."""

    def __init__(self, on_edit: Callable[[], None]) -> None:
        self._on_edit = on_edit
        self._segmentation: Any = None
        self._tags: list[int] = []
        self._quiet = 0

    def follow(self, node: Any) -> None:
        """Listen to this vtkMRMLSegmentationNode, or to none, and to no other any more."""
        segmentation = None if node is None else node.GetSegmentation()
        if segmentation is self._segmentation:
            return
        for tag in self._tags:
            self._segmentation.RemoveObserver(tag)
        self._tags = []
        self._segmentation = segmentation
        if segmentation is None:
            return
        kind = slicer_module().vtkSegmentation
        for name in _EVENTS:
            if hasattr(kind, name):
                self._tags.append(segmentation.AddObserver(getattr(kind, name), self._changed))

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """What is changed inside is our own doing."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    def _changed(self, *_: Any) -> None:
        if not self._quiet:
            self._on_edit()
