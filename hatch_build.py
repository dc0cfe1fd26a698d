"""Puts the shipped models into the wheel, inside the package, where MTINetLib.models.store looks."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ModelsHook(BuildHookInterface):  # type: ignore[misc, type-arg]
    """An editable install finds them at the root of the source tree instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"]["Resources/Models"] = "MTINetLib/Resources/Models"
