"""Which models there are, and where. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import MTINetLib
from MTINetLib.errors import ModelError
from MTINetLib.models.files import CONFIG_FILE, SUMS_FILE, WEIGHTS_FILE, told_config
from MTINetLib.models.info import ModelInfo, info_or_problem, told_info
from MTINetLib.study.phase import PHASES_UNTIL_TOLD, Phase
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


def is_shipped(folder: Path) -> bool:
    """Whether a model came with MTINet, and is not to be deleted."""
    return folder.resolve().parent in [place.resolve() for place in shipped_folders()]


def list_models() -> list[ModelInfo]:
    """Every model that is found, the default one first; damaged ones are listed with their problem.

    Example:
        >>> [model.name for model in mtinet.list_models() if model.problem is None]
        ['mtinet-phantom']
    """
    return [info_or_problem(folder) for folder in models_in(model_folders())]


def models_in(places: Iterable[Path]) -> Iterator[Path]:
    """Every model folder in the places, each once; a place may be a model folder itself."""
    seen: set[Path] = set()
    for place in places:
        if not place.is_dir():
            continue
        for folder in [place, *sorted(place.iterdir())]:
            if looks_like_a_model(folder) and folder.resolve() not in seen:
                seen.add(folder.resolve())
                yield folder


def looks_like_a_model(folder: Path) -> bool:
    """Whether a folder is to be listed as a model."""
    # A damaged model is listed as such; a training run has a config too, but no name in it, and is no model.
    if not (folder / CONFIG_FILE).is_file():
        return False
    others = (folder / WEIGHTS_FILE, folder / SUMS_FILE)
    config = told_config(folder)
    return any(file.is_file() for file in others) or "name" in config or not config


def told_name(folder: Path) -> str:
    """The name in the config, read without checks (loading checks it), or the folder's."""
    return str(told_config(folder).get("name", folder.name))


def find_model(name_or_path: str | Path | None = None) -> Path:
    """The folder of a model by its name or path, also of the run that it came out of; None takes the first
    one found.

    Raises:
        ModelError: there is none.
    """
    if name_or_path is not None and Path(name_or_path).is_dir():
        folder = Path(name_or_path)
        of_run = folder / "model"
        return of_run if not looks_like_a_model(folder) and looks_like_a_model(of_run) else folder
    found = list(models_in(model_folders()))
    if name_or_path is None:
        if found:
            return found[0]
        places = " or ".join(str(place) for place in model_folders())
        raise ModelError(
            f"No model was found in {places}; make one with `mtinet train`, or name its folder with --model."
        )
    names = {folder: told_name(folder) for folder in found}
    for folder, name in names.items():
        if str(name_or_path) in (name, folder.name):
            return folder
    known = ", ".join(sorted(set(names.values()))) or "none"
    raise ModelError(
        f"There is no model '{name_or_path}'; found: {known}. Give one of them or a model folder."
    )


def phases_to_look_for(model: str | Path | None = None) -> tuple[Phase, ...]:
    """The phases that a model takes; without a name those of the default model, if there is one.

    Raises:
        ModelError: the model that was named is missing or cannot be used.
    """
    try:
        return told_info(find_model(model)).phases
    except ModelError:
        if model is not None:
            raise
        return PHASES_UNTIL_TOLD
