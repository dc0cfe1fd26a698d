"""The four chosen volumes as a study in the worker: handed over once, found again afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.scene.phase_images import RESAMPLED_TRANSFORM, node_image_steps
from MTINetLib.session.array_files import write_array
from MTINetLib.session.calls import Answers
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.worker.messages import OpenedStudy, OpenStudy, PhaseFile

if TYPE_CHECKING:
    from MTINetLib.scene.propose_phases import PhaseProposal
    from MTINetLib.worker.client import Call, WorkerClient

#: What identifies a study: nodes, their contents and places, the reference and how it is aligned.
_Key = tuple[Any, ...]


@dataclass(frozen=True)
class WantedStudy:
    """Four volume nodes by phase, and how they become a study."""

    volumes: Mapping[Phase, Any]
    reference: Phase
    alignment: str
    proposal: PhaseProposal | None = None

    def key(self) -> _Key:
        """Equal as long as nothing about the study's voxels or their places has changed."""
        nodes = [self.volumes[phase] for phase in PHASES]
        return (self.reference, self.alignment, *(_state(node) for node in nodes))


class StudyInWorker:
    """Knows which study the worker holds; opens another one when it is asked for."""

    def __init__(self, worker: WorkerClient) -> None:
        self._worker = worker
        self._key: _Key | None = None
        self._opened: OpenedStudy | None = None
        self.call: Call | None = None

    def opened(self, wanted: WantedStudy) -> OpenedStudy | None:
        """The study if the worker has it as it is wanted."""
        return self._opened if self._key == wanted.key() else None

    def forget(self) -> None:
        self._key = self._opened = None

    def open(
        self,
        wanted: WantedStudy,
        on_opened: Callable[[OpenedStudy], None],
        on_failed: Callable[[MTINetError], None],
        on_progress: Callable[[str, int, int], None],
    ) -> Generator[None, None, None]:
        """A chore that hands the volumes over; one of the functions is called at its end or later.

        Raises:
            InputError: a volume cannot be used.
            MissingResourceError: the disk is full.
        """
        already = self.opened(wanted)
        if already is not None:
            on_opened(already)
            return
        self.forget()
        key, name = wanted.key(), f"study-{uuid.uuid4().hex[:12]}"
        files = []
        for phase in PHASES:
            on_progress("Handing over the phases", phase.index, len(PHASES))
            files.append((yield from self._hand_over(wanted, phase, name)))
        request = OpenStudy(name, tuple(files), wanted.reference, wanted.alignment)

        def done(result: dict[str, Any]) -> None:
            self.call = None
            _remove(files)
            self._key, self._opened = key, OpenedStudy.from_dict(result)
            on_opened(self._opened)

        def failed(error: MTINetError) -> None:
            self.call = None
            _remove(files)
            on_failed(error)

        self.call = self._worker.submit("open_study", request.to_dict(), Answers(done, failed, on_progress))

    def _hand_over(self, wanted: WantedStudy, phase: Phase, name: str) -> Generator[None, None, PhaseFile]:
        node = wanted.volumes[phase]
        try:
            image = yield from node_image_steps(node)
        except InputError as error:
            raise InputError(f"The {phase.title} phase cannot be used: {error}") from error
        path = self._worker.folder / f"{name}-{phase.value}.npy"
        yield from write_array(path, image.array)
        choice = wanted.proposal.phases.get(phase) if wanted.proposal else None
        told = choice if choice is not None and choice.node_id == node.GetID() else None
        return PhaseFile(
            path=str(path),
            grid=image.grid,
            description=image.description,
            evidence=told.evidence if told else ("chosen by the user",),
            confidence=told.confidence if told else 1.0,
            series_uid=told.series_uid if told else None,
            time_point=told.time_point if told else None,
            instance_uids=told.instance_uids if told else (),
            time_s=told.time_s if told else None,
            flags=(RESAMPLED_TRANSFORM,) if image.resampled else (),
        )


def _remove(files: list[PhaseFile]) -> None:
    """The worker keeps a study of its own; what was handed over would fill the temporary folder."""
    for file in files:
        with suppress(OSError):  # Windows: a worker that was ended may still have it open
            Path(file.path).unlink()


def _state(node: Any) -> tuple[Any, ...]:
    """What changes when the voxels of a node or its place in the world change."""
    image = node.GetImageData()
    transform = node.GetParentTransformNode()
    place = []
    while transform is not None:
        place.append((transform.GetID(), transform.GetTransformToWorldMTime()))
        transform = transform.GetParentTransformNode()
    pixels = None if image is None else image.GetPointData().GetScalars()
    matrix = _matrix_of(node)
    return (node.GetID(), None if pixels is None else pixels.GetMTime(), matrix, tuple(place))


def _matrix_of(node: Any) -> tuple[float, ...]:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return tuple(matrix.GetElement(row, column) for row in range(4) for column in range(4))
