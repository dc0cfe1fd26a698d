"""One phantom case: draw a patient, paint, scan, and keep the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.phantom import body, chest, digestive, distractors, organs
from MTINetLib.phantom.acquisition import GridSettings, draw_space
from MTINetLib.phantom.arrangement import arrange
from MTINetLib.phantom.canvas import Canvas, Space
from MTINetLib.phantom.disease import (
    close_portal_vein,
    distend,
    draw_disease,
    paint_ascites,
    paint_collaterals,
    paint_fat,
)
from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.great_vessels import (
    cava_distance,
    draw_great_vessels,
    paint_branches,
    paint_great_vessels,
)
from MTINetLib.phantom.lesion_kinds import KINDS
from MTINetLib.phantom.lesion_plan import LesionShares, Plan, draw_plan, paint_lesions, seat_lesions
from MTINetLib.phantom.lesions import axial_diameter_mm
from MTINetLib.phantom.liver import Liver, paint_liver, shape_liver
from MTINetLib.phantom.motion import displace, draw_motion
from MTINetLib.phantom.patient import Patient, draw_patient
from MTINetLib.phantom.real_liver import draw_liver_map, place_liver
from MTINetLib.phantom.scanner import Scanner, draw_bias, draw_scanner, read_out, still_image, store
from MTINetLib.phantom.vessels import grow_veins, paint_arteries_and_ducts, paint_veins
from MTINetLib.study.anatomy import Organ, liver_of
from MTINetLib.study.evidence import evidence
from MTINetLib.study.lesion_class import NO_LESIONS
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
        hcc_share, hemangioma_share, other_share: parts of the remaining studies by the class of their main
            finding; only their proportions count.
        mixed_share: part of the studies with several lesions that hold a second class.
        cyst_share: part of the studies with lesions that also hold cysts, where there are others at all.
        lesion_counts: weights of one, two, ... lesions; None draws as many as each kind usually has.
        diameter_mm: smallest and largest lesion.
        mistimed_share: part of the arterial phases that come too early or too late.
        fault_share: part of the studies that each fault of a scan strikes: bright fat everywhere, strong
            shading by the coils, breathing over the arterial phase, another gain in one phase.
        snr: limits of the liver's signal-to-noise ratio; None draws widely.
        lesion_plan: (kind, diameter in mm) of each lesion, a kind of lesion_kinds.py or a class; None draws.
        breathing: the other phases are moved against the portal venous one.
        anatomy: a folder of label maps of real livers (phantom/atlas.py); None draws the liver's shape.
    """

    slices: tuple[int, int] = (28, 64)
    matrix: tuple[int, int] = (192, 384)
    tilt_deg: float = 18.0
    oblique_share: float = 0.45
    none_share: float = 0.12
    hcc_share: float = 0.42
    hemangioma_share: float = 0.28
    other_share: float = 0.30
    mixed_share: float = 0.2
    cyst_share: float = 0.15
    lesion_counts: tuple[float, ...] | None = None
    diameter_mm: tuple[float, float] = (5.0, 150.0)
    mistimed_share: float = 0.2
    fault_share: float = 0.13
    snr: tuple[float, float] | None = None
    lesion_plan: Plan | None = None
    breathing: bool = True
    anatomy: Path | None = None


