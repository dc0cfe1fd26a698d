"""Where model folders lie; what can be said of them without torch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import MTINetLib
from MTINetLib.models.files import CONFIG_FILE, told_config
from MTINetLib.user_folder import user_folder

#: Folders with model folders in them, separated like PATH; looked through first.
MODELS_VARIABLE = "MTINET_MODELS"


def model_folders() -> list[Path]:
    """Where models are looked for: MTINET_MODELS, the source tree or extension, the installed package, and
    last the models that the user kept."""
    told = [Path(part) for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    return [*told, *shipped_folders(), kept_folder()]


def kept_folder() -> Path:
    """Where the models lie that the user kept from training runs; it may not exist yet."""
    return user_folder() / "Models"


def shipped_folders() -> list[Path]:
    """Where the models lie that came with MTINet."""
    package = Path(MTINetLib.__file__).resolve().parent
    return [package.parent / "Resources" / "Models", package / "Resources" / "Models"]


def models_in(places: Iterable[Path]) -> Iterator[Path]:
    """Every model folder in the places, each once; a place may be a model folder itself."""
    seen: set[Path] = set()
    for place in places:
        if not place.is_dir():
            continue
        for folder in [place, *sorted(place.iterdir())]:
            if (folder / CONFIG_FILE).is_file() and folder.resolve() not in seen:
                seen.add(folder.resolve())
                yield folder


def told_name(folder: Path) -> str:
    """The name in the config, read without checks (loading checks it), or the folder's."""
    return str(told_config(folder).get("name", folder.name))
