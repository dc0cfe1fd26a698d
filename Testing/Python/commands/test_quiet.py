"""Libraries have no voice on the user's terminal, whatever the input; with --debug they have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from support.small_dataset import tiny_network, write_small_dataset

from MTINetLib.cli import run
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.study.study import Study

#: Lines on stderr, of which one may be the command's own sentence.
MOST_LINES = 4
#: Values that pydicom warns of, one a file and more.
ODD = {
    "StudyInstanceUID": (b"UI", b"1.2.840.00113.x"),
    "PatientBirthDate": (b"DA", b"yesterday "),
    "PatientAge": (b"AS", b"forty years "),
    "InstitutionName": (b"LO", b"A" * 300),
    "Manufacturer": (b"LO", "Kraft\u00ad\u0007".encode()),
    "StudyTime": (b"TM", b"25:61:99"),
    "EchoNumbers": (b"IS", b"1.5 "),
    "PatientWeight": (b"DS", b"71.123456789012345678901234 "),
}
#: Speaks as libraries do: loggers that set their own levels and handlers, warnings, print, and C.
LIBRARIES = """
import logging, os, sys, warnings
from MTINetLib.cli import app, main
from MTINetLib import cli

@app.command()
def noise() -> None:
    for name in ("pydicom", "lightning.pytorch", "anything"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(logging.StreamHandler())
        logger.error("noise of a logger")
        logger.info("noise of a logger")
    for n in range(50):
        warnings.warn(f"noise of warning {n}", UserWarning)
    print("noise", file=sys.stderr)
    os.write(2, b"noise of C\\n")
    logging.getLogger("MTINetLib.somewhere").warning("this is ours")
    logging.getLogger("MTINetLib.somewhere").warning("%s", "batch_halved:2", extra={"note": "batch_halved:2"})
    logging.getLogger("MTINetLib.somewhere").info("this is for the log")

sys.exit(main())
"""


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "MTINetLib.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=280)


def noise(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIBRARIES, *options, "noise"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_only_our_own_warnings_are_shown() -> None:
    ended = noise()
    assert ended.returncode == 0
    assert ended.stderr == "mtinet: this is ours\nmtinet: out of memory: batch halved to 2\n"


def test_debugging_lets_libraries_speak() -> None:
    shown = noise("--debug").stderr
    for words in ("noise of a logger", "noise of warning 49", "noise of C", "this is ours", "for the log"):
        assert words in shown


def test_a_defect_is_told_although_libraries_are_quiet(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom MTINetLib.cli import app, main\n"
        "@app.command()\ndef broken() -> None:\n    raise StopIteration('x')\nsys.exit(main())\n"
    )
    for options, lines in (((), 1), (("--debug",), 5)):
        command = [sys.executable, "-c", code, *options, "broken"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 1
        assert "mtinet: This is a defect of MTINet" in ended.stderr
        assert ended.stderr.count("\n") >= lines
        assert ("Traceback" in ended.stderr) == bool(options)


@pytest.fixture(scope="module")
def odd(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose every file has values that break the standard."""
    folder = tmp_path_factory.mktemp("odd") / "study"
    write_study_as_dicom(folder, study, patient_id="made", study_seed=1)
    for path in folder.rglob("*.dcm"):
        data = pydicom.dcmread(path)
        for keyword, (vr, value) in ODD.items():
            tag = Tag(keyword)
            data[tag] = RawDataElement(tag, vr.decode(), len(value), value, 0, False, True)
        data.save_as(path)
    return folder


def test_a_study_full_of_odd_values_is_read_without_noise(odd: Path, model: Path, tmp_path: Path) -> None:
    plain = subprocess.run(
        [sys.executable, "-c", f"import pydicom; [str(e) for e in pydicom.dcmread({str(_one(odd))!r})]"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stderr.count("\n") > MOST_LINES, "the study makes pydicom speak"
    for arguments in (
        ("inspect", str(odd)),
        ("analyze", str(odd), "-o", str(tmp_path / "out"), "--model", str(model), "--dicom", "--no-scene"),
        ("send", str(odd), "--to", "localhost:9", "--aec", "NOBODY"),
    ):
        ended = program(*arguments)
        assert ended.stderr.count("\n") <= MOST_LINES, ended.stderr
        assert "Warning" not in ended.stderr
        assert "defect" not in ended.stderr


def _one(folder: Path) -> Path:
    return next(folder.rglob("*.dcm"))


@pytest.mark.slow
def test_training_and_evaluating_show_no_words_of_libraries(tmp_path: Path) -> None:
    write_small_dataset(tmp_path / "set", ("hcc", "hemangioma", "hcc", "hemangioma"))
    changes = (*tiny_network(), "max_steps=2", "preparation_processes=1")
    settings = [part for change in changes for part in ("--set", change)]
    ended = program(
        "train", str(tmp_path / "set"), "-o", str(tmp_path / "run"), "--preset", "quick", *settings
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("\n") <= MOST_LINES, ended.stderr
    assert "ightning" not in ended.stdout + ended.stderr
    assert ended.stdout.count("\n") <= 6, ended.stdout
    model = str(tmp_path / "run" / "model")
    ended = program("evaluate", str(tmp_path / "set"), "-o", str(tmp_path / "figures"), "--model", model)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("\n") <= MOST_LINES, ended.stderr


def test_a_command_in_this_process_leaves_stderr_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["info"]) == 0
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"
