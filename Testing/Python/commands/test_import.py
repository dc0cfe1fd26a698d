"""mtinet import: what it says and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_dataset import write_small_dataset

from MTINetLib.cli import run
from MTINetLib.dataset.folder import CASES_FILE
from MTINetLib.study.phase import FOUR_PHASES


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of a dataset that is one already, with a line that cannot be used."""
    root = write_small_dataset(tmp_path_factory.mktemp("own"), ("hcc", "hemangioma", "net_metastasis"))
    table = root / CASES_FILE
    table.write_text(table.read_text().replace("case_1/mask", "case_1/gone"))
    return table


def test_it_says_what_came_in_and_what_was_left_out(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set"
    assert run(["import", "folder", str(table), "-o", str(out), "--link", "--keep-class", "HCC"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"2 cases of 2 patients are in {out}" in told
    assert "Cases by class: HCC 1, other 1. Images: 8 linked." in told
    assert "Left out: case_1," in told
    assert "case_1/gone.nii.gz does not exist" in told
    assert run(["check", str(out)]) == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["weird", "SOURCE"], "There is no kind 'weird'; choose one of lld-mmri, lld-mmri-masks"),
        (["folder", "nowhere"], "There is no nowhere."),
        (["nnunet", "SOURCE"], "is no raw folder of nnU-Net: it has no dataset.json"),
        (["folder", "SOURCE", "--phase", "late=x"], "There is no phase 'late'"),
        (["atlas", "SOURCE"], "holds no ATLAS"),
        (["bids", "SOURCE"], "is no BIDS dataset"),
        (["liverhccseg", "SOURCE"], "holds no LiverHccSeg"),
        (["lld-mmri", "SOURCE"], "holds no LLD-MMRI: it needs the folder images"),
    ],
)
def test_a_bad_source_ends_in_one_sentence_and_leaves_nothing(
    more: list[str], said: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(table.parent) if word == "SOURCE" else word for word in more]
    assert run(["import", *arguments, "-o", str(tmp_path / "set")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_phases_are_those_of_the_table(table: Path, tmp_path: Path) -> None:
    assert run(["import", "folder", str(table), "-o", str(tmp_path / "set")]) == 0
    header = (tmp_path / "set" / CASES_FILE).read_text().splitlines()[0]
    assert header == f"case,patient,class,{','.join(phase.value for phase in FOUR_PHASES)},mask"
