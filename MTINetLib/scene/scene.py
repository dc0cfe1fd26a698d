"""A scene and what the application offers around it, as an object that is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, eq=False)
class Scene:
    """One MRML scene; two of them can live beside each other in one process.

    What has a node needs no Scene: the node knows the vtkMRMLScene that it is in.

    Args:
        mrml: the vtkMRMLScene.
        application: the vtkMRMLApplicationLogic, which knows the logics of the views.
        terminologies: the vtkSlicerTerminologiesModuleLogic; None where the application has none.
        temporary_folder: of the application; None where nobody but us writes there.
        find_database: gives the DICOM database of the moment, or None.
        kept: logics that MRML itself holds only weakly.
    """

    mrml: Any
    application: Any
    terminologies: Any = None
    temporary_folder: Path | None = None
    find_database: Callable[[], Any] = lambda: None
    kept: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def database(self) -> Any | None:
        """The ctkDICOMDatabase; None where there is none, or it is closed."""
        database = self.find_database()
        return database if database is not None and getattr(database, "isOpen", True) else None


def nodes_of_class(mrml: Any, class_name: str) -> tuple[Any, ...]:
    """The nodes of a class in a vtkMRMLScene, subclasses included; none where Slicer lacks the class."""
    count = mrml.GetNumberOfNodesByClass(class_name)
    return tuple(mrml.GetNthNodeByClass(number, class_name) for number in range(count))
