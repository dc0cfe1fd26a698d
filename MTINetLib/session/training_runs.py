"""The user's training runs: where they lie, and what can be done with them after a restart."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from MTINetLib.errors import MissingResourceError, ModelError
from MTINetLib.models.info import told_info
from MTINetLib.models.kept import kept_models
from MTINetLib.models.networks_beside import FINE_TUNING_FILE, networks_beside
from MTINetLib.presentation.statements import error_of
from MTINetLib.session.training_state import TrainingChoices
from MTINetLib.user_folder import user_folder
from MTINetLib.write_whole import whole_file

_LIST_FILE = "runs.json"
#: So many are remembered; the folders of older ones stay where they are.
_MOST_RUNS = 20


@dataclass(frozen=True)
class RunRecord:
    """One run.

    Args:
        folder: of the run.
        choices: what it was begun with.
        begun: local time, ISO 8601 without a fraction.
        finished: its budget was spent.
    """

    folder: Path
    choices: TrainingChoices
    begun: str
    finished: bool = False

    @property
    def title(self) -> str:
        """For people: name or preset, and when it began."""
        when = self.begun.replace("T", " ")[:16]
        return f"{self.choices.name or self.choices.preset}, {when}"

    @property
    def parts(self) -> tuple[Path, ...]:
        """The folders with checkpoints: the run's own, or one a fold."""
        folds = sorted(self.folder.glob("fold-*"), key=lambda path: (len(path.name), path.name))
        return tuple(folds) or (self.folder,)

    @property
    def models(self) -> tuple[Path, ...]:
        """Exported model folders, in the order of the folds; of a fine-tuning the one that came out."""
        if (self.folder / FINE_TUNING_FILE).is_file():
            outcomes = (self.folder / name for name in ("model", "candidate"))
            return tuple(place for place in outcomes if (place / "config.json").is_file())[:1]
        return tuple(part / "model" for part in self.parts if (part / "model" / "config.json").is_file())

    @property
    def can_resume(self) -> bool:
        """Whether there is something to go on from."""
        begun = any((part / "config.json").is_file() for part in self.parts)
        return begun and not self.finished


def training_folder() -> Path:
    """Where runs lie unless the user says otherwise."""
    return user_folder() / "Training"


def new_run_folder(within: Path, now: datetime | None = None) -> Path:
    """A folder for a new run, not made yet. Its name tells nothing of the data."""
    stamp = (now or datetime.now()).strftime("%Y-%m-%d-%H%M%S")
    folder, number = within / f"run-{stamp}", 1
    while folder.exists():
        number += 1
        folder = within / f"run-{stamp}-{number}"
    return folder


def recent_runs() -> list[RunRecord]:
    """The remembered runs whose folders are still there, the latest first."""
    try:
        told = json.loads((training_folder() / _LIST_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    records = [_record(item) for item in told if isinstance(item, Mapping)] if isinstance(told, list) else []
    return [record for record in records if record is not None and record.folder.is_dir()]


def remember_run(record: RunRecord) -> None:
    """Put a run at the top of the list, instead of what was known of it.

    Raises:
        MissingResourceError: the list cannot be written.
    """
    others = [other for other in recent_runs() if other.folder != record.folder]
    _write([record, *others][:_MOST_RUNS])


def forget_run(record: RunRecord) -> None:
    """Take a run off the list; its folder stays.

    Raises:
        MissingResourceError: the list cannot be written.
    """
    _write([other for other in recent_runs() if other.folder != record.folder])


def networks_of(name: str) -> tuple[Path, ...]:
    """The networks of a fine-tuning whose outcome lies in this folder or was kept under this name.

    There are none for other models, and where the run is not remembered any more.
    """
    if name and Path(name).is_dir():
        return networks_beside(Path(name))
    kept = next((model for model in kept_models() if model.name == name), None)
    for record in recent_runs() if kept is not None else ():
        for model in record.models[:1]:
            with contextlib.suppress(ModelError):
                if kept is not None and told_info(model).sha256 == kept.sha256:
                    return networks_beside(model)
    return ()


def _write(records: Sequence[RunRecord]) -> None:
    data = [
        {
            "folder": str(record.folder),
            "choices": asdict(record.choices),
            "begun": record.begun,
            "finished": record.finished,
        }
        for record in records
    ]
    folder = training_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / _LIST_FILE) as beside:
            beside.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise error_of(
            MissingResourceError, "runs_unwritten", folder=folder, reason=error.strerror or str(error)
        ) from error


def _record(item: Mapping[str, Any]) -> RunRecord | None:
    known = {entry.name for entry in fields(TrainingChoices)}
    try:
        values = {name: value for name, value in item["choices"].items() if name in known}
        values["changes"] = tuple(values.get("changes", ()))
        choices = TrainingChoices(**values)
        return RunRecord(Path(item["folder"]), choices, str(item["begun"]), bool(item["finished"]))
    except (KeyError, TypeError, AttributeError):
        return None
