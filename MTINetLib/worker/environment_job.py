"""The job that tells what this machine has; what is missing is data, not an error."""

from __future__ import annotations

import platform
from importlib import import_module, metadata

from MTINetLib.errors import Statement
from MTINetLib.evaluation.machine import cpu_model
from MTINetLib.models.find import is_shipped, list_models
from MTINetLib.progress import Stage
from MTINetLib.worker.gpu_memory import free_by_gpu
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.machine_memory import free_memory_bytes, memory_bytes
from MTINetLib.worker.requests import DeviceText, Environment, LookAtComputer, ModelText

#: Packages that the jobs use, by the names of their distributions.
PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "SimpleITK",
    "pydicom",
    "safetensors",
    "jinja2",
    "matplotlib",
    "reportlab",
    "lightning",
    "monai",
    "tensorboard",
    "highdicom",
    "openvino",
)


@job
def environment(request: LookAtComputer, context: JobContext) -> Environment:
    context.progress.start(Stage.LOOKING_AT_COMPUTER, 3)
    packages = {name: _version(name) for name in PACKAGES}
    context.progress.update(1)
    problem = _torch_problem()
    devices = (_cpu(), *(_gpus() if problem is None else ()))
    context.progress.update(2)
    models = _models()
    context.progress.update(3)
    return Environment(
        python=platform.python_version(),
        packages=packages,
        devices=devices,
        models=tuple(models),
        cpu=_cpu().title,
        memory_bytes=memory_bytes(),
        torch_problem=problem,
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _torch_problem() -> Statement | None:
    try:
        import_module("MTINetLib.models.store")
    except ImportError as error:
        if error.name == "torch":
            return Statement.of("setup_no_torch")
        if isinstance(error, ModuleNotFoundError):
            return Statement.of("setup_package_missing", package=error.name)
        return Statement.of("setup_torch_broken")
    except Exception:  # a torch without its libraries raises nearly anything
        return Statement.of("setup_torch_broken")
    return None


def _cpu() -> DeviceText:
    title = cpu_model() or platform.machine() or "CPU"
    return DeviceText("cpu", "cpu", title, memory_bytes(), free_memory_bytes())


def _gpus() -> tuple[DeviceText, ...]:
    import torch

    if not torch.cuda.is_available():
        return ()
    free, found = free_by_gpu(), []
    for number in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(number)
        uuid = str(getattr(properties, "uuid", "")).removeprefix("GPU-")
        found.append(
            DeviceText(
                f"cuda:{number}", "cuda", properties.name, int(properties.total_memory), free.get(uuid)
            )
        )
    return tuple(found)


def _models() -> list[ModelText]:
    return [
        ModelText(info.name, str(info.folder), info.sha256, info.problem, is_shipped(info.folder))
        for info in list_models()
    ]
