"""The process that makes the scene may die in any way; the findings stay."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
import support
from support.made_analysis import made_analysis, made_study

from MTINetLib.errors import MissingResourceError
from MTINetLib.pipeline.write import Addition, WriteOptions, write
from MTINetLib.progress import Silent, Stage
from MTINetLib.scene import scene_process
from MTINetLib.scene.addition import SCENE_ADDITION


@pytest.fixture(autouse=True)
def _made_things_are_known_to_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(support.__path__[0]).parent))


class _Stages(Silent):
    def __init__(self) -> None:
        self.begun: list[str] = []

    def start(self, stage: Stage, total: int) -> None:
        self.begun.append(stage)


def _child_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """Another interpreter in the place of the one that makes the scene."""
    library = Path(scene_process.__file__).resolve().parents[2]
    script = tmp_path / "child.py"
    script.write_text(
        f"import os, signal, sys\nsys.path.insert(0, {str(library)!r})\nfolder = sys.argv[-1]\n{code}\n"
    )
    starter = tmp_path / "python"
    starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    starter.chmod(0o755)
    monkeypatch.setattr(scene_process, "interpreter", lambda: str(starter))


_DEATHS = {
    "segfault while drawing": (
        "sys.stdin.buffer.read()\nos.mkdir(folder + '/pictures')\n"
        "open(folder + '/pictures/3d.png', 'wb').close()\nos.kill(os.getpid(), signal.SIGSEGV)",
        "signal 11, SIGSEGV",
    ),
    "killed before it took the study": ("os.kill(os.getpid(), signal.SIGKILL)", "signal 9, SIGKILL"),
    "ended in the middle of a word": (
        "import pickle\nsys.stdin.buffer.read()\nos.write(1, pickle.dumps(('start', 'x', 1))[:9])",
        "exit code 0",
    ),
    "printed by a library": ("sys.stdin.buffer.read()\nprint('hello')", "exit code 0"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the interpreter")
@pytest.mark.parametrize("death", _DEATHS)
def test_a_dead_process_costs_the_scene_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    code, how = _DEATHS[death]
    _child_that(monkeypatch, tmp_path, code)
    study = made_study()
    analysis = made_analysis(study)
    options = WriteOptions(additions=[SCENE_ADDITION])
    out = tmp_path / "out"
    (said,) = write(study, analysis, out, options).left_out
    assert said.startswith("There is no scene.mrb or rendered picture: the process that makes it ")
    assert how in said
    assert "defect" not in said
    assert (out / "left-out.txt").read_text() == f"{said}\n"
    assert (out / "findings.json").is_file()
    assert not (out / "pictures").exists()


def test_the_scene_comes_from_the_process_with_its_progress(tmp_path: Path) -> None:
    study = made_study()
    stages = _Stages()
    said = scene_process.write_scene_in_process(
        tmp_path,
        study,
        made_analysis(study),  # type: ignore[arg-type]
        progress=stages,
    )
    assert (tmp_path / "scene.mrb").is_file()
    assert {Stage.BUILDING_SCENE, Stage.SAVING_SCENE} <= set(stages.begun)
    assert all("OpenGL" in sentence for sentence in said)


def test_findings_are_in_place_before_anything_is_added(tmp_path: Path) -> None:
    study = made_study()
    analysis = made_analysis(study)
    out = tmp_path / "out"
    seen: list[set[str]] = []

    def look(folder: Path, *_: object) -> tuple[str, ...]:
        seen.append({path.name for path in out.iterdir() if path.is_file()})
        seen.append(set((out / "left-out.txt").read_text().splitlines()))
        (folder / "scene.mrb").touch()
        return ()

    options = WriteOptions(additions=[Addition("scene.mrb", look)])
    assert write(study, analysis, out, options).left_out == ()
    assert {"findings.json", "lesions.nii.gz", "report.html", "report.pdf"} <= seen[0]
    assert seen[1] == {"There is no scene.mrb: the program ended before it was made."}
    assert (out / "scene.mrb").is_file()
    assert not (out / "left-out.txt").exists(), "it was made"


def test_a_disk_that_fills_up_while_the_scene_is_made_leaves_the_findings(tmp_path: Path) -> None:
    def full(folder: Path, *_: object) -> tuple[str, ...]:
        raise MissingResourceError("no room") from OSError(28, os.strerror(28))

    study = made_study()
    additions = [Addition("scene.mrb", full)]
    options = WriteOptions(additions=additions)
    (said,) = write(study, made_analysis(study), tmp_path / "out", options).left_out
    assert said == "There is no scene.mrb: the disk is full."
    assert (tmp_path / "out" / "findings.json").is_file()
    assert (tmp_path / "out" / "left-out.txt").read_text() == f"{said}\n"


def test_a_cancelled_scene_ends_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int | None] = []

    class Impatient(Silent):
        def start(self, stage: Stage, total: int) -> None:
            raise KeyboardInterrupt

    real = scene_process.subprocess.Popen

    class Watched(real):  # type: ignore[misc, valid-type]
        def wait(self, *arguments: object, **named: object) -> int:
            code = super().wait(*arguments, **named)
            ended.append(code)
            return int(code)

    monkeypatch.setattr(scene_process.subprocess, "Popen", Watched)
    study = made_study()
    with pytest.raises(KeyboardInterrupt):
        scene_process.write_scene_in_process(
            tmp_path,
            study,
            made_analysis(study),  # type: ignore[arg-type]
            progress=Impatient(),
        )
    assert ended, "it does not outlive the one that asked"
    if sys.platform != "win32":
        assert ended[-1] == -signal.SIGKILL


def test_without_slicer_core_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slicer.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.environ["PYTHONPATH"])))
    out = tmp_path / "out"
    out.mkdir()
    (said,) = scene_process.write_scene_in_process(out, made_study(), made_analysis(made_study()))  # type: ignore[arg-type]
    assert said.startswith("There is no scene.mrb or rendered picture: ")
    assert "MTINetLib[viewer]" in said
    assert list(out.iterdir()) == []
