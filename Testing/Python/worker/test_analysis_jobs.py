from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_study
from support.small_models import known_model, random_model
from support.waiting import wait_until
from support.worker_study import Heard, is_gone, kill, open_study

from MTINetLib.errors import Cancelled, InputError, MissingResourceError, ModelError
from MTINetLib.findings import from_dict
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.progress import Stage
from MTINetLib.study.lesion_class import HCC
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Analyze, Analyzed, ModelChoice, ReadAgain

STUDY = made_study()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "Modell für Leber"
    random_model(folder)
    return str(folder)


@pytest.fixture(scope="module")
def knowing(faulty_shared: WorkerClient) -> WorkerClient:
    """A client of a worker whose network gives answers that are known."""
    faulty_shared.wait(faulty_shared.submit("know", {}))
    open_study(faulty_shared, STUDY)
    return faulty_shared


def analyzed(client: WorkerClient, model: str | None = None, heard: Heard | None = None) -> Analyzed:
    request = Analyze("study", ModelChoice(model, "cpu", "fp32"))
    return Analyzed.from_dict(client.wait(client.submit("analyze", request.to_dict(), heard), timeout_s=120))


def test_the_worker_finds_what_the_library_finds(knowing: WorkerClient) -> None:
    heard = Heard()
    found = analyzed(knowing, heard=heard)
    unflagged = replace(STUDY, flags=())  # as it was handed over
    here = analyze(unflagged, known_model(), device="cpu", precision="fp32")
    findings = from_dict(found.findings)
    assert len(findings.lesions) == 2
    assert findings.lesions == here.findings.lesions
    assert np.array_equal(np.load(found.labels), here.labels)
    assert np.array_equal(np.load(found.probability), here.probability)
    assert set(found.timings) >= {"network", "lesions", "measure"}
    assert {Stage.LOADING_MODEL} <= {stage for stage, _, _ in heard.steps}


def test_the_backend_that_is_asked_for_is_told_with_the_findings(knowing: WorkerClient, model: str) -> None:
    request = Analyze("study", ModelChoice(model, "cpu", "fp32", "auto"))
    found = Analyzed.from_dict(knowing.wait(knowing.submit("analyze", request.to_dict()), timeout_s=120))
    assert from_dict(found.findings).provenance.backend in ("torch", "openvino")
    wrong = Analyze("study", ModelChoice(model, "cpu", "fp32", "tensorrt"))
    with pytest.raises(InputError, match="'tensorrt' is unknown"):
        knowing.wait(knowing.submit("analyze", wrong.to_dict()), timeout_s=120)


def test_the_network_reads_corrected_masks_again(knowing: WorkerClient) -> None:
    found = analyzed(knowing)
    labels = np.load(found.labels)
    labels[labels == 2] = 0
    path = knowing.folder / "corrected.npy"
    np.save(path, labels)
    request = ReadAgain("study", str(path), found.findings, ModelChoice(None, "cpu", "fp32"))
    result = knowing.wait(knowing.submit("read_again", request.to_dict()), timeout_s=120)
    again = from_dict(result["findings"])
    assert [lesion.label for lesion in again.lesions] == [1]
    assert again.lesions[0].lesion_class == HCC
    assert again.provenance.corrected_by_person


def test_thresholds_are_taken_over_and_unknown_ones_are_named(knowing: WorkerClient) -> None:
    request = Analyze("study", ModelChoice(None, "cpu", "fp32", "torch"), {"smallest_mm3": 1e9})
    result = knowing.wait(knowing.submit("analyze", request.to_dict()), timeout_s=120)
    assert result["findings"]["lesions"] == []
    wrong = Analyze("study", ModelChoice(None, "cpu", "fp32", "torch"), {"sharpness": 1})
    with pytest.raises(InputError, match="Unknown threshold 'sharpness'"):
        knowing.wait(knowing.submit("analyze", wrong.to_dict()), timeout_s=120)


def test_a_second_analysis_loads_nothing(faulty: WorkerClient, model: str) -> None:
    open_study(faulty, STUDY)
    faulty.wait(faulty.submit("count_loads", {}))
    analyzed(faulty, model)
    analyzed(faulty, model)
    assert faulty.wait(faulty.submit("count_loads", {})) == {"models": 1, "arrays": 0}


