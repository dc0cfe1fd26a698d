"""A small study and its findings, made by hand: what report and scene need without a network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import (
    Enhancement,
    EnhancementCurve,
    LesionFinding,
    PhaseSummary,
    Provenance,
    StudyFindings,
    StudySummary,
)
from MTINetLib.inference.analysis import Analysis
from MTINetLib.inference.enhancement import enhancement_figures
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

#: Of a lesion of which nothing can be computed.
NO_FIGURES = Enhancement({}, {}, {}, None, None, {}, None, None)
TIMES_S = (0.0, 32.0, 70.0, 180.0)


def turned(degrees: tuple[float, float, float], left_handed: bool = False) -> tuple[float, ...]:
    """Direction cosines, row-major, after turns about L, P and S; left-handed ones run down the slices."""
    a, b, c = np.deg2rad(degrees)
    about_l = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_p = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_s = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix = about_s @ about_p @ about_l
    if left_handed:
        matrix = matrix @ np.diag([1.0, 1.0, -1.0])
    return tuple(float(value) for value in matrix.ravel())


def made_grid(
    shape: tuple[int, int, int] = (24, 80, 96),
    degrees: tuple[float, float, float] = (12.0, -7.0, 5.0),
    left_handed: bool = False,
) -> Grid:
    """An oblique grid, 3.4 x 3.6 x 5 mm."""
    direction = turned(degrees, left_handed)
    return Grid(shape, (3.4, 3.6, 5.0), (-150.5, -140.25, 33.125), direction)  # type: ignore[arg-type]


def made_study(grid: Grid | None = None) -> Study:
    """A body, a liver and two round lesions: label 1 washes out, label 2 fills in; seeded noise."""
    grid = grid or made_grid()
    body, liver, one, two = _shapes(grid)
    noise = np.random.default_rng(5).normal(0, 9, (4, *grid.shape))
    signal = {"body": (120, 150, 165, 160), "liver": (200, 240, 330, 300)}
    signal |= {"one": (180, 430, 300, 240), "two": (150, 260, 390, 420)}
    volumes = np.full((4, *grid.shape), 8.0)
    for region, name in ((body, "body"), (liver, "liver"), (one, "one"), (two, "two")):
        for index in range(4):
            volumes[index][region] = signal[name][index]
    sources = tuple(
        PhaseSource(f"LAVA {phase.title}", (f"time {time:.0f} s after bolus",), 0.95, f"1.2.3.{index}")
        for index, (phase, time) in enumerate(zip(FOUR_PHASES, TIMES_S, strict=True))
    )
    return Study(
        np.abs(volumes + noise).astype(np.float32),
        grid,
        Phase.PORTAL_VENOUS,
        TIMES_S,
        sources,  # type: ignore[arg-type]
        flags=("motion:arterial",),
        alignment=(0.97, 0.91, 1.0, 0.96),
        phases=FOUR_PHASES,
    )


def made_labels(grid: Grid) -> npt.NDArray[np.uint8]:
    """1 and 2 inside the two lesions of :func:`made_study`."""
    _, _, one, two = _shapes(grid)
    return (one + 2 * two).astype(np.uint8)


def made_analysis(study: Study, lesion_classes: tuple[str, ...] | None = None) -> Analysis:
    """Findings as an analysis would measure them: curves come from the voxels, the rest is given."""
    wanted = lesion_classes if lesion_classes is not None else (HCC, HEMANGIOMA)
    labels = made_labels(study.grid)
    lesions = tuple(_lesion(study, labels, number, kind) for number, kind in enumerate(wanted, start=1))
    labels = np.where(labels <= len(wanted), labels, 0).astype(np.uint8)
    probability = np.where(labels > 0, 0.937, 0.0125).astype(np.float32)
    return Analysis(StudyFindings(lesions, _summary(study), _provenance(lesions)), labels, probability)


def _shapes(grid: Grid) -> tuple[npt.NDArray[np.bool_], ...]:
    k, j, i = np.meshgrid(*[np.linspace(-1, 1, n) for n in grid.shape], indexing="ij")
    body = (j / 0.8) ** 2 + (i / 0.86) ** 2 < 1
    liver = ((k) / 0.9) ** 2 + ((j + 0.05) / 0.55) ** 2 + ((i + 0.3) / 0.45) ** 2 < 1
    one = (k / 0.35) ** 2 + ((j + 0.15) / 0.16) ** 2 + ((i + 0.45) / 0.13) ** 2 < 1
    two = ((k - 0.2) / 0.3) ** 2 + ((j - 0.15) / 0.12) ** 2 + ((i + 0.12) / 0.1) ** 2 < 1
    return body, liver, one, two


def _curve(study: Study, mask: npt.NDArray[np.bool_]) -> EnhancementCurve:
    values = [volume[mask] for volume in study.volumes]
    mean, sd = ([float(function(value)) for value in values] for function in (np.mean, np.std))
    return EnhancementCurve(tuple(mean), tuple(sd))


def _lesion(study: Study, labels: npt.NDArray[np.uint8], number: int, kind: str) -> LesionFinding:
    mask = labels == number
    _, liver, *_ = _shapes(study.grid)
    kji = np.argwhere(mask)
    measured, ring = _curve(study, mask), _curve(study, liver & (labels == 0))
    shares = {HCC: 0.93, HEMANGIOMA: 0.11, UNDECIDED: 0.55}
    hcc = shares.get(kind, 0.2)
    return LesionFinding(
        label=number,
        lesion_class=kind,
        probabilities=_probabilities(hcc, kind),
        volume_ml=float(mask.sum() * study.grid.voxel_volume_mm3 / 1000),
        long_axis_mm=46.2 - 10 * number,
        short_axis_mm=38.9 - 10 * number,
        diameter_3d_mm=48.0 - 10 * number,
        centroid_lps_mm=tuple(float(v) for v in study.grid.to_lps(kji.mean(axis=0))),  # type: ignore[arg-type]
        slices=(int(kji[:, 0].min()), int(kji[:, 0].max())),
        measured_curve=measured,
        predicted_curve=tuple(1.04 * value for value in measured.mean),
        liver_curve=ring,
        enhancement=enhancement_figures(study.phases, measured, ring, study.times_s),
        flags=("shares_slices",),
    )


def _probabilities(hcc: float, kind: str) -> dict[str, float]:
    """Of two classes; of three where the lesion is of another one."""
    if kind in (HCC, HEMANGIOMA, UNDECIDED):
        return {HCC: hcc, HEMANGIOMA: 1 - hcc}
    return {HCC: hcc, HEMANGIOMA: 0.1, kind: 0.9 - hcc}


def _summary(study: Study) -> StudySummary:
    phases = tuple(
        PhaseSummary(
            phase,
            description=source.description,
            evidence=source.evidence,
            confidence=source.confidence,
            series_uid=source.series_uid,
            alignment=alignment,
        )
        for phase, source, alignment in zip(study.phases, study.sources, study.alignment, strict=True)
    )
    return StudySummary(phases, study.times_s, study.grid.spacing, study.grid.shape[::-1], study.flags)


def _provenance(lesions: tuple[LesionFinding, ...]) -> Provenance:
    return Provenance(
        software="MTINetLib 0.1.0",
        model_name="made-by-hand",
        model_sha256="ab" * 32,
        preset="none",
        device="cpu",
        precision="fp32",
        input_series_uids=("1.2.3.0", "1.2.3.1", "1.2.3.2", "1.2.3.3"),
        classes=max((tuple(lesion.probabilities) for lesion in lesions), key=len, default=(HCC, HEMANGIOMA)),
        settings={"threshold": 0.5, "smallest_mm3": 60.0},
        created_utc="2026-01-02T03:04:05Z",
    )
