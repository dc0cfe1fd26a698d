"""The folder of a fine-tuning: one training run a fold, the new model, and what it began with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import InputError, Stopped
from MTINetLib.models.networks_beside import FINE_TUNING_FILE
from MTINetLib.training.run_folder import RunFolder
from MTINetLib.training.train import TrainingResult
from MTINetLib.write_whole import whole_file

_RESULT_FILE = "result.json"


@dataclass(frozen=True)
class FineTuningFolder:
    """Paths of a fine-tuning."""

    path: Path

    @property
    def start(self) -> Path:
        """What it began with."""
        return self.path / FINE_TUNING_FILE

    @property
    def folds(self) -> Path:
        """The table of who belongs to which part."""
        return self.path / "folds.csv"

    @property
    def phantom(self) -> Path:
        return self.path / "phantom"

    @property
    def apart(self) -> Path:
        """Phantom studies that no network is trained on."""
        return self.path / "phantom-apart"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    @property
    def candidate(self) -> Path:
        """The new model, until it is judged, and where it is not better than the old one."""
        return self.path / "candidate"

    @property
    def model(self) -> Path:
        """The new model, where it is better than the old one."""
        return self.path / "model"

    @property
    def comparison(self) -> Path:
        """Old and new side by side."""
        return self.path / "comparison"

    def fold(self, number: int) -> Path:
        return self.path / f"fold-{number}"

    def begin(self, started_from: str, mixed_in: str, resume: bool) -> None:
        """Make the folder, or see that what is resumed is the same.

        Args:
            started_from: SHA-256 of the model.
            mixed_in: name of what is mixed in.

        Raises:
            InputError: it holds something else, or another fine-tuning.
        """
        now = {"started_from": started_from, "mixed_in": mixed_in}
        if resume and self.start.is_file():
            differing = [name for name, value in self._told().items() if now.get(name) != value]
            if differing:
                raise InputError(
                    f"The fine-tuning in {self.path} cannot go on: it has another {' and '.join(differing)}. "
                    "Name the model and the studies that it began with, or start a new run."
                )
            return
        if self.path.is_dir() and {item.name for item in self.path.iterdir()} - {"cache"}:
            raise InputError(
                f"{self.path} already holds files; give another folder, or resume the run in it (--resume)."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        with whole_file(self.start) as beside:
            beside.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")

    def _told(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.start.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise InputError(f"{self.start} is damaged; start a new run.") from error


@dataclass(frozen=True)
class FoldResult:
    """One finished training: its folder, steps and minutes."""

    run: Path
    steps: int
    minutes: float

    @property
    def model(self) -> Path:
        return RunFolder(self.run).model

    @classmethod
    def of(cls, result: TrainingResult) -> FoldResult:
        """Raises:
        Stopped: it was ended early. What is not judged is not kept.
        """
        if not result.finished:
            raise Stopped("The fine-tuning was stopped before it could be judged; it can be resumed.")
        return cls(result.run, result.steps, result.minutes)

    @classmethod
    def kept_in(cls, run: Path) -> FoldResult | None:
        """The result that an earlier part of the run left there, if it was finished."""
        try:
            told = json.loads((run / _RESULT_FILE).read_text(encoding="utf-8"))
            return cls(run, int(told["steps"]), float(told["minutes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self) -> FoldResult:
        with whole_file(self.run / _RESULT_FILE) as beside:
            beside.write_text(json.dumps({"steps": self.steps, "minutes": self.minutes}), encoding="utf-8")
        return self
