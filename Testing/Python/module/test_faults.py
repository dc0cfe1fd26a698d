"""What goes wrong ends in one sentence, with the scene as it was and the module ready for the next try."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MTINetLib.errors import InputError, MTINetError

AddStudy = Callable[[Any], Any]


def overwrite(slicer: Any, node: Any, array: np.ndarray[Any, Any]) -> None:
    slicer.util.updateVolumeFromArray(node, array)


def spoil(slicer: Any, node: Any, how: str) -> None:
    """Make a volume useless."""
    array = slicer.util.arrayFromVolume(node).copy()
    if how == "one slice":
        array = array[:1]
    elif how == "constant":
        array[:] = 7
    else:
        array[:] = np.nan
    overwrite(slicer, node, array)


def nodes(slicer: Any) -> list[str]:
    scene = slicer.mrmlScene
    return sorted(scene.GetNthNode(place).GetID() for place in range(scene.GetNumberOfNodes()))


@pytest.mark.parametrize("how", ["one slice", "constant", "nothing but NaN"])
def test_a_useless_volume_is_refused_by_the_name_of_its_phase(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, small_model: Path, how: str
) -> None:
    slicer, logic = slicer_desktop.slicer, widget.logic
    study = add_study(logic)
    logic.session.choices.model = str(small_model)
    good = slicer.util.arrayFromVolume(study.volumes[1]).copy()
    spoil(slicer, study.volumes[1], how)
    before = nodes(slicer)
    with pytest.raises(InputError, match="arterial") as caught:
        logic.analyze()
    sentence(caught.value)
    assert nodes(slicer) == before
    assert logic.session.message.text == str(caught.value)
    overwrite(slicer, study.volumes[1], good)
    assert len(logic.measureMasks(study.case.labels).lesions) == 2


def test_a_damaged_model_is_named_and_another_one_works(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, small_model: Path, tmp_path: Path
) -> None:
    slicer, logic = slicer_desktop.slicer, widget.logic
    add_study(logic)
    damaged = tmp_path / "damaged model é"
    shutil.copytree(small_model, damaged)
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    logic.session.choices.model = str(damaged)
    before = nodes(slicer)
    with pytest.raises(MTINetError) as caught:
        logic.analyze()
    sentence(caught.value)
    assert nodes(slicer) == before
    logic.session.choices.model = str(small_model)
    assert logic.analyze().provenance.model_name == "random-small"


def test_a_report_that_cannot_be_written_says_where(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, tmp_path: Path
) -> None:
    logic = widget.logic
    logic.measureMasks(add_study(logic).case.labels)
    blocked = tmp_path / "a file, no folder"
    blocked.write_text("occupied")
    with pytest.raises(MTINetError, match="a file, no folder") as caught:
        logic.report(blocked, ["json"])
    sentence(caught.value)
    assert blocked.read_text() == "occupied"
    assert logic.report(tmp_path, ["json"])


def sentence(error: Exception) -> None:
    """One that a person can read: no trace, no type of an exception."""
    text = str(error)
    assert text[0].isupper() or text[0] == "/"  # a path
    assert text.endswith(".")
    assert "\n" not in text
    assert "Error" not in text
    assert "defect" not in text
