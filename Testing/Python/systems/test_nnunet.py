"""nnU-Net on the slices that all systems get: what it is given, and what comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.small_dataset import SHORT, tiny_network, write_small_dataset

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, MissingResourceError, ModelError, MTINetError
from MTINetLib.exporters.names import exported_names
from MTINetLib.exporters.nnunet import NnUnetLayout
from MTINetLib.progress import Silent
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.systems import nnunet, system
from MTINetLib.systems.nnunet import NNUNET, read_trained, train_nnunet, write_raw
from MTINetLib.systems.slice_answers import answer_slices
from MTINetLib.systems.train_system import train_system
from MTINetLib.training.folds import Split
from MTINetLib.training.settings import TrainingSettings, training_preset
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import prepared

SPLIT = Split(("patient_0", "patient_1", "patient_2"), ("patient_3",))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def settings() -> TrainingSettings:
    phases = tuple(phase.value for phase in FOUR_PHASES)
    short = training_preset("quick", [*SHORT, *tiny_network(), "max_steps=2", "accelerator=cpu"])
    return replace(short, phases=phases)


@pytest.fixture(scope="module")
def slices(dataset: Path, settings: TrainingSettings, tmp_path_factory: pytest.TempPathFactory) -> SliceStore:
    return prepared(dataset, tmp_path_factory.mktemp("cache"), settings, Silent())


def test_it_is_refused_where_its_package_is_missing(
    dataset: Path, settings: TrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "find_spec", lambda _: None)
    with pytest.raises(MissingResourceError, match=r"nnU-Net 2D needs the package nnunetv2: pip install"):
        train_system(NNUNET, dataset, tmp_path / "run", settings, SPLIT)
    assert not any(tmp_path.iterdir())


def test_it_gets_the_prepared_slices_and_the_given_split(
    dataset: Path, slices: SliceStore, tmp_path: Path
) -> None:
    cases = [case for case in read_dataset(dataset) if case.patient in {*SPLIT.training, *SPLIT.validation}]
    names = exported_names(cases, dict.fromkeys(SPLIT.validation, 1))
    layout = NnUnetLayout.of("Compared", FOUR_PHASES, (), "lesion", 1, True)
    write_raw(tmp_path, names, layout, slices)
    (split,) = json.loads((tmp_path / "splits_final.json").read_text())
    outside = {named.case.patient: named.name for named in names}
    assert set(split["train"]) == {outside[patient] for patient in SPLIT.training}
    assert split["val"] == [outside["patient_3"]]
    assert len(list((tmp_path / "labelsTr").iterdir())) == 4  # nothing of those who are tested
    place = next(n for n, case in enumerate(slices.cases) if case.patient == "patient_1")
    of_case = [entry for entry in slices.entries if entry.case == place]
    read = read_volume(tmp_path / "imagesTr" / f"{outside['patient_1']}_0002.nii.gz")
    np.testing.assert_array_equal(read.array, np.stack([slices.phases(entry)[2] for entry in of_case]))
    assert read.grid.spacing[:2] == pytest.approx((slices.cases[place].pixel_mm,) * 2)
    marked = read_label_map(tmp_path / "labelsTr" / f"{outside['patient_1']}.nii.gz").array
    truth = np.stack([slices.labels(entry) > 0 for entry in of_case])
    assert truth.any()
    np.testing.assert_array_equal(marked, truth)


def test_what_ends_it_is_said_and_nothing_of_the_training_stays(
    dataset: Path,
    slices: SliceStore,
    settings: TrainingSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nnunet, "PROCESS", "surely_not_there")
    with pytest.raises(MTINetError, match=r"nnU-Net ended with: .*surely_not_there") as told:
        train_nnunet(dataset, tmp_path, slices, settings, SPLIT, Silent())
    assert "surely_not_there" in str(told.value.__cause__)
    assert not any(tmp_path.iterdir())


def test_a_cancelled_training_leaves_nothing(
    dataset: Path,
    slices: SliceStore,
    settings: TrainingSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            raise Cancelled("no more")

    started = []
    popen = nnunet.subprocess.Popen

    def start(*args: Any, **kwargs: Any) -> Any:
        started.append(popen(*args, **kwargs))
        return started[0]

    monkeypatch.setattr(nnunet.subprocess, "Popen", start)
    with pytest.raises(Cancelled):
        train_nnunet(dataset, tmp_path, slices, settings, SPLIT, Impatient())
    assert started[0].poll() is not None
    assert not any(tmp_path.iterdir())


def test_a_model_that_is_damaged_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trained.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read; train it again"):
        read_trained(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nnunetv2") is None, reason="nnunetv2 is not installed: pip install nnunetv2")
def test_it_plans_trains_and_outlines(
    dataset: Path, slices: SliceStore, settings: TrainingSettings, tmp_path: Path
) -> None:
    model, _, took = train_nnunet(dataset, tmp_path, slices, settings, SPLIT, Silent())
    assert (took.steps, read_trained(model)) == (2, took)
    assert took.weights > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    judged = slices.of_patients({"patient_4", "patient_5"})
    answers = answer_slices(model, judged, judged.entries, device="cpu")
    assert (answers.curve, answers.class_probability) == (None, None)
    assert answers.mask is not None
    assert answers.mask.shape == (len(judged.entries), *judged.labels(judged.entries[0]).shape)
    assert ((answers.mask >= 0) & (answers.mask <= 1)).all()
    assert np.unique(answers.mask).size > 2  # probabilities, not a label map
    # Each slice at its own place, in whatever order it is asked about.
    again = answer_slices(model, judged, judged.entries[::-1], device="cpu")
    np.testing.assert_allclose(again.mask[::-1], answers.mask, atol=1e-2)
    (model / "fold_0" / nnunet.CHECKPOINT).write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be read; train it again"):
        answer_slices(model, judged, judged.entries, device="cpu")
