"""Phantom studies of another scanner and another contrast agent than those that a model was trained on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.phantom.cohort import PhantomSettings, write_cohort
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.anatomy import liver_of
from MTINetLib.study.phase import Phase

Volume = npt.NDArray[np.float32]

#: What is left of the enhancement in each phase. Half the dose of an agent that the liver takes up, such as
#: gadoxetate: a weak arterial phase, and vessels that are empty in the delayed one.
_ENHANCEMENT = {Phase.ARTERIAL: 0.4, Phase.PORTAL_VENOUS: 0.6, Phase.DELAYED: 0.4}
#: The liver itself goes on brightening, while lesions hold no hepatocytes that would take the agent up.
_UPTAKE = {Phase.PORTAL_VENOUS: 1.15, Phase.DELAYED: 2.0}
#: A lower field and an older scanner: flatter contrast, broader pixels, more noise in parts of the liver's
#: signal, and surface coils whose signal falls from the front of the body to its back by this factor.
_GAMMA, _BLUR_PX, _NOISE, _FALL = 0.65, 1.2, 0.1, 3.0


def write_shifted_cohort(folder: Path, cases: int, seed: int, settings: PhantomSettings) -> list[DatasetCase]:
    """As ``write_cohort``, NIfTI only, and then shifted in place; ``dataset.json`` says so."""
    write_cohort(folder, cases, seed, settings=settings)
    read = read_dataset(folder)
    for number, case in enumerate(read):
        _shift_files(case, np.random.default_rng([seed, number]))
    path = folder / "dataset.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "shifted": True}, indent=2) + "\n", encoding="utf-8")
    return read


def _shift_files(case: DatasetCase, random: np.random.Generator) -> None:
    volumes = {phase: read_volume(path) for phase, path in case.phase_paths.items()}
    assert case.anatomy_path is not None
    assert case.mask_path is not None
    liver = liver_of(np.rint(read_label_map(case.anatomy_path).array).astype(np.uint8))
    liver &= read_label_map(case.mask_path).array == 0
    images = shifted({phase: volume.array for phase, volume in volumes.items()}, liver, random)
    for phase, volume in volumes.items():
        path = case.phase_paths[phase]
        beside = path.with_name(f"shifted-{path.name}")
        write_volume(beside, np.clip(images[phase], 0, 4095).astype(np.int16), volume.grid)
        shutil.move(beside, path)


def shifted(
    images: dict[Phase, Volume], liver: npt.NDArray[np.bool_], random: np.random.Generator
) -> dict[Phase, Volume]:
    """Phases [K, J, I] of one study, as the other scanner and agent would show them.

    Args:
        liver: [K, J, I], without lesions.
    """
    before = images[Phase.PRE].astype(np.float32)
    level = float(np.median(before[liver])) if liver.any() else float(np.percentile(before, 80))
    soft = ndimage.gaussian_filter(liver.astype(np.float32), (0, 1.5, 1.5))
    fall = _FALL ** (0.5 - np.linspace(0, 1, before.shape[1], dtype=np.float32))[:, None]
    result = {}
    for phase, image in images.items():
        change = image.astype(np.float32) - before
        kept = (
            _ENHANCEMENT.get(phase, 1.0) * (1 - soft)
            + _UPTAKE.get(phase, _ENHANCEMENT.get(phase, 1.0)) * soft
        )
        flat = level * (np.maximum(before + kept * change, 0) / level) ** _GAMMA
        blurred = ndimage.gaussian_filter(flat, (0, _BLUR_PX, _BLUR_PX))
        noise = random.normal(0, _NOISE * level, image.shape)
        result[phase] = np.abs(blurred * fall + noise).astype(np.float32)
    return result
