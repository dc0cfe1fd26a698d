"""Which classes a run learns, of those in the settings and in the dataset."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from MTINetLib.errors import InputError
from MTINetLib.training.run_classes import classes_of_run, keep_classes
from MTINetLib.training.settings import training_preset


def kept(folder: Path, dataset: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    store: Any = SimpleNamespace(classes=dataset)
    classes = classes_of_run(folder / "classes.json", store, training_preset("quick", [f"classes={wanted}"]))
    keep_classes(folder / "classes.json", classes)
    return classes


def test_a_class_without_a_lesion_in_the_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no lesion of the class cyst, .* its classes are hcc and metastasis"
    ):
        kept(tmp_path, ("hcc", "metastasis"), "hcc,cyst")
    assert not [*tmp_path.iterdir()]


def test_other_takes_the_classes_that_are_not_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert kept(tmp_path, ("hcc", "cyst", "metastasis"), "hcc,other") == ("hcc", "other")
    assert not caplog.records


def test_other_without_a_lesion_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no lesion of the class other"):
        kept(tmp_path, ("hcc", "cyst"), "hcc,cyst,other")


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (("a", "b", "c"), "The class c is not learnt"),
        (("a", "b", "c", "d"), "The classes c, d are not learnt"),
    ],
)
def test_what_is_not_learnt_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, dataset: tuple[str, ...], words: str
) -> None:
    with caplog.at_level(logging.WARNING):
        assert kept(tmp_path, dataset, "a,b") == ("a", "b")
    assert words in caplog.text
