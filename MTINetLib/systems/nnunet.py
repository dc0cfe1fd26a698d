"""nnU-Net, 2D: nnunetv2's own plan, preprocessing and trainer, on the slices that all systems get.

Its raw folder is written from the prepared slices of the training patients, one image a case; the patients
who choose a checkpoint elsewhere are its validation part, which it only looks at: it keeps its last weights.
It is trained in a process of its own (``nnunet_process.py``), because it takes its folders from the
environment, and asked in this one. What it writes beside the model is gone afterwards.

Left open, or said of another setting:
- A budget of steps is as many steps of nnU-Net, with the batch and the patch of its own plan; epochs are
  passes over the training slices. Its rate falls with the share of the budget that is spent, as it does
  there with 1000 epochs of 250 steps.
- Slices are planned as thick as ten pixels: the store does not tell more, and a 2D plan does not use it.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.alive import AliveLock
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.errors import ModelError, MTINetError
from MTINetLib.exporters.names import ExportedName, exported_names
from MTINetLib.exporters.nnunet import IMAGES, LABELS, SUFFIX, NnUnetLayout, nnunet_folder
from MTINetLib.interpreter import environment, interpreter
from MTINetLib.models.device import choose_compute
from MTINetLib.process_tree import detached, kill_with_descendants
from MTINetLib.progress import Progress, Stage
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import phase_set
from MTINetLib.systems.system import SEGMENTATION, System
from MTINetLib.training.devices import usable_accelerator
from MTINetLib.training.folds import Split
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceEntry, SliceStore

NNUNET = System(
    name="nnunet",
    title="nnU-Net 2D",
    tasks=SEGMENTATION,
    source="Isensee et al.: nnU-Net: a self-configuring method for deep learning-based biomedical image "
    "segmentation. Nature Methods 18 (2021) 203-211; the package nnunetv2.",
    left_open="The common budget instead of 1000 epochs of 250 steps; batch and patch of its own plan.",
    architecture="",
    packages=("nnunetv2",),
    brought_by="nnunetv2",
)
PROCESS = "MTINetLib.systems.nnunet_process"
NUMBER, NAME = 501, "Compared"
#: In its model folder.
PLANS_FILE, RESULT_FILE = "plans.json", "trained.json"
CHECKPOINT = "checkpoint_final.pth"
_THICKNESS_PX = 10
_AXES = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
#: How finely the share of the budget is told.
_SHARES = 1000
_LOOKS_S = 0.2


@dataclass(frozen=True)
class NnUnetOrder:
    """What the process of the training is told.

    Args:
        folder: of all that nnU-Net writes.
        model: where its model is put.
        device: ``cpu`` or ``cuda``.
        workers: processes that vary the slices.
        slices: of the training patients.
        minutes, steps, epochs: the budget, as training settings have it.
    """

    folder: str
    model: str
    device: str
    seed: int
    workers: int
    slices: int
    minutes: float | None
    steps: int | None
    epochs: int | None


@dataclass(frozen=True)
class NnUnetTrained:
    """What the training took, and the weights that it learnt.

    Args:
        batch: slices a step, by nnU-Net's plan.
    """

    steps: int
    minutes: float
    batch: int
    weights: int


def train_nnunet(
    dataset: Path, run: Path, store: SliceStore, settings: TrainingSettings, split: Split, progress: Progress
) -> tuple[Path, str, NnUnetTrained]:
    """Train nnU-Net on a split.

    Args:
        store: all slices of the dataset.
        settings: their phases, the budget, the seed and the accelerator; the rest is nnU-Net's own.

    Returns:
        The model's folder, the SHA-256 of its checkpoint, and what the training took.

    Raises:
        MTINetError: nnU-Net ended with an error; the cause has the end of what it said.
        Cancelled: told by ``progress``; nothing stays of the training.
    """
    folder, model = run / "nnunet", run / "model"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(model, ignore_errors=True)
    cases = [case for case in read_dataset(dataset) if case.patient in {*split.training, *split.validation}]
    names = exported_names(cases, dict.fromkeys(split.validation, 1))
    raw = folder / "raw" / nnunet_folder(NUMBER, NAME)
    synthetic = bool(describe_dataset(dataset)["synthetic"])
    layout = NnUnetLayout.of(NAME, phase_set(settings.phases), (), "lesion", 1, synthetic)
    try:
        write_raw(raw, names, layout, store)
        slices = len(store.of_patients(set(split.training)).entries)
        _in_a_process(_order(folder, model, settings, slices), progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    weights = (model / "fold_0" / CHECKPOINT).read_bytes()
    return model, hashlib.sha256(weights).hexdigest(), read_trained(model)


def _order(folder: Path, model: Path, settings: TrainingSettings, slices: int) -> NnUnetOrder:
    accelerator = usable_accelerator(settings.accelerator)
    device = choose_compute({"gpu": "cuda"}.get(accelerator, accelerator)).device.type
    return NnUnetOrder(
        str(folder.resolve()),
        str(model.resolve()),
        "cuda" if device == "cuda" else "cpu",
        settings.seed,
        settings.workers,
        slices,
        settings.max_minutes,
        settings.max_steps,
        settings.epochs,
    )


def write_raw(folder: Path, names: Sequence[ExportedName], layout: NnUnetLayout, store: SliceStore) -> None:
    """nnU-Net's raw dataset of these cases, from their prepared slices: a lesion is 1."""
    for part in (IMAGES, LABELS):
        (folder / part).mkdir(parents=True)
    entries = _by_case(store, store.entries)
    numbers = {case.case: number for number, case in enumerate(store.cases)}
    for named in names:
        number = numbers[named.case.case]
        of_case = sorted(entries[number], key=lambda entry: entry.z)
        labels = np.stack([store.labels(entry) for entry in of_case]) > 0
        grid = _grid(store, number, labels.shape)
        for phase, volume in enumerate(_volumes(store, of_case)):
            write_volume(folder / IMAGES / f"{named.name}_{phase:04d}{SUFFIX}", volume, grid)
        write_label_map(folder / LABELS / f"{named.name}{SUFFIX}", labels.astype(np.uint8), grid)
    layout.write_rest(folder, tuple(names))


