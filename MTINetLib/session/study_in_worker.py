"""Volumes of the scene as a study in the worker: handed over once, found again afterwards."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of, error_text
from MTINetLib.progress import Stage
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.state import ProgressSeen
from MTINetLib.session.task import Steps, ask
from MTINetLib.session.wanted_study import Key, WantedStudy
from MTINetLib.study.evidence import CHOSEN
from MTINetLib.study.phase import Phase
from MTINetLib.worker.requests import OpenedStudy, OpenStudy, PhaseFile

if TYPE_CHECKING:
    from MTINetLib.worker.client import WorkerClient


class StudyInWorker:
    """Knows which study the worker holds; opens another one when it is asked for."""

    def __init__(self, worker: WorkerClient) -> None:
        self._worker = worker
        self._key: Key | None = None
        self._opened: OpenedStudy | None = None

    def opened(self, wanted: WantedStudy) -> OpenedStudy | None:
        """The study if the worker has it as it is wanted."""
        return self._opened if self._key == wanted.key() else None

    def forget(self) -> None:
        self._key = self._opened = None

    def open(self, wanted: WantedStudy) -> Steps[OpenedStudy]:
        """Hand the volumes over, unless the worker has this very study already.

        Raises:
            InputError: a volume cannot be used.
            MissingResourceError: the disk is full.
        """
        already = self.opened(wanted)
        if already is not None:
            return already
        self.forget()
        key, name = wanted.key(), f"study-{uuid.uuid4().hex[:12]}"
        with ExitStack() as paths:  # the worker keeps a study of its own
            files = []
            for done, phase in enumerate(wanted.phases):
                yield ProgressSeen(Stage.HANDING_OVER_PHASES, done, len(wanted.phases))
                path = paths.enter_context(temporary_file(self._worker.folder, f"{name}-{phase.value}"))
                files.append((yield from _hand_over(wanted, phase, path)))
            request = OpenStudy(name, tuple(files), wanted.reference, wanted.alignment, _known_flags(wanted))
            opened = yield from ask(self._worker, request)
        self._key, self._opened = key, opened
        return opened


def _known_flags(wanted: WantedStudy) -> tuple[str, ...]:
    """What is doubtful of the phases, where it was found out of these very volumes."""
    if wanted.proposal is None:
        return ()
    seen = {phase: choice.node_id for phase, choice in wanted.proposal.phases.items()}
    chosen = {phase: node.GetID() for phase, node in wanted.volumes.items()}
    return wanted.proposal.flags if seen == chosen else ()


def _hand_over(wanted: WantedStudy, phase: Phase, path: Path) -> Steps[PhaseFile]:
    from MTINetLib.scene.phase_images import RESAMPLED_TRANSFORM, node_image_steps  # brings readers of images

    node = wanted.volumes[phase]
    try:
        image = yield from node_image_steps(node)
    except InputError as error:
        raise error_of(InputError, "phase_unusable", phase=phase, reason=error_text(error)) from error
    yield from write_array(path, image.array)
    choice = wanted.proposal.phases.get(phase) if wanted.proposal else None
    told = choice if choice is not None and choice.node_id == node.GetID() else None
    return PhaseFile(
        phase=phase,
        path=str(path),
        grid=image.grid,
        description=image.description,
        evidence=told.evidence if told else (CHOSEN,),
        confidence=told.confidence if told else 1.0,
        series_uid=told.series_uid if told else None,
        time_point=told.time_point if told else None,
        instance_uids=told.instance_uids if told else (),
        time_s=told.time_s if told else None,
        flags=(RESAMPLED_TRANSFORM,) if image.resampled else (),
    )
