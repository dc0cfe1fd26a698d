"""Lesions as layers of tissue: each zone lies over those before it, and the mixture gives the signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Field, soft
from MTINetLib.phantom.draws import Rng
from MTINetLib.phantom.lesions import Outline
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import FourValues, Patient
from MTINetLib.phantom.tissues import DrawnTissue


@dataclass(frozen=True)
class Zone:
    """One tissue of a lesion.

    Args:
        native: without contrast agent.
        curve: contrast agent at the four phases, mmol/L.
        share: of each voxel, 0 to 1, on the outline's box; 1 everywhere for the ground.
        vigour: factor on the contrast agent, one value or the box's shape; may differ by phase [4, k, j, i].
        t1_factor, m0_factor: unevenness of the native tissue.
    """

    native: DrawnTissue
    curve: FourValues
    share: Field | float = 1.0
    vigour: Field | float = 1.0
    t1_factor: Field | float = 1.0
    m0_factor: Field | float = 1.0


def paint_zones(
    canvas: Canvas, patient: Patient, outline: Outline, zones: Sequence[Zone], edge_mm: float | None = None
) -> None:
    """Mix the zones voxel by voxel and blend the lesion in.

    Args:
        canvas, patient, outline: where and in whom.
        zones: the ground first.
        edge_mm: width of the lesion's border; None is one pixel.
    """
    shape = outline.depth.shape
    t1, m0 = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    t2star, agent = np.zeros(shape, dtype=np.float32), np.zeros((4, *shape), dtype=np.float32)
    for zone in zones:
        share = np.float32(zone.share) if isinstance(zone.share, float) else zone.share
        t1 += share * (np.float32(zone.native.t1_s) * zone.t1_factor - t1)
        m0 += share * (np.float32(zone.native.m0) * zone.m0_factor - m0)
        t2star += share * (np.float32(zone.native.t2star_s) - t2star)
        for phase in range(1, 4):
            vigour = zone.vigour
            if isinstance(vigour, np.ndarray) and vigour.ndim == 4:
                vigour = vigour[phase]
            agent[phase] += share * (np.float32(zone.curve[phase]) * vigour - agent[phase])
    signal = patient.field_signal(m0, t1, t2star, agent)
    weight = soft(outline.depth, edge_mm or canvas.space.pixel_mm)
    canvas.paint(weight, signal, outline.box)


def patches(rng: Rng, canvas: Canvas, outline: Outline, scale_mm: float) -> Field:
    """Patches with fairly sharp borders, about -1 to 1, on the outline's box."""
    noise = smooth_noise(rng, outline.depth.shape, canvas.space.spacing_kji, scale_mm)
    return np.asarray(np.tanh(2.0 * noise), dtype=np.float32)


def grain(rng: Rng, canvas: Canvas, outline: Outline, scale_mm: float) -> Field:
    """Smooth noise of about unit variance on the outline's box."""
    return smooth_noise(rng, outline.depth.shape, canvas.space.spacing_kji, scale_mm)


def shell(outline: Outline, outer_mm: Field | float, thickness_mm: float, edge_mm: float) -> Field:
    """A layer that begins ``outer_mm`` under the surface."""
    half = np.float32(thickness_mm / 2)
    away = np.abs(outline.depth + outer_mm + half) - half
    return soft(np.asarray(away, dtype=np.float32), edge_mm)


def core(rng: Rng, canvas: Canvas, outline: Outline, radius_share: float, wander: float = 0.25) -> Field:
    """The deep part of a lesion, with an uneven border.

    Args:
        rng, canvas, outline: which lesion.
        radius_share: how far it reaches, in parts of the way from the deepest point to the surface.
        wander: SD of its border in the same parts.
    """
    deepest = max(float(-outline.depth.min()), 1e-3)
    inward = 1.0 + outline.depth / np.float32(deepest)
    noise = grain(rng, canvas, outline, max(0.5 * outline.radius_mm, 4.0))
    away = (inward + np.float32(wander) * noise - np.float32(radius_share)) * np.float32(deepest)
    return soft(np.asarray(away, dtype=np.float32), max(1.5 * canvas.space.pixel_mm, 2.0))


def strands(rng: Rng, canvas: Canvas, outline: Outline, spacing_mm: float, width_mm: float) -> Field:
    """Thin walls through a lesion, about ``spacing_mm`` apart."""
    noise = grain(rng, canvas, outline, spacing_mm)
    # Noise with features of this size climbs by about 1.3 over half of it.
    away = np.abs(noise) * np.float32(spacing_mm / 2.6) - np.float32(width_mm / 2)
    return soft(np.asarray(away, dtype=np.float32), canvas.space.pixel_mm)