@dataclass(frozen=True)
class TruthLesion:
    """One true lesion.

    Args:
        label: its value in the label map, 1 for the largest.
        lesion_class: ``hcc``, ``hemangioma`` or ``other``.
        kind: what it is, a name of lesion_kinds.py.
        diameter_mm: longest axial diameter of its mask.
        curve: mean per phase inside the mask in stored units, without noise, motion and k-space artefacts.
    """

    label: int
    lesion_class: str
    kind: str
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
    kinds: dict[int, str]

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
    patient = draw_patient(streams("patient"), settings.mistimed_share)
    disease = draw_disease(streams("disease"), patient.cirrhosis)
    patient = disease.of(patient)
    build = body.draw_build(streams("build"))
    # Real livers end higher up than the built-in shape, about 60 mm below and above their middle.
    middle = 0.0 if settings.anatomy is None else build.dome_mm - 60.0
    limits = GridSettings(settings.slices, settings.matrix, settings.tilt_deg, settings.oblique_share, middle)
    space = draw_space(streams("grid"), build, limits)
    walls = body.raise_walls(streams("walls"), space, build, settings.fault_share)
    great = draw_great_vessels(streams("great vessels"), build)
    if settings.anatomy is None:
        liver = shape_liver(streams("liver shape"), space, build, walls, great.cava_xy, patient.cirrhosis)
        veins = grow_veins(streams("vessels"), space, liver)
    else:
        known = draw_liver_map(streams("liver map"), settings.anatomy)
        placed = place_liver(streams("liver pose"), space, build, walls, great, known, patient.cirrhosis)
        liver, veins, great = placed.liver, placed.veins, placed.great
        walls = body.fit_walls(walls, liver.distance, build)
    walls = distend(walls, disease)
    liver = liver.without(cava_distance(space.x, space.y, space.z, great))
    gallbladder = organs.shape_gallbladder(
        streams("gallbladder"), space, walls, liver.gallbladder, build.scale
    )
    if gallbladder is not None:
        liver = liver.without(gallbladder.distance, gallbladder.box)
    canvas = Canvas.blank(space)
    body.paint_body(streams("body"), canvas, patient, build, walls)
    chest.paint_lungs(streams("lungs"), canvas, patient, build, walls)
    paint_ascites(streams("ascites"), canvas, patient, walls, liver, disease)
    around = arrange(streams("arrangement"), space, build, liver, patient.cirrhosis)
    organs.paint_heart(streams("heart"), canvas, patient, build, walls, great.cava_xy)
    digestive.paint_gut(streams("gut"), canvas, patient, build, walls)
    digestive.paint_colon_and_duodenum(
        streams("colon"), canvas, patient, walls, around.colon, around.duodenum
    )
    digestive.paint_stomach(streams("stomach"), canvas, patient, walls, around.stomach)
    digestive.paint_pancreas(streams("pancreas"), canvas, patient, build)
    organs.paint_kidneys(streams("kidneys"), canvas, patient, walls, around.kidneys)
    organs.paint_spleen(streams("spleen"), canvas, patient, walls, around.spleen)
    organs.paint_adrenals(streams("adrenals"), canvas, patient, around.kidneys, great.cava_at(0.0))
    chest.paint_crura(streams("crura"), canvas, patient, build, great)
    body.paint_spine(streams("spine"), canvas, patient, build, walls)
    paint_liver(streams("liver texture"), canvas, patient, liver)
    paint_fat(streams("liver fat"), canvas, liver, walls, disease)
    paint_collaterals(streams("collaterals"), canvas, patient, liver, around, disease)
    paint_branches(streams("branches"), canvas, patient, great, liver, around)
    paint_great_vessels(streams("great vessels paint"), canvas, patient, great)
    distractors.paint_focal_fat(streams("focal fat"), canvas, liver)
    distractors.paint_dark_nodules(streams("dark nodules"), canvas, patient, liver)
    lesions = streams("lesion plan")
    plan = draw_plan(lesions, _shares(settings)) if settings.lesion_plan is None else settings.lesion_plan
    seats = seat_lesions(lesions, space, liver, plan, settings.diameter_mm[0])
    taken = [seat for _, seat in seats]
    distractors.paint_perfusion(streams("perfusion"), canvas, liver, list(taken))
    paint_veins(canvas, patient, liver, veins)
    paint_arteries_and_ducts(streams("liver arteries"), canvas, patient, liver, veins)
    close_portal_vein(streams("portal vein"), canvas, patient, liver, veins, disease)
    if gallbladder is not None:
        organs.paint_gallbladder(streams("bile"), canvas, patient, gallbladder)
    labels, kinds = paint_lesions(streams, canvas, patient, liver, seats)
    return _Scene(patient, build, canvas, liver, labels, kinds)


def _shares(settings: PhantomSettings) -> LesionShares:
    return LesionShares(
        none=settings.none_share,
        hcc=settings.hcc_share,
        hemangioma=settings.hemangioma_share,
        other=settings.other_share,
        mixed=settings.mixed_share,
        cysts=settings.cyst_share,
        counts=settings.lesion_counts,
        diameter_mm=settings.diameter_mm,
    )


def _large_moves(phase: Phase, settings: PhantomSettings) -> float:
    """Part of the phases with large moves: breath-holds fail most in the arterial phase."""
    return 0.08 + (settings.fault_share if phase is Phase.ARTERIAL else 0.0)


def _scan(streams: Streams, scene: _Scene, settings: PhantomSettings) -> PhantomCase:
    space, rng = scene.space, streams("scanner")
    scanner = draw_scanner(rng, settings.fault_share)
    snr = scanner.snr if settings.snr is None else float(rng.uniform(*settings.snr))
    bias = draw_bias(streams("bias"), space, scanner)
    pre_liver = float(scene.patient.liver_signal[0])
    scale = scanner.level / pre_liver
    # The brightest vessel must not be cut off by 12 bits.
    brightest = max(float((phase * bias).max()) for phase in scene.canvas.signal)
    scale = min(scale, 3400.0 / max(brightest, 1e-9))
    offset = np.float32(scanner.offset * scale * pre_liver)
    volumes = np.empty((4, *space.shape), dtype=np.float32)
    means = np.zeros((4, len(scene.kinds)))
    for n, phase in enumerate(FOUR_PHASES):
        still = still_image(scene.canvas.signal[n] * np.float32(scale), bias, scanner, n)
        if scene.kinds:
            sums = np.bincount(scene.labels.ravel(), still.ravel(), len(scene.kinds) + 1)
            means[n] = sums[1:] / np.bincount(scene.labels.ravel(), minlength=len(scene.kinds) + 1)[1:]
            means[n] += offset
        if settings.breathing and phase is not Phase.PORTAL_VENOUS:
            move = streams(f"motion {phase.value}")
            still = displace(
                move, still, space, draw_motion(move, _large_moves(phase, settings)), scene.build.spine_y
            )
        noise_sd = pre_liver * scale / snr
        seen = read_out(streams(f"noise {phase.value}"), still, scanner, n, noise_sd)
        volumes[n] = store(seen + offset)
    return PhantomCase(_study(scene, volumes), scene.labels, _truth(scene, means), _anatomy(scene))


def _anatomy(scene: _Scene) -> npt.NDArray[np.uint8]:
    return np.where(scene.labels > 0, np.uint8(Organ.LIVER), scene.canvas.anatomy)


def _truth(scene: _Scene, means: npt.NDArray[np.float64]) -> tuple[TruthLesion, ...]:
    lesions = []
    for label, kind in scene.kinds.items():
        diameter = axial_diameter_mm(scene.labels == label, scene.space.spacing_kji)
        a, b, c, d = (round(float(v), 2) for v in means[:, label - 1])
        lesion_class = KINDS[kind].lesion_class
        lesions.append(TruthLesion(label, lesion_class, kind, round(diameter, 1), (a, b, c, d)))
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
