"""`import MTINetLib as mtinet`: what it offers, that it costs nothing, and that its examples run."""

from __future__ import annotations

import ast
import doctest
import inspect
import pydoc
import re
import runpy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from support.outline_network import KnownSlices
from support.small_dataset import write_small_dataset
from support.small_models import random_model

import MTINetLib as mtinet
from MTINetLib.outline.outline import Outliner
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.pipeline import outline
from MTINetLib.reading.volumes.write import write_label_map, write_volume

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = [name for name in mtinet.__all__ if not name.startswith("_")]
#: One study of two large lesions, few slices and no breathing.
SMALL = PhantomSettings(
    slices=(20, 20),
    matrix=(192, 192),
    oblique_share=0.0,
    lesion_plan=(("hcc", 31.5), ("hemangioma", 28.0)),
    snr=(22.0, 28.0),
    mistimed_share=0.0,
    fault_share=0.0,
    breathing=False,
)
SEED = 8


def functions() -> list[str]:
    return [name for name in PUBLIC if isinstance(getattr(mtinet, name), FunctionType)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the examples run in: `study` (DICOM), the same as `files`, its liver, `dataset`, and
    `small-model`."""
    folder = tmp_path_factory.mktemp("desk")
    case = make_case(SEED, 0, SMALL)
    study = case.study
    write_label_map(folder / "liver.nii.gz", case.liver.astype(np.uint8), study.grid)
    write_study_as_dicom(folder / "study", study, patient_id="phantom", study_seed=1)
    for phase, volume in zip(study.phases, study.volumes, strict=True):
        write_volume(folder / "files" / f"{phase.value}.nii.gz", volume, study.grid)
    write_small_dataset(folder / "dataset", ("hcc", "hemangioma") * 3)
    random_model(folder / "small-model")
    return folder


@pytest.fixture(scope="module")
def names(desk: Path) -> Mapping[str, Any]:
    """What the examples go on from."""
    study, model = mtinet.open_study(desk / "study"), mtinet.load_model()
    return {"mtinet": mtinet, "study": study, "model": model, "analysis": mtinet.analyze(study, model)}


def test_the_import_loads_nothing_but_the_standard_library() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; old = set(sys.modules); import MTINetLib; print(*set(sys.modules) - old)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    foreign = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert foreign == {"MTINetLib"}
    assert [name for name in loaded if name.startswith("MTINetLib.")] == []


def test_opening_writing_and_listing_need_no_torch() -> None:
    script = (
        "import sys, MTINetLib as mtinet; mtinet.InputError, mtinet.Phase, mtinet.Study, mtinet.Analysis;"
        "mtinet.open_study, mtinet.write_report, mtinet.list_models(); print('torch' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "False"


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(mtinet, name)
    assert name in dir(mtinet)
    assert inspect.getdoc(found)


def test_a_name_that_is_not_offered_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match=r"MTINetLib.*open_studies"):
        mtinet.open_studies  # noqa: B018


def test_type_checkers_are_told_the_same_names_from_the_same_places() -> None:
    stub = ast.parse((ROOT / "MTINetLib" / "__init__.pyi").read_text(encoding="utf-8"))
    told = {
        item.asname: f"{node.module}:{item.name}"
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for item in node.names
    }
    offered = {
        name: home if ":" in home else f"{home}:{name}"
        for name, home in mtinet._HOMES.items()  # type: ignore[attr-defined]
    }
    assert told == offered


def test_help_reads_as_a_page() -> None:
    page = pydoc.render_doc(mtinet, renderer=pydoc.plaintext)
    assert "mtinet.open_study(" in page[: page.index("FUNCTIONS")]
    for name in functions():
        assert f"\n    {name}(" in page or f"\n    {name} = " in page, name
    assert "_import_module" not in page


@pytest.mark.parametrize("name", functions())
def test_the_example_of_each_function_runs(
    name: str, desk: Path, names: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path))  # others may have kept models in the shared one
    monkeypatch.setattr(outline, "installed_outliner", lambda study, _device: Outliner(study, KnownSlices()))
    text = inspect.getdoc(getattr(mtinet, name)) or ""
    example = doctest.DocTestParser().get_doctest(text, dict(names), name, None, 0)
    assert example.examples, f"mtinet.{name} has no example"
    said: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)
    assert outcome.failed == 0, "".join(said)


def test_the_script_of_the_page_prints_the_table_of_the_page(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    script, shown = re.findall(r"```python\n(.*?)```.*?\n\n((?:    [^\n]+\n)+)", page, flags=re.DOTALL)[0]
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    (desk / "table.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["table.py", str(desk / "study")])
    runpy.run_path(str(desk / "table.py"))
    assert rows(capsys.readouterr().out) == rows(shown)


def rows(table: str) -> list[tuple[str, str, int, int]]:
    """Label, class, and sizes within a tenth: processors round differently."""
    found = [line.split() for line in table.splitlines() if line.strip()]
    return [(row[0], row[1], round(float(row[2]) / 5), round(float(row[4]) / 2)) for row in found]
