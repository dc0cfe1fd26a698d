"""How a model is run, as the user asked for it."""

from __future__ import annotations

from typing import TypedDict


class Ways(TypedDict):
    """Names of a device, a precision and a backend, see ``LoadedModel.settled``."""

    device: str
    precision: str
    backend: str
