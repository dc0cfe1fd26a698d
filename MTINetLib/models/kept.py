"""The user's own models: copied out of training runs, verified, and deleted again. Needs no torch."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError, ModelError
from MTINetLib.models.files import (
    WEIGHTS_FILE,
    read_model_files,
    read_sums,
    told_config,
    write_model_files,
)
from MTINetLib.models.find import kept_folder, model_folders, models_in, told_name
from MTINetLib.unfinished import Begun, noted

_NAME = re.compile(r"[^\W_](?:[\w .+-]{0,58}[\w+-])?")


@dataclass(frozen=True)
class KeptModel:
    """A model that the user kept.

    Args:
        name: of the model, unique among those that are found.
        folder: where it lies.
        sha256: of its weights, as its checksums say; not compared again.
        preset: of the training that made it.
        validation: figures of its validation, such as ``dice``.
    """

    name: str
    folder: Path
    sha256: str
    preset: str
    validation: Mapping[str, float]


def kept_models() -> list[KeptModel]:
    """All kept models by name; folders that are none are left out."""
    found = []
    for folder in models_in([kept_folder()]):
        try:
            config = told_config(folder)
            sums = read_sums(folder)
            scores = {str(key): float(value) for key, value in config.get("validation", {}).items()}
            preset = str(config.get("preset", "unknown"))
            found.append(KeptModel(str(config["name"]), folder, sums[WEIGHTS_FILE], preset, scores))
        except (ValueError, KeyError, TypeError, AttributeError, ModelError):
            continue
    return sorted(found, key=lambda model: model.name.lower())


def keep_model(trained: Path, name: str) -> KeptModel:
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
    beside = target.with_name(f".part-{os.getpid()}-{target.name}")
    with noted(Begun.TREE, beside):
        try:
            write_model_files(beside, files.weights, config)
            beside.replace(target)
        except OSError as error:
            raise MissingResourceError(
                f"The model could not be kept in {target.parent}: {error.strerror or error}."
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
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
