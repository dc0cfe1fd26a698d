"""Checkpoints on disk: written whole or not at all, read as data and never as code; what to go on from."""

from __future__ import annotations

import logging
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.write_whole import whole_file

_LOG = logging.getLogger(__name__)

#: What a checkpoint of a run holds beside the weights.
_NEEDED = ("state_dict", "optimizer_states", "loops", "callbacks", "epoch", "scores", "budget")


class DamagedCheckpoint(MTINetError):  # noqa: N818
    """A checkpoint file is cut short, empty, no checkpoint of a run, or holds more than plain data."""


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint on the CPU. Anything in it that would have to be run as code is refused.

    Raises:
        DamagedCheckpoint: it cannot be used.
    """
    try:
        if path.stat().st_size == 0:
            raise DamagedCheckpoint(f"{path} is empty.")
        read = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise DamagedCheckpoint(f"{path} is no checkpoint of plain data.") from error
    # Torch raises whatever its zip reader meets in a damaged file.
    except (RuntimeError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DamagedCheckpoint(f"{path} is damaged or cut short.") from error
    except zipfile.BadZipFile as error:
        raise DamagedCheckpoint(f"{path} is damaged or cut short.") from error
    if not isinstance(read, dict) or any(name not in read for name in _NEEDED):
        raise DamagedCheckpoint(f"{path} is not a checkpoint of a training run.")
    return read


@dataclass(frozen=True)
class ResumePoint:
    """Where a run goes on: its checkpoint, None for the start; ``best_lost``: best.ckpt is damaged."""

    checkpoint: Path | None
    best_lost: bool = False


def resume_point(last: Path, best: Path) -> ResumePoint:
    """The last checkpoint; where that cannot be used the best one, which is said.

    Raises:
        InputError: there are checkpoints and none can be used.
    """
    problems = {path: _problem(path) for path in (last, best) if path.exists()}
    if not problems:
        return ResumePoint(None)
    if problems.get(last, "missing") is None:
        if problems.get(best) is not None:
            _LOG.warning(
                "%s The run goes on from its last epoch; the best of the epochs to come is kept.",
                problems[best],
            )
        return ResumePoint(last, best_lost=problems.get(best, "missing") is not None)
    if problems.get(best, "missing") is None:
        _LOG.warning("%s %s", problems.get(last) or f"{last} is missing.", _lost(last, best))
        return ResumePoint(best)
    told = " ".join(problem for problem in problems.values() if problem)
    raise InputError(f"The run cannot go on, no checkpoint of it is whole: {told} Start a new run.")


def _problem(path: Path) -> str | None:
    try:
        read_checkpoint(path)
    except DamagedCheckpoint as error:
        return str(error)
    return None


def _lost(last: Path, best: Path) -> str:
    """How far back the best checkpoint lies, by the epochs that the run's log tells of."""
    from MTINetLib.training.run_folder import epochs_logged

    epoch = int(read_checkpoint(best)["epoch"]) + 1
    logged = epochs_logged(last.parent.parent)
    told = f"{logged - epoch} of {logged} epochs are lost" if logged >= epoch else "later epochs are lost"
    return f"The run goes on from its best epoch, {epoch}; {told}."


class WholeCheckpoints(TorchCheckpointIO):
    """Writes beside the place and moves the whole file there, so that a kill leaves the one before."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as beside, beside.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Callable[..., Any] | None = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        return read_checkpoint(Path(path))


class BestCheckpoint(ModelCheckpoint):
    """Forgets how good the best one was when its file is lost, so that the next best is kept again."""

    def __init__(self, lost: bool, **settings: Any) -> None:
        super().__init__(**settings)
        self._lost = lost

    @property
    def state_key(self) -> str:
        # That of runs of older versions, and of its own.
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if not self._lost:
            super().load_state_dict(state_dict)
