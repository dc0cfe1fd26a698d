"""What one run of one system reached on its held-out patients: by slice, by lesion and by patient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

_NAN = float("nan")

#: Stated once, used by every figure of the tables, and printed below them.
EMPTY_RULE = (
    "One rule for empty masks: Dice and IoU are taken over slices, lesions and patients that hold tumour in "
    "truth, and are 0 where nothing of it is found. A healthy slice has nothing to overlap with and counts "
    "in "
    "no Dice and no IoU by slice; the share of healthy slices in which something is marked stands beside."
)


@dataclass(frozen=True)
class SliceScore:
    """One slice; what the system or the truth does not tell is nan, None or empty.

    Args:
        z: its place in the case.
        tumour_px, found_px: pixels of the true and of the found mask; -1 found where a system marks nothing
            by its nature.
        dice, iou: by the rule for empty masks.
        mae, mae_percent: mean absolute error of the curve over the phases, in scanner units and in percent of
            the study's intensity scale.
        true_class: of the slice's largest lesion.
        probabilities: of the classes, in the order of the experiment.
    """

    case: str
    patient: str
    z: int
    tumour_px: int
    found_px: int = -1
    dice: float = _NAN
    iou: float = _NAN
    mae: float = _NAN
    mae_percent: float = _NAN
    true_class: str = ""
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class LesionScore:
    """One true lesion, in 3-D. Curve and class are those of the slices in which it is the largest one.

    Args:
        found: whether a found lesion matches it (evaluation/detection.py); None where nothing is marked.
        dice: of it with its match, 0 where it is missed.
    """

    case: str
    patient: str
    label: int
    area_px: int
    found: bool | None = None
    dice: float = _NAN
    mae: float = _NAN
    mae_percent: float = _NAN
    true_class: str = ""
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class PatientScore:
    """One patient with all studies; curve and class are means over the tumour-bearing slices, by area.

    Args:
        studies: how many.
        false_marks: found lesions that match none; -1 where a system marks nothing.
        dice, iou: of all voxels together; nan for a patient without tumour.
        true_class: of the class with the largest area.
    """

    patient: str
    studies: int
    false_marks: int = -1
    dice: float = _NAN
    iou: float = _NAN
    mae: float = _NAN
    mae_percent: float = _NAN
    true_class: str = ""
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What a system takes. Seconds are those of the machine that it ran on.

    Args:
        parameters: weights of the network; 0 for none.
        gflop: to answer one slice (a multiply-add counts two, FFT and pointwise work do not count); None
            where it cannot be counted.
        ms_a_slice: to answer, by the clock, with all that belongs to it.
        train_s: of training, with its validations.
        steps: of training.
    """

    parameters: int = 0
    gflop: float | None = None
    ms_a_slice: float = _NAN
    train_s: float = _NAN
    steps: int = 0


@dataclass(frozen=True)
class RunResult:
    """One system, fold and seed.

    Args:
        why: the sentence of its failure; empty where it went through.
        machine: what it ran on.
    """

    system: str
    fold: int
    seed: int
    why: str = ""
    cost: Cost = field(default_factory=Cost)
    slices: tuple[SliceScore, ...] = ()
    lesions: tuple[LesionScore, ...] = ()
    patients: tuple[PatientScore, ...] = ()
    machine: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return bool(self.why)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, which knows no nan. Rows are lists, with their columns named once."""
        return {
            "system": self.system,
            "fold": self.fold,
            "seed": self.seed,
            "why": self.why,
            "cost": {name: _written(value) for name, value in asdict(self.cost).items()},
            "slices": _table(SliceScore, self.slices),
            "lesions": _table(LesionScore, self.lesions),
            "patients": _table(PatientScore, self.patients),
            "machine": dict(self.machine),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunResult:
        """Raises KeyError, TypeError or ValueError for what :meth:`to_dict` did not write."""
        cost: dict[str, Any] = {
            name: _NAN if value is None and name != "gflop" else value for name, value in data["cost"].items()
        }
        return cls(
            str(data["system"]),
            int(data["fold"]),
            int(data["seed"]),
            str(data["why"]),
            Cost(**cost),
            _rows(SliceScore, data["slices"]),
            _rows(LesionScore, data["lesions"]),
            _rows(PatientScore, data["patients"]),
            dict(data["machine"]),
        )


_Row = TypeVar("_Row", SliceScore, LesionScore, PatientScore)
_MAY_BE_NONE = ("found",)


def _table(kind: type[_Row], rows: Sequence[_Row]) -> dict[str, Any]:
    names = [one.name for one in fields(kind)]
    return {"columns": names, "rows": [[_written(getattr(row, name)) for name in names] for row in rows]}


def _rows(kind: type[_Row], table: Mapping[str, Any]) -> tuple[_Row, ...]:
    names = [str(name) for name in table["columns"]]
    return tuple(
        kind(**{name: _read(name, value) for name, value in zip(names, row, strict=True)})
        for row in table["rows"]
    )


def _written(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.7g}")
    return [_written(item) for item in value] if isinstance(value, tuple) else value


def _read(name: str, value: Any) -> Any:
    if value is None and name not in _MAY_BE_NONE:
        return _NAN
    return tuple(value) if isinstance(value, list) else value