def test_a_model_that_changed_on_disk_is_loaded_again(client: WorkerClient, tmp_path: Path) -> None:
    open_study(client, STUDY)
    folder = tmp_path / "model"
    random_model(folder, seed=1)
    first = from_dict(analyzed(client, str(folder)).findings).provenance.model_sha256
    random_model(folder, seed=2)
    assert from_dict(analyzed(client, str(folder)).findings).provenance.model_sha256 != first


def test_a_damaged_model_file_is_one_clear_sentence(client: WorkerClient, tmp_path: Path) -> None:
    open_study(client, STUDY)
    folder = tmp_path / "model"
    random_model(folder)
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(200)
        file.write(b"\x00\xff\x00\xff")
    with pytest.raises(ModelError, match=r"model.safetensors is damaged or was changed"):
        analyzed(client, str(folder))
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(ModelError, match="is not a model folder: it has no SHA256SUMS"):
        analyzed(client, str(folder))
    with pytest.raises(ModelError, match="There is no model 'unheard of'"):
        analyzed(client, "unheard of")


def test_a_gpu_that_is_not_there_is_said(client: WorkerClient, model: str) -> None:
    open_study(client, STUDY)
    request = Analyze("study", ModelChoice(model, "cuda:7"))
    with pytest.raises(MissingResourceError, match="no GPU 7"):
        client.wait(client.submit("analyze", request.to_dict()), timeout_s=120)


def test_an_analysis_that_is_cancelled_ends_by_itself_and_the_next_one_works(
    patient: WorkerClient, model: str
) -> None:
    open_study(patient, STUDY)
    pid = patient.pid
    for steps in (0, 1, 2):
        heard = Heard()
        call = patient.submit("analyze", Analyze("study", ModelChoice(model, "cpu", "fp32")).to_dict(), heard)
        wait_until(lambda heard=heard, steps=steps: len(heard.steps) >= steps, patient.poll)  # type: ignore[misc]
        patient.cancel(call)
        if not call.finished:
            with pytest.raises(Cancelled):
                patient.wait(call)
    analyzed(patient, model)
    assert patient.pid == pid, "it was not killed"


def test_a_worker_killed_while_it_analyses_leaves_nothing_behind(client: WorkerClient, model: str) -> None:
    open_study(client, STUDY)
    heard = Heard()
    call = client.submit("analyze", Analyze("study", ModelChoice(model, "cpu", "fp32")).to_dict(), heard)
    wait_until(lambda: bool(heard.steps) or call.finished, client.poll)
    pid = client.pid
    assert pid is not None
    kill(pid)
    if not call.finished:
        with pytest.raises(MissingResourceError, match="ended in the middle of its work"):
            client.wait(call, timeout_s=120)
    wait_until(lambda: is_gone(pid))
    analyzed(client, model)


def test_memory_that_runs_out_halves_the_batch_until_not_one_slice_fits(faulty: WorkerClient) -> None:
    faulty.wait(faulty.submit("know", {}))
    faulty.wait(faulty.submit("short_of_memory", {"slices": 1}))
    open_study(faulty, STUDY)
    found = analyzed(faulty)
    assert "batch_halved:1" in from_dict(found.findings).provenance.notes
    assert len(from_dict(found.findings).lesions) == 2
    faulty.wait(faulty.submit("short_of_memory", {"slices": 0}))
    with pytest.raises(MissingResourceError, match="not enough memory to analyze one slice"):
        analyzed(faulty)


def test_a_full_temporary_disk_is_one_clear_sentence(faulty: WorkerClient) -> None:
    faulty.wait(faulty.submit("know", {}))
    open_study(faulty, STUDY)
    faulty.wait(faulty.submit("full_disk", {"names": ["labels-", "probability-"]}))
    before = set(faulty.folder.rglob("*"))
    with pytest.raises(MissingResourceError, match="disk is full; make room"):
        analyzed(faulty)
    assert set(faulty.folder.rglob("*")) == before


def test_a_missing_torch_sends_the_user_to_setup(tmp_path: Path) -> None:
    hidden = tmp_path / "torch"
    hidden.mkdir()
    (hidden / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    )
    client = WorkerClient(environment={"PYTHONPATH": str(tmp_path)})
    open_study(client, STUDY)
    with pytest.raises(MissingResourceError, match="open Setup and install PyTorch"):
        analyzed(client)
    open_study(client, STUDY, "again")
    client.close()
