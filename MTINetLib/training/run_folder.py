"""The folder of a run: what was asked, on what it ran, and whether it can go on."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import logging
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from MTINetLib.errors import InputError
from MTINetLib.training.settings import TrainingSettings, settings_from_dict
from MTINetLib.write_whole import whole_file

_LOG = logging.getLogger(__name__)

#: Settings that may differ on a resume: they say how long and on what, not what is learnt.
MAY_CHANGE = {
    "max_minutes",
    "max_steps",
    "epochs",
    "workers",
    "preparation_processes",
    "accelerator",
    "devices",
    "nodes",
    "strategy",
    "log_every",
    "patience",
}
_PACKAGES = ("torch", "lightning", "monai", "numpy", "scipy", "SimpleITK", "safetensors", "MTINetLib")


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def split(self) -> Path:
        return self.path / "split.csv"

    @property
    def environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def classes(self) -> Path:
        return self.path / "classes.json"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def last(self) -> Path:
        return self.checkpoints / "last.ckpt"

    @property
    def best(self) -> Path:
        return self.checkpoints / "best.ckpt"

    @property
    def begun(self) -> bool:
        """Whether something was trained already."""
        return self.last.is_file() or self.best.is_file()

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def cache(self) -> Path:
        return self.path / "cache"


def check_run(run: RunFolder, settings: TrainingSettings, resume: bool) -> None:
    """Whether a new run can begin in the folder, or an old one go on; nothing is written.

    Raises:
        InputError: the folder holds another run or other files, or the settings differ from the run's own.
    """
    path = run.path
    if resume and run.config.is_file():
        _check_same(read_config(run.config), settings, run.config)
    elif resume and run.begun:
        raise InputError(
            f"{run.config} is missing: with which settings the run was trained is not known any more, so it "
            "cannot go on; start a new run."
        )
    elif path.exists() and (not path.is_dir() or {item.name for item in path.iterdir()} - {"cache"}):
        raise InputError(
            f"{path} already holds files; give another folder, or resume the run in it (--resume)."
        )


def begin_run(run: RunFolder, settings: TrainingSettings) -> None:
    """Make the folder with config.json and environment.json, which say that there is a run to go on with."""
    run.path.mkdir(parents=True, exist_ok=True)
    _write_json(run.config, settings.to_dict())
    _write_json(run.environment, environment())


def read_config(config: Path) -> dict[str, Any]:
    """The settings that a run keeps, as plain values.

    Raises:
        InputError: the file is damaged.
    """
    try:
        read = json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{config} is damaged; start a new run.") from error
    if not isinstance(read, dict):
        raise InputError(f"{config} is damaged; start a new run.")
    return read


def _check_same(before: dict[str, Any], settings: TrainingSettings, config: Path) -> None:
    now = json.loads(json.dumps(settings.to_dict()))
    # Settings that came later have their defaults in the settings of an older run.
    then = json.loads(json.dumps(settings_from_dict(before).to_dict()))
    differing = sorted(name for name in now if name not in MAY_CHANGE and now[name] != then[name])
    if differing:
        raise InputError(
            f"The run cannot go on with other settings: {', '.join(differing)} differ from {config}. "
            "Give the same settings, or start a new run."
        )


def environment() -> dict[str, Any]:
    """Versions and devices, without the machine's name or the user's."""
    device = "cpu"
    if torch.cuda.is_available():
        device = ", ".join(torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count()))
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "device": device,
        "packages": {name: _version(name) for name in _PACKAGES},
        "git_revision": _git_revision(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_revision() -> str | None:
    """Of the source tree this file lies in, ``-dirty`` with changes; None for an installed package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()


def _write_json(path: Path, data: dict[str, Any]) -> None:
    with whole_file(path) as beside:
        beside.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def keep_metrics(run: RunFolder) -> None:
    """Put the metrics of an earlier part of the run aside, because Lightning's CSV log starts anew."""
    if run.metrics.is_file():
        number = len(list(run.path.glob("metrics.part*.csv"))) + 1
        run.metrics.replace(run.path / f"metrics.part{number:03d}.csv")


def epochs_logged(run: Path) -> int:
    """Validations that the run's log tells of, 0 where there is no log."""
    path = RunFolder(run).metrics
    return sum(bool(row.get("val/score")) for row in _logged(path)) if path.is_file() else 0


def _logged(path: Path) -> list[dict[str, str]]:
    """The rows of a log that are whole; what a damaged one lost is said."""
    # A broken disk may leave anything in a text file.
    text = path.read_bytes().decode("utf-8", errors="replace").replace("\0", "")
    read = list(csv.DictReader(text.splitlines(), restkey="", restval=""))
    whole = [row for row in read if row.get("step", "").isdigit() and not row.get("")]
    for row in whole:
        row.pop("", None)
    if len(whole) < len(read) or (text.strip() and not read and "step" not in text.splitlines()[0]):
        _LOG.warning("%s is damaged; lines that cannot be read are left out.", path)
    return whole


def merge_metrics(run: RunFolder) -> None:
    """Join the parts of a resumed run into one metrics.csv; of a repeated step the later part counts."""
    parts = sorted(run.path.glob("metrics.part*.csv"))
    if not parts:
        return
    rows: list[dict[str, str]] = []
    for path in [*parts, run.metrics]:
        if path.is_file():
            part = _logged(path)
            if part:
                first = int(part[0]["step"])
                rows = [row for row in rows if int(row["step"]) < first] + part
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with whole_file(run.metrics) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
    for path in parts:
        path.unlink()
