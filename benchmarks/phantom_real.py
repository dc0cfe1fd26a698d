"""What is known of real lesions and organs: quantiles of a public table, and published figures.

The quantiles are those of 87 HCC in the radiomics table of the public repository
LaFerraille/Liver-cancer-detection (MIT): whole-lesion means and spreads in contrast-enhanced T1 MRI, agent
and times unknown, necrosis included. A table with its columns can be given instead.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError

LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)
Quantiles = tuple[float, float, float, float, float]

SOURCE = "87 HCC, LaFerraille/Liver-cancer-detection"

#: Quantiles of real HCC at LEVELS.
REAL_HCC: dict[str, Quantiles] = {
    "portal / arterial": (0.965, 1.079, 1.237, 1.350, 1.491),
    "delayed / arterial": (0.856, 0.990, 1.146, 1.310, 1.528),
    "delayed / portal": (0.870, 0.893, 0.947, 0.990, 1.045),
    "variation, arterial": (0.125, 0.147, 0.183, 0.253, 0.350),
    "variation, portal": (0.076, 0.110, 0.164, 0.241, 0.333),
    "variation, delayed": (0.085, 0.110, 0.163, 0.242, 0.322),
    "p90 / p10, arterial": (1.391, 1.459, 1.629, 1.861, 2.452),
    "p90 / p10, portal": (1.202, 1.329, 1.528, 1.808, 2.321),
    "p90 / p10, delayed": (1.239, 1.330, 1.521, 1.833, 2.250),
    "sphericity": (0.659, 0.723, 0.779, 0.818, 0.834),
    "largest diameter, mm": (21.6, 29.8, 48.1, 105.8, 143.6),
}


@dataclass(frozen=True)
class Published:
    """One figure of the literature.

    Args:
        value: a mean or median, or the middle of a range of shares.
        low, high: what counts as met; within a tenth where no range was published.
        source: where it was read.
    """

    value: float
    low: float
    high: float
    source: str


def _about(value: float, source: str) -> Published:
    return Published(value, round(0.9 * value, 4), round(1.1 * value, 4), source)


_AJR = "AJR 2009;193:1318, gadobutrol"
_BMC = "BMC Cancer 2016;16:758"
_CT = "four-phase CT of 103 HCC, doi 10.7910/DVN/S3RW15"

PUBLISHED: dict[str, Published] = {
    "liver, 55 s / before": _about(1.94, _AJR),
    "liver, 90 s / before": _about(2.04, _AJR),
    "spleen, 55 s / before": _about(3.41, _AJR),
    "spleen, 90 s / before": _about(3.23, _AJR),
    "pancreas, 55 s / before": _about(2.39, _AJR),
    "pancreas, 90 s / before": _about(2.36, _AJR),
    "renal cortex, 55 s / before": _about(3.63, _AJR),
    "renal cortex, 90 s / before": _about(3.63, _AJR),
    "aorta, arterial / before": _about(3.24, _AJR),
    "100 x liver / HCC, delayed": _about(112.9, _BMC),
    "HCC brighter than liver, arterial": Published(0.915, 0.87, 0.96, _CT),
    "HCC darker than liver, portal or delayed": Published(0.615, 0.48, 0.75, _CT),
}


def table_quantiles(path: Path) -> dict[str, Quantiles]:
    """The figures of REAL_HCC from a table with the columns that the public one has here.

    Args:
        path: CSV with ``kind``, ``<phase>_mean``, ``<phase>_cv``, ``<phase>_p90_p10`` for arterial, portal
            and delayed, ``sphericity`` and ``max_3d_diameter_mm``; other kinds than HCC are left out.

    Raises:
        InputError: it cannot be read, or lacks columns or HCC.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("kind") == "HCC"]
        found = {name: quantiles(column(rows)) for name, column in _COLUMNS.items()}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a table of lesions.") from error
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path} is no table of lesions with HCC: {error}.") from error
    return found


def quantiles(values: npt.NDArray[np.float64]) -> Quantiles:
    """At LEVELS; what was not measured (NaN) does not count."""
    low, lower, middle, upper, high = (float(v) for v in np.quantile(values[~np.isnan(values)], LEVELS))
    return low, lower, middle, upper, high


_Rows = list[dict[str, str]]


def _column(name: str, over: str | None = None) -> Callable[[_Rows], npt.NDArray[np.float64]]:
    def values(rows: _Rows) -> npt.NDArray[np.float64]:
        top = np.array([float(row[name] or "nan") for row in rows])
        return top if over is None else top / np.array([float(row[over] or "nan") for row in rows])

    return values


_COLUMNS = {
    "portal / arterial": _column("portal_mean", "arterial_mean"),
    "delayed / arterial": _column("delayed_mean", "arterial_mean"),
    "delayed / portal": _column("delayed_mean", "portal_mean"),
    **{f"variation, {phase}": _column(f"{phase}_cv") for phase in ("arterial", "portal", "delayed")},
    **{f"p90 / p10, {phase}": _column(f"{phase}_p90_p10") for phase in ("arterial", "portal", "delayed")},
    "sphericity": _column("sphericity"),
    "largest diameter, mm": _column("max_3d_diameter_mm"),
}