def _grid(store: SliceStore, case: int, shape: tuple[int, ...]) -> Grid:
    pixel = store.cases[case].pixel_mm
    spacing = (pixel, pixel, _THICKNESS_PX * pixel)
    return Grid((shape[0], shape[1], shape[2]), spacing, (0.0, 0.0, 0.0), _AXES)


def _by_case(store: SliceStore, entries: Sequence[SliceEntry]) -> dict[int, list[SliceEntry]]:
    found: dict[int, list[SliceEntry]] = {}
    for entry in entries:
        found.setdefault(entry.case, []).append(entry)
    return found


def _volumes(store: SliceStore, entries: Sequence[SliceEntry]) -> npt.NDArray[np.float32]:
    """float32 [P, Z, S, S]."""
    return np.stack([store.phases(entry) for entry in entries], axis=1).astype(np.float32)


def _in_a_process(order: NnUnetOrder, progress: Progress) -> None:
    """Train, and hear how far it is; the process and all that it started end with this call."""
    folder = Path(order.folder)
    told, log, share = folder / "order.json", folder / "said.txt", folder / "share.txt"
    told.write_text(json.dumps(asdict(order)), encoding="utf-8")
    command = [interpreter(), "-m", PROCESS, str(told)]
    progress.start(Stage.TRAINING, _SHARES)
    alive = AliveLock(folder)
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            **detached(),
        )
        try:
            while process.poll() is None:
                progress.update(_share(share))
                time.sleep(_LOOKS_S)
        finally:
            kill_with_descendants(process, 10)
            alive.release()
    if process.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no word"]
        raise MTINetError(f"nnU-Net ended with: {lines[-1].strip()[:300]}") from RuntimeError(
            "\n".join(lines[-60:])
        )
    progress.finish()


def _share(path: Path) -> int:
    try:
        return min(_SHARES, int(_SHARES * float(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError):  # not written yet, or just now
        return 0


def read_trained(model: Path) -> NnUnetTrained:
    """What the training of a model took.

    Raises:
        ModelError: the file is missing or damaged.
    """
    try:
        return NnUnetTrained(**json.loads((model / RESULT_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"The nnU-Net in {model} cannot be read; train it again.") from error


def nnunet_masks(
    model: Path, store: SliceStore, entries: Sequence[SliceEntry], device: str, progress: Progress
) -> npt.NDArray[np.float16]:
    """Tumour probability [N, S, S] of the entries, case by case.

    Raises:
        ModelError: the model cannot be used.
    """
    predictor = _predictor(model, device)
    side = store.labels(entries[0]).shape[0] if entries else 0
    masks = np.zeros((len(entries), side, side), dtype=np.float16)
    done = 0
    progress.start(Stage.EVALUATING, len(entries))
    places = {(entry.case, entry.z): place for place, entry in enumerate(entries)}
    for case, asked in _by_case(store, entries).items():
        pixel = store.cases[case].pixel_mm
        spacing = {"spacing": [_THICKNESS_PX * pixel, pixel, pixel]}
        with redirect_stdout(io.StringIO()):
            _, told = predictor.predict_single_npy_array(
                _volumes(store, asked), spacing, None, None, save_or_return_probabilities=True
            )
        for entry, probability in zip(asked, told[1], strict=True):
            masks[places[entry.case, entry.z]] = probability
        done += len(asked)
        progress.update(done)
    progress.finish()
    return masks


def _predictor(model: Path, device: str) -> Any:
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    where = "cuda" if choose_compute(device).device.type == "cuda" else "cpu"
    try:
        with redirect_stdout(io.StringIO()):
            predictor = nnUNetPredictor(device=torch.device(where), allow_tqdm=False)
            predictor.initialize_from_trained_model_folder(str(model), (0,), CHECKPOINT)
    except (EOFError, OSError, ValueError, KeyError, RuntimeError, UnpicklingError) as error:
        raise ModelError(f"The nnU-Net in {model} cannot be read; train it again.") from error
    return predictor
