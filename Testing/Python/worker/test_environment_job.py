from __future__ import annotations

import platform
from pathlib import Path

from support.small_models import random_model

from MTINetLib.errors import Statement
from MTINetLib.presentation.statements import sentence
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Environment


def told(client: WorkerClient) -> Environment:
    return Environment.from_dict(client.wait(client.submit("environment", {}), timeout_s=120))


def test_the_environment_names_python_packages_devices_and_models(tmp_path: Path) -> None:
    random_model(tmp_path / "own")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text('{"name": "broken one"}')
    client = WorkerClient(environment={"MTINET_MODELS": str(tmp_path)})
    seen = told(client)
    client.close()
    assert seen.python == platform.python_version()
    assert seen.packages["torch"]
    assert seen.packages["numpy"]
    assert seen.devices[0].name == "cpu"
    assert seen.memory_bytes is not None
    assert seen.memory_bytes > 1e8
    assert seen.torch_problem is None
    by_folder = {Path(model.folder).name: model for model in seen.models}
    assert by_folder["own"].problem is None
    assert len(by_folder["own"].sha256) == 64
    assert not by_folder["own"].shipped
    assert by_folder["broken"].problem
    assert by_folder["mtinet-phantom"].shipped


def test_a_missing_torch_is_data_and_the_models_are_still_listed(tmp_path: Path) -> None:
    hidden = tmp_path / "torch"
    hidden.mkdir()
    (hidden / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    )
    models = tmp_path / "models"
    random_model(models / "own")
    random_model(models / "damaged")
    with (models / "damaged" / "model.safetensors").open("ab") as file:
        file.write(b"more")
    client = WorkerClient(environment={"PYTHONPATH": str(tmp_path), "MTINET_MODELS": str(models)})
    seen = told(client)
    client.close()
    assert seen.torch_problem is not None
    assert "PyTorch is not installed" in sentence(seen.torch_problem)
    assert [device.kind for device in seen.devices] == ["cpu"]
    by_folder = {Path(model.folder).name: model for model in seen.models}
    assert by_folder["own"].name == "random-small"
    assert by_folder["own"].problem is None
    assert "damaged or was changed" in str(by_folder["damaged"].problem)


def test_a_torch_that_cannot_be_loaded_is_told_as_such(tmp_path: Path) -> None:
    hidden = tmp_path / "torch"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise OSError('libc10.so: cannot open shared object file')")
    client = WorkerClient(environment={"PYTHONPATH": str(tmp_path)})
    seen = told(client)
    client.close()
    assert seen.torch_problem == Statement.of("setup_torch_broken")
