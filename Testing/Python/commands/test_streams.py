"""What commands print on streams that know few signs, or whose reader goes away."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.small_models import known_model

from MTINetLib.cli import run
from MTINetLib.commands.streams import show_what_can_be_shown
from MTINetLib.models import store as model_store
from MTINetLib.phantom.case import PhantomSettings
from MTINetLib.phantom.cohort import write_cohort
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.study.study import Study

#: Signs of four kinds: in code page 1252, in 932, in neither, and markup of the library that prints.
NAME = "Müller 肝臓 ≥5 mm³ 🫀 [/b] :smile:"
ENCODINGS = ("cp1252", "ascii", "cp932", "utf-8")
FEW_SIGNS = ("ascii", "cp932")
Printed = tuple[int, bytes, bytes]


@pytest.fixture(scope="module")
def odd(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two cases in a folder of such a name, with series of such a name."""
    folder = tmp_path_factory.mktemp("odd") / NAME
    write_cohort(folder, 2, 3, "nifti", PhantomSettings(slices=(4, 4)))
    for name in ("cases.csv", "lesions.csv"):
        text = (folder / name).read_text(encoding="utf-8").replace("case_0000,", "Fall [/i] ö静,")
        (folder / name).write_text(text, encoding="utf-8")
    write_study_as_dicom(folder / "study", study, patient_id="made", study_seed=1)
    return folder


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Printed]:
    """Run a command with stdout and stderr of an encoding."""

    def call(encoding: str, *arguments: str) -> Printed:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", "200")
            for name, stream in zip(("stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            show_what_can_be_shown()
            code = run(arguments)
            out, err = (stream.detach().getvalue() for stream in streams)  # type: ignore[attr-defined]
        return code, out, err

    return call


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_listing_is_printed_on_every_stream(
    encoding: str, odd: Path, tmp_path: Path, printed: Callable[..., Printed]
) -> None:
    for arguments in (
        ("--help",),
        ("info",),
        ("check", str(odd)),
        ("inspect", str(odd / "study")),
        ("train", str(odd), "-o", str(tmp_path / f"{NAME} run"), "--set", "no=such"),
        ("send", str(odd / "study"), "--to", "localhost:1"),
    ):
        code, out, err = printed(encoding, *arguments)
        assert code in (0, 2), (arguments, err)
        assert out.decode(encoding) + err.decode(encoding)
        assert b"defect" not in err
    shown = printed(encoding, "check", str(odd))[1].decode(encoding)
    assert f"Fall [/i] {'ö' if encoding in ('cp1252', 'utf-8') else '?'}" in shown, (
        "markup is not read in names"
    )


@pytest.mark.parametrize("encoding", FEW_SIGNS)
def test_studies_that_are_made_and_figures_are_printed_on_streams_of_few_signs(
    encoding: str, odd: Path, model: Path, tmp_path: Path, printed: Callable[..., Printed]
) -> None:
    made, figures = str(tmp_path / NAME), str(tmp_path / f"{NAME} figures")
    for arguments in (
        ("phantom", "-o", made, "-n", "1", "--slices", "4-4"),
        ("evaluate", str(odd), "-o", figures, "--model", str(model), "--limit", "1"),
    ):
        code, out, err = printed(encoding, *arguments)
        assert (code, err) == (0, b""), (arguments, err)
        assert "[/b] :smile:" in out.decode(encoding)


@pytest.mark.parametrize("encoding", FEW_SIGNS)
def test_an_analysis_is_printed_on_streams_of_few_signs(
    encoding: str,
    odd: Path,
    model: Path,
    tmp_path: Path,
    printed: Callable[..., Printed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_store, "load_ready_model", lambda *_: known_model())
    out = tmp_path / NAME
    code, said, err = printed(
        encoding, "analyze", str(odd / "study"), "-o", str(out), "--model", str(model), "--no-scene"
    )
    assert (code, err) == (0, b"")
    assert "lesions found" in said.decode(encoding)
    assert "[/b] :smile:" in said.decode(encoding)
    assert (out / "findings.json").is_file()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_error_names_what_it_can(encoding: str, tmp_path: Path, printed: Callable[..., Printed]) -> None:
    code, _, err = printed(encoding, "inspect", str(tmp_path / NAME))
    assert code == 2
    assert err.decode(encoding).count("\n") == 1
    assert "[/b] :smile:" in err.decode(encoding)
    assert ">=5 mm3" in printed("ascii", "inspect", str(tmp_path / NAME))[2].decode()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_whole_on_every_stream(encoding: str, odd: Path, printed: Callable[..., Printed]) -> None:
    texts = {printed(each, "inspect", str(odd / "study"), "--json")[1] for each in (encoding, "utf-8")}
    assert len(texts) == 1
    assert isinstance(json.loads(texts.pop()), dict)


def program(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "MTINetLib.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **more}, timeout=120)


def test_the_program_itself_sets_its_streams_up(tmp_path: Path) -> None:
    ended = program("inspect", str(tmp_path / "x≥静"), PYTHONIOENCODING="ascii", TERM="dumb")
    assert ended.returncode == 2
    assert "x>=?" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the streams")
@pytest.mark.parametrize("redirection", ["| head -n 1", "| true", ">&-", "2>&-"])
def test_a_reader_that_goes_away_ends_the_program_quietly(redirection: str, odd: Path) -> None:
    command = f'"{sys.executable}" -m MTINetLib.cli inspect --json "$0" {redirection}'
    words = ["sh", "-c", command, str(odd / "study")]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert ended.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 exist on Linux only")
def test_names_that_are_no_utf_8_are_read_where_possible_and_else_one_sentence(
    study: Study, tmp_path: Path, printed: Callable[..., Printed], odd: Path
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller"))
    write_study_as_dicom(folder, study, patient_id="made", study_seed=1)
    assert printed("utf-8", "inspect", str(folder))[0] == 0
    code, _, err = printed("utf-8", "analyze", str(folder), "-o", str(folder / "out"))
    assert (code, err.count(b"\n")) == (2, 1)
    assert b"not UTF-8" in err
    named = folder / "pre.nrrd"  # NIfTI is read here, NRRD by a library that takes text only
    named.write_bytes(b"x")
    words = [
        word for name in ("pre", "arterial", "portal-venous", "delayed") for word in (f"--{name}", str(named))
    ]
    code, _, err = printed("utf-8", "analyze", "-o", str(tmp_path / "out"), *words)
    assert (code, err.count(b"\n")) == (2, 1)
    assert b"not UTF-8" in err
