"""The layouts that can be imported, each with where it comes from and what its owners allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, ImportOptions


@dataclass(frozen=True)
class Kind:
    """A layout.

    Args:
        name: on the command line.
        title: for people.
        licence: of the data; empty where it is the user's own.
        room: the module whose ``find`` reads it.
    """

    name: str
    title: str
    licence: str
    room: str

    @property
    def find(self) -> Callable[[Path, ImportOptions], Found]:
        """What a folder of this kind holds."""
        find: Callable[[Path, ImportOptions], Found] = import_module(f"MTINetLib.importers.{self.room}").find
        return find


KINDS = (
    Kind(
        "lld-mmri",
        "LLD-MMRI, boxes only",
        "For non-commercial research only, not to be passed on.",
        "lld_mmri",
    ),
    Kind(
        "lld-mmri-masks",
        "LLD-MMRI with masks",
        "CC BY-NC, not to be passed on.",
        "lld_mmri_masks",
    ),
    Kind("liverhccseg", "LiverHccSeg", "CC BY 4.0: name its authors.", "liverhccseg"),
    Kind("atlas", "ATLAS 2023", "CC BY-NC-SA 4.0, after registration.", "atlas"),
    Kind("nnunet", "nnU-Net's raw folder", "", "nnunet"),
    Kind("bids", "BIDS with derivatives", "", "bids"),
    Kind("folder", "a table of files", "", "folder"),
)


def kind_named(name: str) -> Kind:
    """
    Raises:
        InputError: there is no such kind; the sentence lists them.
    """
    wanted = name.strip().lower().replace("_", "-")
    for kind in KINDS:
        if kind.name == wanted:
            return kind
    raise InputError(f"There is no kind '{name}'; choose one of {', '.join(kind.name for kind in KINDS)}.")
