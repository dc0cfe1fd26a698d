"""Studies are drafted by a model, corrected, and exported as a dataset."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.small_models import random_model
from support.worklist import SECRETS, true_lesions

from MTINetLib.dataset.check import check_dataset
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.findings import from_json
from MTINetLib.models.store import LoadedModel
from MTINetLib.progress import Silent
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.worklist.change import Change, change
from MTINetLib.worklist.draft import Compute, Drafted, draft, to_draft
from MTINetLib.worklist.entry import Status
from MTINetLib.worklist.export import export
from MTINetLib.worklist.folder import WorkList, open_list

CPU = Compute("cpu", "fp32")
DONE = Change(status=Status.DONE, classes={1: "hcc", 2: "hemangioma"}, lesions=true_lesions())


@pytest.fixture(scope="module")
def drafted(archive: Path, known: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> WorkList:
    """Of each study of the archive a draft; not to be changed."""
    from MTINetLib.worklist.search import search

    folder = tmp_path_factory.mktemp("drafted") / "list"
    search(archive, folder)
    listed = open_list(folder)
    draft(listed, to_draft(listed.records(), known.info.sha256), known, CPU)
    return listed


def test_a_draft_holds_the_findings_of_an_analysis_and_says_what_is_unsure(
    drafted: WorkList, known: LoadedModel
) -> None:
    for record in drafted.records():
        entry = record.entry
        assert (entry.status, entry.who, entry.model) == (Status.DRAFTED, "known", known.info.sha256)
        findings = from_json(drafted.findings_of(entry).read_text("utf-8"))
        assert {lesion.label: lesion.lesion_class for lesion in findings.lesions} == dict(entry.classes)
        assert len(entry.classes) >= 2
        assert entry.scores.unlike is not None
        assert 0 <= (entry.scores.disagreement or 0) <= 1
    assert to_draft(drafted.records(), known.info.sha256, again=True) == []
    assert len(to_draft(drafted.records(), "f" * 64, again=True)) == 4
    assert to_draft(drafted.records(), "f" * 64) == []


def test_a_study_that_cannot_be_opened_says_so_and_the_next_one_follows(
    listed: WorkList, known: LoadedModel, own_archive: Path
) -> None:
    victim, other = listed.records()[:2]
    shutil.rmtree(own_archive / Path(victim.place.files[0]).parts[0])
    heard: list[Drafted] = []
    draft(listed, [victim, other], known, CPU, each=heard.append)
    assert [one.record.entry.status for one in heard] == [Status.TO_DO, Status.DRAFTED]
    assert "does not lie where it was found" in heard[0].record.entry.problem
    waiting = to_draft(listed.records(), known.info.sha256, again=True)
    assert victim.study in {record.study for record in waiting}


def test_a_draft_never_covers_what_a_person_has_done_meanwhile(listed: WorkList, known: LoadedModel) -> None:
    seen = listed.records()[0]
    change(open_list(listed.folder), seen, DONE, "anna")
    made = draft(listed, [seen], known, CPU)[0]
    assert made.skipped
    assert listed.record(seen.study).entry.who == "anna"
    assert listed.record(seen.study).rivals == ()


def test_a_study_that_another_computer_drafts_is_passed_over(listed: WorkList, known: LoadedModel) -> None:
    record = listed.records()[0]
    with listed.claimed_for_draft(record.study):
        pass  # let go: it can be drafted
    import threading

    ready, over = threading.Event(), threading.Event()

    def other() -> None:
        with listed.claimed_for_draft(record.study):
            ready.set()
            over.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert ready.wait(60)
        assert draft(listed, [record], known, CPU)[0].skipped
    finally:
        over.set()
        thread.join()


def test_networks_that_disagree_are_told_and_those_that_agree_too(
    listed: WorkList, known: LoadedModel, tmp_path: Path
) -> None:
    first, second = listed.records()[:2]
    other = random_model(tmp_path / "other", seed=5)
    draft(listed, [first], known, CPU, others=[known, known])
    draft(listed, [second], known, CPU, others=[other])
    alike, apart = (listed.record(one.study).entry.scores for one in (first, second))
    assert (alike.networks, alike.disagreement, alike.seen_again) == (3, 0.0, 1.0)
    assert apart.networks == 2
    assert (apart.disagreement or 0) > 0.05


def test_a_network_of_other_phases_is_refused(listed: WorkList, known: LoadedModel, tmp_path: Path) -> None:
    other = random_model(tmp_path / "other", phases=FOUR_PHASES[:3])
    with pytest.raises(InputError, match="takes other phases than"):
        draft(listed, listed.records(), known, CPU, others=[other])


def test_named_phases_take_a_draft_of_others_away_and_leave_what_a_person_did(
    listed: WorkList, known: LoadedModel
) -> None:
    drafted, corrected = listed.records()[:2]
    draft(listed, [drafted], known, CPU)
    change(listed, corrected, DONE, "anna")
    named = Change(told={"pre": "#1"})
    for record in (drafted, corrected):
        change(listed, listed.record(record.study), named, "anna")
    entry = listed.record(drafted.study).entry
    assert (entry.status, entry.labels, dict(entry.classes)) == (Status.TO_DO, "", {})
    assert (entry.scores.disagreement, entry.model) == (None, "")
    kept = listed.record(corrected.study).entry
    assert (kept.status, set(kept.classes)) == (Status.DONE, {1, 2})


def test_a_cancel_leaves_the_drafts_before_it(listed: WorkList, known: LoadedModel) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            if done == 1:
                raise Cancelled("enough")

    with pytest.raises(Cancelled):
        draft(listed, listed.records(), known, CPU, Impatient())
    statuses = [record.entry.status for record in listed.records()]
    assert statuses == [Status.DRAFTED, *[Status.TO_DO] * 3]


def test_done_studies_are_a_dataset_that_passes_the_check_with_its_patients(
    listed: WorkList, tmp_path: Path
) -> None:
    records = listed.records()
    for record in records[:3]:
        change(listed, record, DONE, "anna")
    change(listed, records[3], Change(status=Status.DONE, no_lesions=True), "anna")
    made = export(listed, tmp_path / "dataset", FOUR_PHASES)
    assert len(made.added) == 4
    assert not made.left_out
    checked = check_dataset(tmp_path / "dataset")
    assert [case.problems for case in checked.cases] == [()] * 4
    cases = read_dataset(tmp_path / "dataset")
    assert sorted(case.patient for case in cases) == sorted(record.patient for record in records)
    assert len({case.patient for case in cases}) == 3
    assert sorted(case.case_class for case in cases) == ["hcc", "hcc", "hcc", "none"]
    again = export(listed, tmp_path / "dataset", FOUR_PHASES)
    assert (again.added, again.known, again.left_out) == ((), 4, ())


def test_an_exported_dataset_names_no_patient_and_deidentified_nothing_of_the_list(
    listed: WorkList, tmp_path: Path
) -> None:
    records = listed.records()
    for record in records:
        change(listed, record, DONE, "Dr Anna")
    export(listed, tmp_path / "plain", FOUR_PHASES)
    export(listed, tmp_path / "hidden", FOUR_PHASES, deidentify=True)

    def texts(folder: Path) -> str:
        files = [path for path in folder.rglob("*") if path.suffix in (".json", ".csv")]
        return " ".join([*(path.as_posix() for path in files), *(path.read_text("utf-8") for path in files)])

    plain, hidden = texts(tmp_path / "plain"), texts(tmp_path / "hidden")
    assert not [secret for secret in SECRETS if secret in plain.replace(str(tmp_path), "")]
    assert records[0].study in plain
    assert "Dr Anna" in plain
    uids = [uid for record in records for uid in _uids(tmp_path / "plain", record.study)]
    assert uids
    for told in (*(r.study for r in records), *(r.patient for r in records), "Dr Anna", *uids):
        assert told not in hidden
    assert len({case.patient for case in read_dataset(tmp_path / "hidden")}) == 3


def _uids(dataset: Path, study: str) -> list[str]:
    origin = json.loads((dataset / "cases" / f"case_{study}" / "case.json").read_text("utf-8"))
    return [uid for uid in origin["series_uids"] if uid]


def test_a_case_that_was_changed_since_its_export_is_told_and_not_silently_kept(
    listed: WorkList, tmp_path: Path
) -> None:
    record = change(listed, listed.records()[0], DONE, "anna")
    export(listed, tmp_path / "dataset", FOUR_PHASES)
    change(listed, record, Change(status=Status.DONE, classes={1: "hemangioma"}), "anna")
    made = export(listed, tmp_path / "dataset", FOUR_PHASES)
    assert made.left_out == (
        f"{record.study}: it was changed since it was exported; export to a new folder.",
    )


def test_a_study_in_conflict_is_not_exported(listed: WorkList, tmp_path: Path) -> None:
    seen = listed.records()[0]
    change(listed, seen, DONE, "anna")
    change(listed, seen, Change(status=Status.DONE, no_lesions=True), "ben")
    made = export(listed, tmp_path / "dataset", FOUR_PHASES)
    assert made.added == ()
    assert "several readers have changed it" in made.left_out[0]


def test_a_list_without_done_studies_exports_nothing(listed: WorkList, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is done yet"):
        export(listed, tmp_path / "dataset", FOUR_PHASES)
    assert not (tmp_path / "dataset").exists()
