"""What looks like a lesion and is never labelled: perfusion blushes, dark nodules, focal fat."""

from __future__ import annotations

import numpy as np

from MTINetLib.phantom.canvas import Canvas, Point, ellipsoid, soft
from MTINetLib.phantom.draws import Rng, chance, log_uniform, uniform
from MTINetLib.phantom.lesions import Seat, find_seat
from MTINetLib.phantom.liver import Liver
from MTINetLib.phantom.noise_fields import smooth_noise
from MTINetLib.phantom.patient import Patient


def paint_perfusion(rng: Rng, canvas: Canvas, liver: Liver, taken: list[Seat]) -> None:
    """Arterial-only wedges under the capsule and vague blushes: isointense before and after."""
    space = canvas.space
    if chance(rng, 0.15):
        _blush_at_gallbladder(rng, canvas, liver)
    if chance(rng, 0.6):
        return
    for _ in range(int(rng.integers(1, 4))):
        size = log_uniform(rng, 6.0, 32.0)
        seat = find_seat(rng, space, liver, size, taken)
        box = None if seat is None else space.box(seat.centre, 0.8 * size + 6.0)
        if seat is None or box is None:
            continue
        if chance(rng, 0.5):
            shape = _wedge(rng, canvas, liver, seat.centre, size, box)
        else:
            distance = ellipsoid(*space.coordinates(box), seat.centre, rng.uniform(0.3, 0.6, 3) * size)
            wobble = smooth_noise(rng, distance.shape, space.spacing_kji, max(0.4 * size, 4.0))
            shape = soft(distance + np.float32(0.08 * size) * wobble, max(3.0, 0.35 * size))
        shape = shape * (liver.distance[box] < 0)
        boost = np.array([0.0, uniform(rng, 0.12, 0.5), uniform(rng, 0.0, 0.05), 0.0])
        for phase in (1, 2):
            canvas.signal[phase][box] *= 1.0 + np.float32(boost[phase]) * shape


def _blush_at_gallbladder(rng: Rng, canvas: Canvas, liver: Liver) -> None:
    """Blood from the gallbladder's veins reaches the liver beside it early."""
    space = canvas.space
    reach = uniform(rng, 12.0, 30.0)
    box = space.box(liver.gallbladder, reach + 8.0)
    if box is None:
        return
    distance = ellipsoid(*space.coordinates(box), liver.gallbladder, rng.uniform(0.7, 1.0, 3) * reach)
    distance += np.float32(0.15 * reach) * smooth_noise(rng, distance.shape, space.spacing_kji, 12.0)
    shape = soft(distance, 6.0) * (liver.distance[box] < 0)
    canvas.signal[1][box] *= 1.0 + np.float32(uniform(rng, 0.1, 0.45)) * shape


def _wedge(
    rng: Rng, canvas: Canvas, liver: Liver, tip: Point, size: float, box: tuple[slice, ...]
) -> np.ndarray:
    """A cone that widens from its tip away from the liver's hilum, with a soft side."""
    x, y, z = canvas.space.coordinates((box[0], box[1], box[2]))
    axis = tip - liver.hilum
    axis = axis / max(float(np.linalg.norm(axis)), 1e-6)
    dx, dy, dz = x - tip[0], y - tip[1], z - tip[2]
    along = dx * axis[0] + dy * axis[1] + dz * axis[2] + 0.4 * size
    across = np.sqrt(np.maximum(dx * dx + dy * dy + dz * dz - (along - 0.4 * size) ** 2, 0.0))
    side = across - np.float32(uniform(rng, 0.3, 0.55)) * along
    distance = np.maximum(np.maximum(side, -along), along - np.float32(size))
    return soft(distance.astype(np.float32), 2.5)


def paint_dark_nodules(rng: Rng, canvas: Canvas, patient: Patient, liver: Liver) -> None:
    """Siderotic and regenerative nodules of cirrhosis: small, dark or a little bright in all phases."""
    if patient.cirrhosis < 0.35 or chance(rng, 0.5):
        return
    space = canvas.space
    factors = (uniform(rng, 0.6, 0.85), uniform(rng, 1.06, 1.22))
    for _ in range(int(rng.integers(4, 30))):
        size = log_uniform(rng, 3.0, 11.0)
        seat = find_seat(rng, space, liver, size, [])
        box = None if seat is None else space.box(seat.centre, 0.6 * size + 3.0)
        if seat is None or box is None:
            continue
        distance = ellipsoid(*space.coordinates(box), seat.centre, rng.uniform(0.4, 0.55, 3) * size)
        weight = soft(distance, 1.5 * space.pixel_mm) * (liver.distance[box] < 0)
        factor = factors[0] if chance(rng, 0.7) else factors[1]
        bright_fades = np.array([1.0, 0.8, 0.6, 0.5]) if factor > 1 else np.ones(4)
        for phase in range(4):
            canvas.signal[phase][box] *= 1.0 + weight * np.float32((factor - 1.0) * bright_fades[phase])


def paint_focal_fat(rng: Rng, canvas: Canvas, liver: Liver) -> None:
    """A vague, slightly darker region by the fissure or gallbladder, alike in all phases (fat suppressed)."""
    if chance(rng, 0.85):
        return
    space = canvas.space
    at = liver.gallbladder if chance(rng, 0.5) else liver.hilum + np.array([30.0, -35.0, 12.0])
    size = uniform(rng, 10.0, 26.0)
    box = space.box(at, size + 4.0)
    if box is None:
        return
    distance = ellipsoid(*space.coordinates(box), at, rng.uniform(0.4, 0.9, 3) * size)
    weight = soft(distance, 6.0) * (liver.distance[box] < 0)
    fading = 1.0 - np.float32(uniform(rng, 0.06, 0.18)) * weight
    for phase in range(4):
        canvas.signal[phase][box] *= fading
