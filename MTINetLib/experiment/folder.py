"""The folder of an experiment: what was asked, who is held out by which fold, and a result a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.claim import claimed
from MTINetLib.errors import InputError
from MTINetLib.experiment.plan import PlannedRun
from MTINetLib.experiment.scores import RunResult
from MTINetLib.output_place import refuse_unusable_folder
from MTINetLib.write_whole import whole_file

EXPERIMENT_FILE = "experiment.json"
FORMAT = 1
#: What an experiment may gain later without being another one.
_MAY_GROW = ("experiments", "seeds", "command")
_WAIT_S, _LOOK_S = 60.0, 0.5


@dataclass(frozen=True)
class ExperimentFolder:
    """Paths of an experiment, and what is kept there."""

    path: Path

    @property
    def about(self) -> Path:
        return self.path / EXPERIMENT_FILE

    @property
    def folds(self) -> Path:
        return self.path / "folds.csv"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    def run(self, run: PlannedRun) -> Path:
        return self.path / "runs" / run.name

    def work(self, run: PlannedRun) -> Path:
        """Where it trains; gone once its result is kept."""
        return self.run(run) / "work"

    def attempts(self, run: PlannedRun) -> Path:
        """How often it was begun and neither ended nor was stopped by somebody."""
        return self.run(run) / "attempts.txt"

    def trouble(self, run: PlannedRun) -> Path:
        """The traceback of a run that failed."""
        return self.run(run) / "trouble.txt"

    def result(self, run: PlannedRun) -> RunResult | None:
        """What a finished run left; None where there is nothing that can be read."""
        try:
            text = (self.run(run) / "result.json").read_text(encoding="utf-8")
            return RunResult.from_dict(json.loads(text))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, run: PlannedRun, result: RunResult) -> None:
        """Write a result, whole."""
        _write_json(self.run(run) / "result.json", result.to_dict(), indent=None)

    def forget(self, run: PlannedRun) -> None:
        """Take a result away, so that the run is done again."""
        (self.run(run) / "result.json").unlink(missing_ok=True)
        self.attempts(run).unlink(missing_ok=True)

    def attempts_before(self, run: PlannedRun) -> int:
        """Of this run, that took their process with them."""
        path = self.attempts(run)
        return int(path.read_text(encoding="ascii")) if path.is_file() else 0

    def begin_attempt(self, run: PlannedRun) -> None:
        """Count one more."""
        count = self.attempts_before(run) + 1
        self.run(run).mkdir(parents=True, exist_ok=True)
        self.attempts(run).write_text(str(count), encoding="ascii")

    def take_attempt_back(self, run: PlannedRun) -> None:
        """One less: it was ended from outside, with everything else."""
        count = self.attempts_before(run) - 1
        if count > 0:
            self.attempts(run).write_text(str(count), encoding="ascii")
        else:
            self.attempts(run).unlink(missing_ok=True)

    def keep_masks(self, run: PlannedRun, masks: Mapping[str, npt.NDArray[np.bool_]]) -> None:
        """Keep the masks of the slices that are shown, by ``case z``."""
        if masks:
            with whole_file(self.run(run) / "masks.npz") as beside:
                np.savez_compressed(beside, **masks)  # type: ignore[arg-type]

    def masks(self, run: PlannedRun) -> dict[str, npt.NDArray[np.bool_]]:
        """Those that were kept."""
        try:
            with np.load(self.run(run) / "masks.npz") as kept:
                return {name: kept[name].astype(bool) for name in kept.files}
        except (OSError, ValueError):
            return {}

    def refuse_other_files(self) -> None:
        """Raises:
        InputError: the folder is a file, cannot be written, or holds something else than an experiment.
        """
        refuse_unusable_folder(self.path)
        if self.about.is_file() or not self.path.is_dir():
            return
        if {item.name for item in self.path.iterdir()} - {self.cache.name}:
            raise InputError(
                f"{self.path} holds files, and none of them is an {EXPERIMENT_FILE}: name another folder."
            )

    def begin(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Write what is asked, or see that the folder holds the same experiment and let it grow.

        Returns:
            All that was asked of this folder by now.

        Raises:
            InputError: it holds another experiment.
        """
        with self.for_a_moment():
            now: dict[str, Any] = json.loads(json.dumps({"format": FORMAT, **told}))
            if self.about.is_file():
                now = self._grown(now)
            self.path.mkdir(parents=True, exist_ok=True)
            _write_json(self.about, now)
        return now

    def told(self) -> dict[str, Any]:
        """What was asked.

        Raises:
            InputError: there is nothing, or it cannot be read.
        """
        try:
            return dict(json.loads(self.about.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise InputError(f"{self.path} holds no experiment: it has no {EXPERIMENT_FILE}.") from None
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"{self.about} cannot be read; begin a new experiment.") from error

    def _grown(self, now: dict[str, Any]) -> dict[str, Any]:
        before = self.told()
        differing = sorted(name for name in now if name not in _MAY_GROW and before.get(name) != now[name])
        if differing:
            raise InputError(
                f"{self.path} holds an experiment with other {' and '.join(differing)}; give what it began "
                "with, or name a new folder."
            )
        rows = dict(before["experiments"])
        for name, names in now["experiments"].items():
            rows[name] = list(dict.fromkeys([*rows.get(name, []), *names]))
        return {
            **now,
            "experiments": rows,
            "seeds": max(int(before["seeds"]), int(now["seeds"])),
        }

    @contextmanager
    def for_a_moment(self) -> Iterator[None]:
        """The folder's claim for something short; another process that has it is waited for.

        Raises:
            InputError: nothing can be written there, or another process does not let go.
        """
        deadline = time.monotonic() + _WAIT_S
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(claimed(self.path))
                    break
                except InputError:
                    if time.monotonic() > deadline or not self.about.is_file():
                        raise
                    time.sleep(_LOOK_S)
            yield


def _write_json(path: Path, data: Mapping[str, Any], indent: int | None = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside:
        text = json.dumps(data, indent=indent, allow_nan=False, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")
