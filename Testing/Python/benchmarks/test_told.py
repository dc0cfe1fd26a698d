"""What processes of the benchmark tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.told import hear
from MTINetLib.errors import ModelError, MTINetError

_HEAD = """
import sys, time
from pathlib import Path
from benchmarks.told import Teller
from MTINetLib.errors import ModelError
teller = Teller(Path(sys.argv[1]))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its file is ``module.path``; processes find it on the path of modules."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "tells_in_a_test"


def _write(folder: Path, module: str, body: str) -> None:
    (folder / f"{module}.py").write_text(_HEAD + body, encoding="utf-8")


def test_figures_come_one_by_one_and_merged(tmp_path: Path, module: str) -> None:
    _write(tmp_path, module, "teller.figures({'a': 1.5, 'b': 2})\nteller.figures({'b': int(sys.argv[2])})")
    told = hear(module, ["7"], failed="no", seconds=60.0)
    assert told.figures == ({"a": 1.5, "b": 2}, {"b": 7})
    assert told.merged == {"a": 1.5, "b": 7}
    assert told.cuts == ()
    assert told.run is not None


def test_what_a_hanging_process_had_told_stays_with_what_it_was_doing(tmp_path: Path, module: str) -> None:
    body = "teller.doing('loading')\nteller.figures({'a': 3})\nteller.cut('half of it')\n"
    body += "teller.doing('waiting for the device')\nopen(sys.argv[1], 'a').write('{\"figu')\ntime.sleep(600)"
    _write(tmp_path, module, body)
    told = hear(module, [], failed="no", seconds=15.0)
    assert told.merged == {"a": 3}
    assert told.cuts == ("half of it", "not done after 15 s, ended while waiting for the device")
    assert told.run is None


def test_an_error_for_the_user_comes_through_as_it_is(tmp_path: Path, module: str) -> None:
    _write(tmp_path, module, "with teller.faults_told():\n    raise ModelError('There is no model x.')")
    with pytest.raises(ModelError, match=r"^There is no model x\.$"):
        hear(module, [], failed="no")


def test_any_other_end_is_said_with_its_last_words(tmp_path: Path, module: str) -> None:
    _write(tmp_path, module, "raise RuntimeError('driver gone')")
    with pytest.raises(MTINetError, match=r"^It broke \(exit code 1\): RuntimeError: driver gone$"):
        hear(module, [], failed="It broke")
