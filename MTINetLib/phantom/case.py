"""One phantom case: draw a patient, paint, scan, and keep the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.phantom import body, distractors, organs
from MTINetLib.phantom.acquisition import GridSettings, draw_space
from MTINetLib.phantom.canvas import Canvas, Space
from MTINetLib.phantom.draws import Rng, Streams, chance
from MTINetLib.phantom.hcc import draw_hcc, paint_hcc
from MTINetLib.phantom.hemangioma import draw_hemangioma, paint_hemangioma
from MTINetLib.phantom.lesions import Seat, axial_diameter_mm, draw_diameter, draw_outline, find_seat
from MTINetLib.phantom.liver import Liver, paint_liver, shape_liver
from MTINetLib.phantom.motion import displace, draw_motion
from MTINetLib.phantom.patient import Patient, draw_patient
from MTINetLib.phantom.real_liver import draw_liver_map, place_liver
from MTINetLib.phantom.scanner import Scanner, draw_bias, draw_scanner, read_out, still_image, store
from MTINetLib.phantom.vessels import grow_veins, paint_veins
from MTINetLib.study.anatomy import Organ, liver_of
from MTINetLib.study.evidence import evidence
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, NO_LESIONS
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study


@dataclass(frozen=True)
class PhantomSettings:
    """What kind of studies to make; every field is a limit or a share, the seed does the rest.

    Args:
        slices: fewest and most slices.
        matrix: smallest and largest number of columns; the usual matrices within these limits are drawn.
            Below 192 columns the body no longer fits the 1.9 mm limit of a pixel and is cropped.
        tilt_deg: largest rotation of an oblique stack about each of the patient's axes.
        oblique_share: part of the studies that are tilted at all.
        none_share: part of the studies without any lesion.
        hcc_share: part of the other studies whose lesions are HCC.
        mixed_share: part of the studies with several lesions that hold both classes.
        lesion_counts: weights of one, two, ... lesions.
        diameter_mm: smallest and largest lesion.
        snr: limits of the liver's signal-to-noise ratio; None draws widely.
        lesion_plan: exact (class, diameter in mm) of each lesion; None draws them.
        breathing: the other phases are moved against the portal venous one.
        anatomy: a folder of label maps of real livers (phantom/atlas.py); None draws the liver's shape.
    """

    slices: tuple[int, int] = (28, 64)
    matrix: tuple[int, int] = (192, 384)
    tilt_deg: float = 18.0
    oblique_share: float = 0.45
    none_share: float = 0.12
    hcc_share: float = 0.55
    mixed_share: float = 0.2
    lesion_counts: tuple[float, ...] = (0.5, 0.22, 0.13, 0.09, 0.06)
    diameter_mm: tuple[float, float] = (5.0, 80.0)
    snr: tuple[float, float] | None = None
    lesion_plan: tuple[tuple[str, float], ...] | None = None
    breathing: bool = True
    anatomy: Path | None = None


@dataclass(frozen=True)
class TruthLesion:
    """One true lesion.

    Args:
        label: its value in the label map, 1 for the largest.
        lesion_class: ``hcc`` or ``hemangioma``.
        diameter_mm: longest axial diameter of its mask.
        curve: mean per phase inside the mask in stored units, without noise, motion and k-space artefacts.
    """

    label: int
    lesion_class: str
    diameter_mm: float
    curve: tuple[float, float, float, float]


@dataclass(frozen=True)
class PhantomCase:
    """A study with its truth; arrays are [K, J, I] on the study's grid and belong to the portal venous phase.

    ``labels`` numbers the lesions, ``anatomy`` holds the organs of study/anatomy.py.
    """

    study: Study
    labels: npt.NDArray[np.uint8]
    lesions: tuple[TruthLesion, ...]
    anatomy: npt.NDArray[np.uint8]

    @property
    def liver(self) -> npt.NDArray[np.bool_]:
        """The liver with its lesions and the vessels inside it."""
        return liver_of(self.anatomy)

    @property
    def case_class(self) -> str:
        """Class of the largest lesion, or ``none``."""
        return self.lesions[0].lesion_class if self.lesions else NO_LESIONS


@dataclass
class _Scene:
    """All that is drawn of a case before it is scanned."""

    patient: Patient
    build: body.Build
    canvas: Canvas
    liver: Liver
    labels: npt.NDArray[np.uint8]
    classes: dict[int, str]

    @property
    def space(self) -> Space:
        return self.canvas.space


def make_case(seed: int, index: int = 0, settings: PhantomSettings | None = None) -> PhantomCase:
    """One study with truth; the same seed, index and settings draw the same case everywhere.

    Args:
        seed: of the cohort.
        index: of the case in it, 0-based.
        settings: what kind of study; None is the default.
    """
    chosen = settings or PhantomSettings()
    streams = Streams(seed, index)
    scene = _paint_scene(streams, chosen)
    return _scan(streams, scene, chosen)


def _paint_scene(streams: Streams, settings: PhantomSettings) -> _Scene:
    patient = draw_patient(streams("patient"))
    build = body.draw_build(streams("build"))
    limits = GridSettings(settings.slices, settings.matrix, settings.tilt_deg, settings.oblique_share)
    space = draw_space(streams("grid"), build, limits)
    walls = body.raise_walls(streams("walls"), space, build)
    great = organs.draw_great_vessels(streams("great vessels"), build)
    if settings.anatomy is None:
        liver = shape_liver(streams("liver shape"), space, build, walls, great, patient.cirrhosis)
        veins = grow_veins(streams("vessels"), space, liver)
    else:
        known = draw_liver_map(streams("liver map"), settings.anatomy)
        placed = place_liver(streams("liver pose"), space, build, walls, great, known, patient.cirrhosis)
        liver, veins, great = placed.liver, placed.veins, placed.great
        walls = body.fit_walls(walls, liver.distance, build)
    canvas = Canvas.blank(space)
    body.paint_body(streams("body"), canvas, patient, build, walls)
    organs.paint_heart(streams("heart"), canvas, patient, build, walls)
    organs.paint_gut(streams("gut"), canvas, patient, build, walls)
    organs.paint_stomach(streams("stomach"), canvas, patient, build, walls)
    organs.paint_pancreas(streams("pancreas"), canvas, patient, build)
    organs.paint_kidneys(streams("kidneys"), canvas, patient, build)
    organs.paint_spleen(streams("spleen"), canvas, patient, build, walls)
    body.paint_spine(streams("spine"), canvas, patient, build, walls)
    paint_liver(streams("liver texture"), canvas, patient, liver)
    organs.paint_great_vessels(streams("great vessels paint"), canvas, patient, great)
    distractors.paint_focal_fat(streams("focal fat"), canvas, liver)
    distractors.paint_dark_nodules(streams("dark nodules"), canvas, patient, liver)
    seats = _seat_lesions(streams, space, liver, settings)
    taken = [seat for _, seat in seats]
    distractors.paint_perfusion(streams("perfusion"), canvas, liver, list(taken))
    paint_veins(canvas, patient, liver, veins)
    organs.paint_gallbladder(streams("gallbladder"), canvas, patient, walls, liver.gallbladder, build.scale)
    distractors.paint_cysts(streams("cysts"), canvas, patient, liver, list(taken))
    labels, classes = _paint_lesions(streams, canvas, patient, liver, seats)
    return _Scene(patient, build, canvas, liver, labels, classes)


def _seat_lesions(
    streams: Streams, space: Space, liver: Liver, settings: PhantomSettings
) -> list[tuple[str, Seat]]:
    """Classes and places, largest first."""
    rng = streams("lesion plan")
    plan = settings.lesion_plan if settings.lesion_plan is not None else _draw_plan(rng, settings)
    seats: list[tuple[str, Seat]] = []
    for lesion_class, diameter in sorted(plan, key=lambda item: -item[1]):
        for shrink in (1.0, 0.8, 0.6, 0.4):
            size = max(diameter * shrink, settings.diameter_mm[0])
            seat = find_seat(rng, space, liver, size, [seat for _, seat in seats])
            if seat is not None:
                seats.append((lesion_class, seat))
                break
    return seats


def _draw_plan(rng: Rng, settings: PhantomSettings) -> tuple[tuple[str, float], ...]:
    if chance(rng, settings.none_share):
        return ()
    weights = np.array(settings.lesion_counts)
    count = 1 + int(rng.choice(len(weights), p=weights / weights.sum()))
    main = HCC if chance(rng, settings.hcc_share) else HEMANGIOMA
    other = HEMANGIOMA if main == HCC else HCC
    mixed = count > 1 and chance(rng, settings.mixed_share)
    classes = [main] * count
    if mixed:
        classes = [other if chance(rng, 0.5) else main for _ in classes]
    return tuple((name, draw_diameter(rng, *settings.diameter_mm)) for name in classes)


def _paint_lesions(
    streams: Streams, canvas: Canvas, patient: Patient, liver: Liver, seats: list[tuple[str, Seat]]
) -> tuple[npt.NDArray[np.uint8], dict[int, str]]:
    space = canvas.space
    labels = np.zeros(space.shape, dtype=np.uint8)
    classes: dict[int, str] = {}
    for number, (lesion_class, seat) in enumerate(seats, start=1):
        rng = streams(f"lesion {number}")
        if lesion_class == HCC:
            roughness, lobes = float(rng.uniform(0.03, 0.14)), int(rng.integers(0, 4))
        else:
            roughness, lobes = float(rng.uniform(0.02, 0.12)), int(rng.integers(0, 4))
        outline = draw_outline(rng, space, liver, seat, roughness, lobes, labels)
        if outline is None or int(outline.mask.sum()) < 3:
            continue
        if lesion_class == HCC:
            paint_hcc(rng, canvas, patient, outline, draw_hcc(rng, patient, seat.diameter_mm, space.pixel_mm))
        else:
            traits = draw_hemangioma(rng, patient, seat.diameter_mm, space.pixel_mm)
            paint_hemangioma(rng, canvas, patient, outline, seat, traits)
        label = len(classes) + 1
        labels[outline.box][outline.mask] = label
        classes[label] = lesion_class
    return _by_size(labels, classes)


def _by_size(
    labels: npt.NDArray[np.uint8], classes: dict[int, str]
) -> tuple[npt.NDArray[np.uint8], dict[int, str]]:
    """Number the lesions anew, the one with most voxels first."""
    sizes = np.bincount(labels.ravel(), minlength=len(classes) + 1)
    order = sorted(classes, key=lambda label: (-int(sizes[label]), label))
    table = np.zeros(256, dtype=np.uint8)
    for new, old in enumerate(order, start=1):
        table[old] = new
    return table[labels], {new: classes[old] for new, old in enumerate(order, start=1)}


def _scan(streams: Streams, scene: _Scene, settings: PhantomSettings) -> PhantomCase:
    space, rng = scene.space, streams("scanner")
    scanner = draw_scanner(rng)
    snr = scanner.snr if settings.snr is None else float(rng.uniform(*settings.snr))
    bias = draw_bias(streams("bias"), space, scanner)
    pre_liver = float(scene.patient.liver_signal[0])
    scale = scanner.level / pre_liver
    # The brightest vessel must not be cut off by 12 bits.
    scale = min(scale, 3400.0 / max(float(scene.canvas.signal.max()), 1e-9))
    volumes = np.empty((4, *space.shape), dtype=np.float32)
    means = np.zeros((4, len(scene.classes)))
    for n, phase in enumerate(FOUR_PHASES):
        still = still_image(scene.canvas.signal[n] * np.float32(scale), bias, scanner, n)
        if scene.classes:
            sums = np.bincount(scene.labels.ravel(), still.ravel(), len(scene.classes) + 1)
            means[n] = sums[1:] / np.bincount(scene.labels.ravel(), minlength=len(scene.classes) + 1)[1:]
        if settings.breathing and phase is not Phase.PORTAL_VENOUS:
            move = streams(f"motion {phase.value}")
            still = displace(move, still, space, draw_motion(move), scene.build.spine_y)
        noise_sd = pre_liver * scale / snr
        volumes[n] = store(read_out(streams(f"noise {phase.value}"), still, scanner, n, noise_sd))
    return PhantomCase(_study(scene, volumes), scene.labels, _truth(scene, means), _anatomy(scene))


def _anatomy(scene: _Scene) -> npt.NDArray[np.uint8]:
    return np.where(scene.labels > 0, np.uint8(Organ.LIVER), scene.canvas.anatomy)


def _truth(scene: _Scene, means: npt.NDArray[np.float64]) -> tuple[TruthLesion, ...]:
    lesions = []
    for label, lesion_class in scene.classes.items():
        diameter = axial_diameter_mm(scene.labels == label, scene.space.spacing_kji)
        a, b, c, d = (round(float(v), 2) for v in means[:, label - 1])
        lesions.append(TruthLesion(label, lesion_class, round(diameter, 1), (a, b, c, d)))
    return tuple(lesions)


def _study(scene: _Scene, volumes: npt.NDArray[np.float32]) -> Study:
    times = scene.patient.circulation.times_s
    sources = [
        PhaseSource(
            description=f"phantom {phase.title}",
            evidence=(evidence("phantom", phase, f"{time:g}"),),
        )
        for phase, time in zip(FOUR_PHASES, times, strict=True)
    ]
    return Study(
        volumes=volumes,
        grid=scene.space.grid,
        reference=Phase.PORTAL_VENOUS,
        times_s=times,
        sources=tuple(sources),
        phases=FOUR_PHASES,
    )


__all__ = ["PhantomCase", "PhantomSettings", "Scanner", "TruthLesion", "make_case"]
