"""``mtinet info``: versions, devices and models."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from typing import Annotated, Any

import typer

import MTINetLib
from MTINetLib.models.find import list_models
from MTINetLib.models.info import ModelInfo

#: Packages whose version is told, each with the extra that brings it; None belongs to every installation.
PACKAGES: dict[str, str | None] = {
    "torch": None,
    "numpy": None,
    "scipy": None,
    "SimpleITK": None,
    "pydicom": None,
    "lightning": "train",
    "monai": "train",
    "tensorboard": "train",
    "dynamic-network-architectures": "evaluate",
    "slicer-core": "viewer",
    "openvino": "openvino",
}


def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show versions, devices and models."""
    told = collect()
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    from MTINetLib.console import terminal

    console = terminal()
    for table in _tables(told):
        console.print(table)
    for problem in told["problems"]:
        console.print(problem, style="yellow", soft_wrap=True)


def collect() -> dict[str, Any]:
    """All that `mtinet info` tells; what is missing is named in ``problems``, and nothing raises."""
    problems: list[str] = []
    return {
        "mtinet": MTINetLib.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": _packages(problems),
        "devices": _devices(problems),
        "models": _models(problems),
        "problems": problems,
        "intended_use": "Research use only. Not for diagnosis or treatment decisions.",
    }


def _packages(problems: list[str]) -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name, extra in PACKAGES.items():
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
            if extra is None:
                problems.append(f"The package {name} is missing: install MTINet again.")
    return versions


def _devices(problems: list[str]) -> list[dict[str, Any]]:
    try:
        import torch

        from MTINetLib.models.device import has_fast_bf16
    except Exception as error:  # a torch without its libraries raises nearly anything
        problems.append(f"torch cannot be used, so nothing can be analyzed: {_words(error)}.")
        return []
    cpu = torch.device("cpu")
    devices: list[dict[str, Any]] = [
        {
            "device": "cpu",
            "name": platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "fast_bf16": has_fast_bf16(cpu),
        }
    ]
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(number)
            devices.append(
                {
                    "device": f"cuda:{number}",
                    "name": properties.name,
                    "memory_gb": round(properties.total_memory / 1e9, 1),
                    "fast_bf16": has_fast_bf16(torch.device("cuda", number)),
                }
            )
    return devices


def _models(problems: list[str]) -> list[dict[str, Any]]:
    found = [_model(item) for item in list_models()]
    if not found:
        problems.append("There is no model: train one with mtinet train and name it with --model.")
    problems.extend(item["problem"] for item in found if item["problem"])
    return found


def _model(item: ModelInfo) -> dict[str, Any]:
    return {
        "name": item.name,
        "folder": str(item.folder),
        "sha256": item.sha256,
        "architecture": item.architecture.name,
        "phases": [phase.value for phase in item.phases],
        "classes": list(item.classes),
        "preprocessing": f"{item.preprocessing.name} {item.preprocessing.version}",
        "thresholds": {**item.thresholds.to_dict(), "found": item.thresholds_found.to_dict()},
        "calibration": {"temperature": item.temperature, "found": item.temperature_found.to_dict()},
        "problem": item.problem,
    }


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")


def _tables(told: dict[str, Any]) -> list[Any]:
    from rich.table import Table

    versions = Table(title=f"MTINet {told['mtinet']}, Python {told['python']}", title_justify="left")
    versions.add_column("Package")
    versions.add_column("Version")
    for name, version in told["packages"].items():
        extra = PACKAGES[name]
        missing = "missing" if extra is None else f"not installed (extra {extra})"
        versions.add_row(name, version or missing)
    devices = Table(title="Devices", title_justify="left")
    for head in ("Device", "Name", "bf16 gains"):
        devices.add_column(head)
    for item in told["devices"]:
        devices.add_row(item["device"], item["name"], "yes" if item["fast_bf16"] else "no")
    models = Table(title="Models", title_justify="left")
    models.add_column("Name")
    models.add_column("Phases")
    models.add_column("Classes")
    models.add_column("SHA-256", overflow="fold")
    models.add_column("Folder", overflow="fold")
    for item in told["models"]:
        phases, classes = ("\n".join(item[key]) or "-" for key in ("phases", "classes"))
        models.add_row(item["name"], phases, classes, item["sha256"] or "-", item["folder"])
    return [versions, devices, models]
