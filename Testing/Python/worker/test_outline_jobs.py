"""Outlines from the worker: what the library says, the last study kept, each bad box in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_labels, made_study
from support.outline_network import KnownSlices
from support.worker_study import Heard, open_study

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.outline import Outliner
from MTINetLib.progress import Stage
from MTINetLib.study.study import Study
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.outline_requests import InstallOutline, OutlineBox, Outlined
from MTINetLib.worker.warm import WarmState

STUDY = made_study()


def box_of(label: int) -> Any:
    places = np.argwhere(made_labels(STUDY.grid) == label)
    ends = STUDY.grid.to_lps(np.array([places.min(axis=0) - 0.5, places.max(axis=0) + 0.5]))
    return tuple(map(float, ends[0])), tuple(map(float, ends[1]))


def outlined(client: WorkerClient, request: OutlineBox, heard: Heard | None = None) -> Outlined:
    return request.result(client.wait(client.submit("outline_box", request.to_dict(), heard), timeout_s=120))


@pytest.fixture(scope="module")
def knowing(faulty_shared: WorkerClient) -> WorkerClient:
    faulty_shared.wait(faulty_shared.submit("know_outlines", {}))
    open_study(faulty_shared, STUDY)
    return faulty_shared


@pytest.mark.parametrize("label", [1, 2])
def test_the_worker_outlines_what_the_library_outlines(knowing: WorkerClient, label: int) -> None:
    heard = Heard()
    found = outlined(knowing, OutlineBox("study", box_of(label), device="cpu"), heard)
    here = Outliner(STUDY, KnownSlices()).outline(Marks(box_of(label)))
    assert np.array_equal(np.load(found.mask), here.mask.astype(np.uint8))
    assert found.said["image"] == here.image
    assert np.allclose(found.said["box_lps_mm"], box_of(label))
    assert Stage.OUTLINING in {stage for stage, _, _ in heard.steps}


def test_bad_boxes_and_studies_end_in_one_sentence(knowing: WorkerClient) -> None:
    far = ((9e3, 0.0, 0.0), (9.1e3, 50.0, 50.0))
    with pytest.raises(InputError, match="outside the images"):
        outlined(knowing, OutlineBox("study", far, device="cpu"))
    with pytest.raises(InputError):
        outlined(knowing, OutlineBox("no such study", box_of(1), device="cpu"))


def test_without_the_weights_it_says_what_to_install(
    client: WorkerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_study(client, STUDY)
    with pytest.raises(MissingResourceError, match="mtinet install-outline"):
        outlined(client, OutlineBox("study", box_of(1), device="cpu"))
    wrong = tmp_path / "wrong.whl"
    wrong.write_bytes(b"")
    with pytest.raises(InputError, match=r"wrong\.whl"):
        client.wait(client.submit("install_outline", InstallOutline(str(wrong)).to_dict()), timeout_s=120)


def test_what_was_seen_of_the_last_study_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Study] = []

    def outliner(study: Study, _device: str) -> Outliner:
        made.append(study)
        return Outliner(study, KnownSlices())

    monkeypatch.setattr("MTINetLib.pipeline.outline.installed_outliner", outliner)
    state = WarmState(tmp_path)
    state.keep("one", STUDY)
    first = state.outliner("one", "cpu")
    assert state.outliner("one", "cpu") is first
    state.keep("two", STUDY)
    assert state.outliner("two", "cpu") is not first
    assert len(made) == 2
    state.keep("two", STUDY)  # opened again, perhaps with other voxels
    state.outliner("two", "cpu")
    assert len(made) == 3
