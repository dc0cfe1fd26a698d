"""What a model says of itself: the one reader of config.json. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError, ModelError
from MTINetLib.models.architectures import architecture_of
from MTINetLib.models.class_sets import ClassSets
from MTINetLib.models.config import current_config
from MTINetLib.models.files import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    ModelFiles,
    read_config_file,
    read_model_files,
    read_sums,
    told_config,
)
from MTINetLib.models.operating_points import OperatingPoints
from MTINetLib.models.preprocessing import PreprocessingInfo, preprocessing_of
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.phase import Phase, phase_set

_LONGEST_NAME = 200
_CLASS_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class ArchitectureInfo:
    """Which network a model is: the architecture's name, and its settings as plain values."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """How thresholds or a temperature were found.

    Args:
        fitted: on studies that the model was not trained on; otherwise they are neutral or unexplained.
        how: the rule that they were fitted by, or why they were not.
        figures: what they rest on and what they reach there, plain values.
    """

    fitted: bool = False
    how: str = "the model does not say how it was found"
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"fitted": self.fitted, "rule" if self.fitted else "why": self.how, **self.figures}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Found:
        fitted = bool(values.get("fitted", False))
        key = "rule" if fitted else "why"
        figures = {name: value for name, value in values.items() if name not in ("fitted", key)}
        return cls(fitted, str(values.get(key, cls.how)), figures)


@dataclass(frozen=True)
class ModelInfo:
    """A model as its folder describes it; what is not known of a model with a problem is empty.

    Args:
        name: for people and provenance.
        folder: where it lies.
        sha256: of its weights.
        architecture: which network it is.
        phases: that it takes, in the order of its input.
        classes: that it tells apart, in the order of its output.
        preprocessing: that it was trained with.
        thresholds: that suit it, and ``thresholds_found`` how they were found.
        temperature: that its class logits are divided by, and ``temperature_found`` how it was found.
        operating_points: the choice of sensitivity that it offers; None for none, and
            ``operating_points_found`` how they were found, or why not.
        class_sets: the classes that are possible with a stated error; None for none; ``class_sets_found``.
        anatomy: whether it tells organs apart, so that ``LesionModel.anatomy`` gives a map.
        preset: of the training that made it.
        validation: figures of its validation, such as ``dice``.
        more: everything else that the config says.
        problem: why it cannot be used; None if it can.
    """

    name: str
    folder: Path
    sha256: str = ""
    architecture: ArchitectureInfo = field(default_factory=lambda: ArchitectureInfo("", {}))
    phases: tuple[Phase, ...] = ()
    classes: tuple[str, ...] = ()
    preprocessing: PreprocessingInfo = field(default_factory=lambda: PreprocessingInfo("", 0, {}))
    thresholds: Thresholds = field(default_factory=Thresholds)
    thresholds_found: Found = field(default_factory=Found)
    temperature: float = 1.0
    temperature_found: Found = field(default_factory=Found)
    operating_points: OperatingPoints | None = None
    operating_points_found: Found = field(default_factory=Found)
    class_sets: ClassSets | None = None
    class_sets_found: Found = field(default_factory=Found)
    anatomy: bool = False
    preset: str = "unknown"
    validation: Mapping[str, float] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def read_info(folder: Path) -> ModelInfo:
    """Read a model's files, compare them with their checksums, and say what the model is.

    Raises:
        ModelError: it cannot be used; the sentence says why.
    """
    return info_of_files(read_model_files(folder), folder)


def info_or_problem(folder: Path) -> ModelInfo:
    """As :func:`read_info`; a model that cannot be used is told with its problem."""
    try:
        return read_info(folder)
    except ModelError as error:
        return ModelInfo(str(told_config(folder).get("name", folder.name)), folder, problem=str(error))


def told_info(folder: Path) -> ModelInfo:
    """As :func:`read_info`, but quick: the weights are not read, and nothing is compared with its checksum.

    Raises:
        ModelError: the config cannot be used.
    """
    config = current_config(read_config_file(folder), folder / CONFIG_FILE)
    return _parsed(config, folder, read_sums(folder).get(WEIGHTS_FILE, ""))


def info_of_files(files: ModelFiles, folder: Path) -> ModelInfo:
    """What files that were read say of their model.

    Raises:
        ModelError: the config cannot be used.
    """
    return _parsed(current_config(files.config, folder / CONFIG_FILE), folder, files.sha256)


def _parsed(config: Mapping[str, Any], folder: Path, sha256: str) -> ModelInfo:
    path = folder / CONFIG_FILE
    values = {key: value for key, value in config.items() if key != "format"}
    try:
        thresholds = dict(values.pop("thresholds", {}))
        calibration = dict(values.pop("calibration", {}))
        points, sets = (dict(values.pop(part, None) or {}) for part in ("operating_points", "class_sets"))
        points_found, sets_found = (Found.from_dict(part.pop("found", {})) for part in (points, sets))
        info = ModelInfo(
            name=_name(values.pop("name")),
            folder=folder,
            sha256=sha256,
            architecture=_architecture(values.pop("architecture")),
            phases=phase_set(values.pop("phases")),
            classes=_classes(values.pop("classes")),
            preprocessing=_preprocessing(values.pop("preprocessing")),
            thresholds_found=Found.from_dict(thresholds.pop("found", {})),
            thresholds=Thresholds.from_dict(thresholds),
            temperature=_temperature(calibration.get("temperature", 1.0)),
            temperature_found=Found.from_dict(calibration.get("found", {})),
            operating_points=_operating_points(points),
            operating_points_found=points_found,
            class_sets=ClassSets.from_dict(sets) if sets else None,
            class_sets_found=sets_found,
            anatomy=_anatomy(config["architecture"]),
            preset=str(values.pop("preset", "unknown")),
            validation={str(key): float(value) for key, value in values.pop("validation", {}).items()},
            more=values,
        )
        _check_fit(info)
    except KeyError as error:
        raise ModelError(f"{path} does not say {error}; install the model again.") from error
    except InputError as error:
        raise ModelError(f"{path} cannot be used by this version: {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is not a readable model description; install the model again.") from error
    return info


def _name(value: Any) -> str:
    name = str(value)
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        raise InputError("It gives a name that is empty, too long or not printable.")
    return name


def _architecture(value: Mapping[str, Any]) -> ArchitectureInfo:
    info = ArchitectureInfo(str(value["name"]), dict(value["settings"]))
    architecture_of(info.name).read_settings(info.settings)
    return info


def _anatomy(value: Mapping[str, Any]) -> bool:
    settings = architecture_of(str(value["name"])).read_settings(value["settings"])
    if settings.anatomy_classes not in (0, len(Organ)):
        raise InputError(
            f"Its network tells {settings.anatomy_classes} kinds of organs apart, and {len(Organ)} are "
            "known here; update MTINet, or train the model again."
        )
    return settings.anatomy_classes > 0


def _classes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise InputError("Its classes are no list of names.")
    names = tuple(value)
    if any(not isinstance(name, str) or not _CLASS_NAME.fullmatch(name) for name in names):
        raise InputError("A class has a name that is not of small letters, digits and underscores.")
    if len(set(names)) < len(names) or len(names) == 1:
        raise InputError(f"Its classes are {', '.join(names)}; a model tells apart two or more, each once.")
    return names


def _preprocessing(value: Mapping[str, Any]) -> PreprocessingInfo:
    settings = {key: item for key, item in value.items() if key not in ("name", "version")}
    info = PreprocessingInfo(str(value["name"]), value["version"], settings)
    preprocessing_of(info)
    return info


def _temperature(value: Any) -> float:
    temperature = float(value)
    if not 0 < temperature < float("inf"):
        raise InputError(f"The temperature is {temperature}; it must be positive.")
    return temperature


def _operating_points(value: Mapping[str, Any]) -> OperatingPoints | None:
    if not value:
        return None
    points = OperatingPoints.from_dict(value)
    Thresholds().changed(points.candidates)
    return points


def _check_fit(info: ModelInfo) -> None:
    """The network takes as many phases as the model, in slices of the size that the preprocessing makes."""
    settings = architecture_of(info.architecture.name).read_settings(info.architecture.settings)
    made = preprocessing_of(info.preprocessing).slice_size
    if made != settings.image_size:
        raise InputError(
            f"The preprocessing makes slices of {made} pixels a side, but the network takes "
            f"{settings.image_size}; train the model again."
        )
    if preprocessing_of(info.preprocessing).liver_sets_scale and not settings.anatomy_classes:
        raise InputError(
            "Its preprocessing wants the liver to set the intensity scale, but its network finds no liver; "
            "train the model again."
        )
    outputs = settings.class_outputs
    if len(info.classes) != outputs:
        raise InputError(
            f"The model names {len(info.classes)} classes, but its network tells {outputs} apart; "
            "train the model again."
        )
    if len(info.phases) != settings.phase_count:
        raise InputError(
            f"The model has {len(info.phases)} phases, but its network takes {settings.phase_count}; "
            "train the model again."
        )
