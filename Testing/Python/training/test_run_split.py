"""The split belongs to the run: a resumed run never moves a patient from one side to the other."""

from __future__ import annotations

import csv
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from MTINetLib.errors import InputError
from MTINetLib.training import train as module
from MTINetLib.training.cross_validation import cross_validate
from MTINetLib.training.folds import Split
from MTINetLib.training.run_split import parts_of, parts_of_run, split_of, write_split
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore, StoredCase
from MTINetLib.training.train import train


def case(patient: str, name: str = "scan", images: str = "", truth: str = "t") -> StoredCase:
    images = images or f"images of {patient.lower()} {name}"
    return StoredCase(name, patient, "hcc", Path(), 1.0, (0.0, 1.0), (), {}, images, truth)


CASES = [case("Anna"), case("Ben"), case("Chris"), case("Dora")]
SPLIT = Split(("Anna", "Ben", "Chris"), ("Dora",))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "split.csv"
    write_split(path, parts_of_run(path, CASES, lambda: parts_of(SPLIT), begun=False), CASES)
    return path


def never() -> dict[str, str]:
    raise AssertionError("drawn anew")


def again(table: Path, cases: list[StoredCase], changes: str = "refuse") -> Split:
    parts = parts_of_run(table, cases, never, begun=True, changes=changes)  # type: ignore[arg-type]
    write_split(table, parts, cases)
    return split_of(parts)


def test_an_unchanged_dataset_keeps_the_split(table: Path) -> None:
    assert again(table, CASES[::-1]) == SPLIT


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ([*CASES, case("Emil")], "new patients: Emil"),
        (CASES[1:], "removed patients: Anna"),
        ([*CASES, case("Dora", "second")], r"new cases: second of Dora \(validation\)"),
        ([case("Anna", truth="other"), *CASES[1:]], r"changed mask or classes: scan of Anna \(training\)"),
        ([*CASES[:3], case("Dora", images="other")], r"changed images: scan of Dora \(validation\)"),
    ],
)
def test_every_change_is_named_and_refused_unless_accepted(
    table: Path, cases: list[StoredCase], told: str
) -> None:
    before = table.read_bytes()
    with pytest.raises(InputError, match=told):
        again(table, cases)
    assert table.read_bytes() == before
    split = again(table, cases, "accept")
    assert split.validation == ("Dora",)
    assert set(split.training) == {one.patient for one in cases} - {"Dora"}
    assert again(table, cases) == split  # what was accepted is the run's own now


def test_other_letters_are_the_same_patient(table: Path, caplog: pytest.LogCaptureFixture) -> None:
    cases = [*CASES[:3], case("DORA")]
    with caplog.at_level(logging.WARNING):
        assert again(table, cases) == Split(("Anna", "Ben", "Chris"), ("DORA",))
    assert "Dora is now DORA" in caplog.text


def test_images_of_a_validation_patient_stay_there_under_another_name(table: Path) -> None:
    cases = [*CASES[:3], replace(case("Zoe"), images=CASES[3].images)]
    assert again(table, cases).validation == ("Zoe",)


def test_images_of_both_parts_under_one_name_are_refused(table: Path) -> None:
    mixed = [*CASES[:3], replace(case("Anna", "second"), images=CASES[3].images)]
    with pytest.raises(InputError, match="stood apart"):
        again(table, mixed, "accept")


def test_a_part_without_patients_is_refused(table: Path) -> None:
    with pytest.raises(InputError, match="part 'validation'"):
        again(table, CASES[:3], "accept")


@pytest.mark.parametrize("content", [None, b"", b"patient,case,part\n", b"\xff\xfe\x00", b"case\nscan\n"])
def test_a_lost_or_damaged_table_ends_a_run_that_was_begun(table: Path, content: bytes | None) -> None:
    table.unlink() if content is None else table.write_bytes(content)
    with pytest.raises(InputError, match="start a new run"):
        again(table, CASES)


def test_the_table_of_an_older_version_is_used_without_digests(table: Path) -> None:
    table.write_text("patient,case,part\n" + "".join(f"{p},scan,training\n" for p in SPLIT.training))
    with table.open("a") as file:
        file.write("Dora,scan,validation\n")
    assert again(table, CASES) == SPLIT
    with pytest.raises(InputError, match="Emil"):
        again(table, [*CASES, case("Emil")])


def held(run: Path) -> set[str]:
    with (run / "split.csv").open(newline="", encoding="utf-8") as file:
        return {row["patient"] for row in csv.DictReader(file) if row["part"] == "validation"}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_resumed_run_validates_on_nobody_it_was_trained_on(
    tmp_path: Path, tiny: TrainingSettings, store: SliceStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    short = replace(tiny, max_steps=2, seed=seed)
    smaller = SliceStore(store.cases[1:])
    monkeypatch.setattr(module, "prepare_dataset", lambda *_, **__: smaller)
    train(tmp_path, tmp_path / "run", short)
    before = held(tmp_path / "run")
    monkeypatch.setattr(module, "prepare_dataset", lambda *_, **__: store)
    with pytest.raises(InputError, match="new patients: patient_0"):
        train(tmp_path, tmp_path / "run", replace(short, max_steps=4), resume=True)
    train(tmp_path, tmp_path / "run", replace(short, max_steps=4), resume=True, data_changes="accept")
    assert held(tmp_path / "run") == before


def test_folds_are_kept_and_new_patients_are_held_out_by_none(
    tmp_path: Path, tiny: TrainingSettings, store: SliceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use(cases: SliceStore) -> None:
        monkeypatch.setattr(module, "prepare_dataset", lambda *_, **__: cases)

    settings = change_settings(tiny, ["folds=2", "max_steps=2"])
    run = tmp_path / "run"
    use(SliceStore(store.cases[1:]))
    cross_validate(tmp_path, run, settings)
    before = [held(run / f"fold-{n}") for n in (1, 2)]
    use(store)
    with pytest.raises(InputError, match="patient_0"):
        cross_validate(tmp_path, run, settings, resume=True)
    cross_validate(tmp_path, run, settings, resume=True, data_changes="accept")
    assert [held(run / f"fold-{n}") for n in (1, 2)] == before
    # A run of an older version, which kept no folds: only as long as nothing can have changed.
    (run / "folds.csv").unlink()
    with pytest.raises(InputError, match="dataset has changed since"):
        cross_validate(tmp_path, run, replace(settings, seed=settings.seed), resume=True)
