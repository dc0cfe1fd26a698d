"""The user's own models: copied out of training runs, verified, and deleted again. Needs no torch."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError, ModelError
from MTINetLib.models.files import read_model_files, write_model_files
from MTINetLib.models.find import kept_folder, model_folders, models_in, told_name
from MTINetLib.models.info import ModelInfo, told_info
from MTINetLib.write_whole import whole_folder

_NAME = re.compile(r"[^\W_](?:[\w .+-]{0,58}[\w+-])?")


def kept_models() -> list[ModelInfo]:
    """All kept models by name; folders that are none are left out. Their checksums are not compared again."""
    found = []
    for folder in models_in([kept_folder()]):
        with contextlib.suppress(ModelError):
            found.append(told_info(folder))
    return sorted(found, key=lambda model: model.name.lower())


def keep_model(trained: Path, name: str) -> ModelInfo:
    """Copy a trained model to the kept ones under a name of its own.

    Only its weights (safetensors), its description and their checksums are copied: nothing that could
    run code.

    Raises:
        InputError: the name cannot be used or is taken.
        ModelError: the model is damaged or has other files for weights.
        MissingResourceError: it cannot be written.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise InputError(
            f"A model cannot be called {name!r}: use up to 60 letters, digits, spaces and . + - _"
        )
    taken = {told_name(folder).lower() for folder in models_in(model_folders())}
    if name.lower() in taken:
        raise InputError(f"There is a model called {name} already; choose another name.")
    target = _new_folder(name)
    files = read_model_files(trained)
    config = {**files.config, "name": name}
    try:
        with whole_folder(target) as beside:
            write_model_files(beside, files.weights, config)
    except OSError as error:
        raise MissingResourceError(
            f"The model could not be kept in {target.parent}: {error.strerror or error}."
        ) from error
    return next(model for model in kept_models() if model.folder == target)


def delete_model(folder: Path) -> None:
    """Delete a kept model.

    Raises:
        InputError: the folder is none of the kept models; those that came with MTINet stay.
        MissingResourceError: the system does not let it go.
    """
    if folder.resolve() not in {model.folder.resolve() for model in kept_models()}:
        raise InputError(f"{folder.name} is not one of your kept models, so it is not deleted.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise MissingResourceError(
            f"The model {folder.name} cannot be deleted: {error.strerror or error}."
        ) from error


def _new_folder(name: str) -> Path:
    """A folder called nearly like the model, in letters that every system takes."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "model"
    numbered = (kept_folder() / (plain if n == 1 else f"{plain}-{n}") for n in itertools.count(1))
    return next(folder for folder in numbered if not folder.exists())
