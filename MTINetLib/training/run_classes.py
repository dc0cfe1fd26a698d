"""The classes that a run tells apart, kept in its folder in the order of the network's output."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.study.lesion_class import OTHER
from MTINetLib.study.phase import listed
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore

_LOG = logging.getLogger(__name__)


def classes_of_run(path: Path, store: SliceStore, settings: TrainingSettings) -> tuple[str, ...]:
    """Those of the run, else of the settings, else of the dataset; none where there is nothing to tell apart.

    Args:
        path: of the table in the run folder.

    Raises:
        InputError: it is damaged, or the settings name a class of which the dataset has no lesion.
    """
    if path.is_file():
        classes = _read(path)
    else:
        if not settings.started_from:  # a model keeps classes of which the dataset has no example
            _refuse_without_example(settings.classes, store.classes)
        classes = settings.classes or store.classes
        if len(classes) < 2:
            if settings.network.classifies:
                _LOG.warning("The lesions are not of two classes or more: no classes are learnt.")
            classes = ()
    left = [name for name in store.classes if name not in classes]
    if classes and left and OTHER not in classes:
        what = "class %s is" if len(left) == 1 else "classes %s are"
        _LOG.warning(f"The {what} not learnt by this run.", ", ".join(left))
    return classes


def keep_classes(path: Path, classes: Sequence[str]) -> None:
    """Write the table, which stays as it is where there is one."""
    if not path.is_file():
        path.write_text(json.dumps(list(classes)) + "\n", encoding="utf-8")


def _refuse_without_example(wanted: Sequence[str], found: Sequence[str]) -> None:
    has_other = any(name not in wanted for name in found)
    missing = [name for name in wanted if name not in found and not (name == OTHER and has_other)]
    if missing:
        raise InputError(
            f"The dataset has no lesion of the class {listed(missing, 'or')}, which the settings name; its "
            f"classes are {listed(found) if found else 'none'}."
        )


def _read(path: Path) -> tuple[str, ...]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        kept = None
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        raise InputError(f"{path} is damaged: which classes the run learns is not known; start a new run.")
    return tuple(kept)
