"""What a dataset says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError

#: A dataset folder may say of itself what it is: {"synthetic": true, ...}.
DATASET_FILE = "dataset.json"


def describe_dataset(dataset: Path) -> dict[str, Any]:
    """Its name, and what its ``dataset.json`` says of it."""
    about: dict[str, Any] = {"name": dataset.resolve().name, "synthetic": False}
    path = dataset / DATASET_FILE
    if path.is_file():
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path} is not readable JSON; correct or remove it.") from error
        if isinstance(told, dict):
            about |= told
    about["synthetic"] = bool(about["synthetic"])
    return about
