"""The whole way of a cohort, with workers in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from contextvars import Context
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.small_models import random_model

from MTINetLib.cli import run as run_command
from MTINetLib.cohort.cluster import Workers, local_workers, plan_here
from MTINetLib.cohort.cohort import Cohort, CohortOrder, Ran
from MTINetLib.cohort.find_studies import find_studies
from MTINetLib.cohort.problems import read_problems
from MTINetLib.cohort.work import Work
from MTINetLib.errors import InputError
from MTINetLib.models.info import told_info
from MTINetLib.progress import Silent
from MTINetLib.study.phase import FOUR_PHASES

pytest.importorskip("distributed")
Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with local_workers(plan_here(1, "cpu"), processes=False) as there:
        yield there


def order_of(source: Path, out: Path, model: Path, **changes: Any) -> CohortOrder:
    info = told_info(model)
    ways = {"device": "cpu", "precision": "fp32", "formats": ("json", "labels"), **changes}
    return CohortOrder(source, out, Work(str(out), str(model), info.sha256, **ways), info)


@pytest.fixture
def order(tree: Path, tmp_path: Path, model: Path) -> CohortOrder:
    return order_of(tree, tmp_path / "out", model)


@pytest.fixture
def run(workers: Workers) -> Run:
    def run(order: CohortOrder) -> tuple[Ran, list[str]]:
        analyzed: list[str] = []
        with closing(Cohort(order)) as begun:
            ran = begun.run(
                begun.waiting(Silent()),
                lambda: nullcontext(workers),
                in_words=str,
                told=lambda study, problem: analyzed.append(study.name),
            )
        return ran, analyzed

    return run


def findings_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "findings.json").read_text())
    del found["provenance"]["created_utc"]
    return found


def test_results_and_problems_are_those_of_analyze_one_by_one(
    order: CohortOrder, run: Run, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, analyzed = run(order)
    assert (ran.done, len(ran.set_aside), len(analyzed)) == (2, 1, 3)
    names = [study.name for study in find_studies(order.source, FOUR_PHASES).studies]
    asked = ["--model", str(model), "--device", "cpu", "--precision", "fp32", "--no-scene"]
    for name, source in zip(names, ("files", "patient 1", "patient 2"), strict=True):
        alone, together = tmp_path / f"alone {source}", order.out / "studies" / name
        code = run_command(["analyze", str(order.source / source), "-o", str(alone), *asked])
        if code:
            said = capsys.readouterr().err.removeprefix("mtinet: ").strip()
            assert read_problems(order.out)[name].reason == said
            assert not together.exists()
            continue
        assert findings_of(together) == findings_of(alone)
        for image in ("lesions.nii.gz", "probability.nii.gz"):
            assert (together / image).read_bytes() == (alone / image).read_bytes()
    lines = (order.out / "studies.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["study", *sorted([names[0], names[1]])]
    assert names[2] in (order.out / "summary.html").read_text()
    assert not list(order.out.rglob("*unfinished*"))


def test_a_second_run_does_only_what_is_new_changed_or_was_lost(order: CohortOrder, run: Run) -> None:
    files, first, broken = (study.name for study in find_studies(order.source, FOUR_PHASES).studies)
    assert run(order)[1] == [files, first, broken]
    assert run(order)[1] == []
    left = order.out / ".unfinished" / "killed"
    (left / "half").mkdir(parents=True)
    (left / "client.lock").touch()
    (order.out / ".unfinished" / "without a lock").mkdir()
    shutil.rmtree(order.out / "studies" / first)
    assert run(order)[1] == [first]
    assert not list((order.out / ".unfinished").glob("w*"))
    assert not left.exists()
    (order.source / "files" / "pre.nii.gz").rename(order.source / "files" / "nativ.nii.gz")
    ran, analyzed = run(order)
    assert (ran.done, len(ran.set_aside), len(analyzed)) == (2, 1, 1)
    assert run(replace(order, again=True))[1] == [broken]
    assert [*read_problems(order.out)] == [broken]


def test_a_study_that_was_set_aside_is_tried_again_when_it_has_changed(
    order: CohortOrder, run: Run, tmp_path: Path
) -> None:
    (order.source / "paths.csv").write_text("study,input\nlate,arrives\n")
    table = replace(order, source=order.source / "paths.csv")
    assert [problem.reason for problem in run(table)[0].set_aside.values()] == [
        f"There is no file or folder {order.source / 'arrives'}."
    ]
    shutil.copytree(order.source / "files", order.source / "arrives")
    ran, _ = run(table)
    assert (ran.done, ran.set_aside, read_problems(order.out)) == (1, {}, {})


def test_a_study_that_fails_once_it_has_changed_is_in_no_table(order: CohortOrder, run: Run) -> None:
    files, first, broken = (study.name for study in find_studies(order.source, FOUR_PHASES).studies)
    run(order)
    shutil.rmtree(sorted((order.source / "patient 1" / "deep").iterdir())[0])
    assert {*run(order)[0].set_aside} == {first, broken}
    listed = [line.split(",")[0] for line in (order.out / "studies.csv").read_text().splitlines()[1:]]
    assert listed == [files]


def test_another_model_is_refused_on_going_on(order: CohortOrder, run: Run, tmp_path: Path) -> None:
    run(order)
    other = tmp_path / "other"
    random_model(other, seed=1)
    with pytest.raises(InputError, match="was begun with SHA-256 of the model"):
        Cohort(order_of(order.source, order.out, other))
    with pytest.raises(InputError, match=r"was begun with formats json,labels \(now json\)"):
        Cohort(order_of(order.source, order.out, Path(order.work.model), formats=("json",)))


def test_what_cannot_be_done_is_refused_before_anything_is_read(
    order: CohortOrder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "letter.txt").write_text("mine")
    source, out = str(order.source), str(order.out)
    for arguments, said in (
        ([source, "-o", str(used)], "holds files but no cohort"),
        ([source, "-o", str(order.source / "results")], "which holds the images"),
        ([str(tmp_path / "nowhere"), "-o", out], "There is no file or folder"),
        ([source, "-o", out, "--formats", "json,word"], "--formats word is unknown"),
        ([source, "-o", out, "--align", "maybe"], "--align maybe is unknown"),
        ([source, "-o", out, "--scheduler", "tcp://x:1", "--workers", "2"], "leave out --workers"),
        ([source, "-o", out, "--workers", "10000"], "--workers 10000 would leave"),
    ):
        assert run_command(["cohort", *arguments, "--model", order.work.model]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    with closing(Cohort(order)), pytest.raises(InputError, match="Another run of MTINet is writing"):
        Context().run(Cohort, order)
