"""What a cohort's folder keeps between runs: what it was made with, and what was set aside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.cohort_tasks import studies

from MTINetLib.cohort.manifest import Manifest, read_manifest, refuse_other, write_manifest
from MTINetLib.cohort.problems import (
    PROBLEMS_FILE,
    Problem,
    add_problem,
    by_reason,
    read_problems,
    write_problems,
)
from MTINetLib.errors import InputError

BEGUN = Manifest("0.1.0", "one", "a" * 64, {"precision": "auto", "formats": ["json", "csv"]})


def test_what_was_begun_goes_on_only_with_the_same(tmp_path: Path) -> None:
    write_manifest(tmp_path, replace(BEGUN, compute={"precision": "fp32"}))
    begun = read_manifest(tmp_path)
    assert begun is not None
    refuse_other(tmp_path, begun, BEGUN)
    for changes, said in (
        ({"model_sha256": "b" * 64}, "SHA-256 of the model a+ .now b+"),
        ({"software": "0.2.0"}, r"version 0\.1\.0 .now 0\.2\.0"),
        (
            {"settings": {"precision": "bf16", "formats": ["json"]}},
            r"formats json,csv .now json.*precision auto",
        ),
    ):
        with pytest.raises(InputError, match=said):
            refuse_other(tmp_path, begun, replace(BEGUN, **changes))


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    (tmp_path / "cohort.json").write_text("{")
    with pytest.raises(InputError, match=r"cohort\.json is damaged"):
        read_manifest(tmp_path)


def test_a_line_that_was_only_begun_is_no_problem(tmp_path: Path) -> None:
    one, other = studies("one", "other")
    write_problems(tmp_path, [Problem("", "closed", "The folder cannot be listed.")])
    add_problem(tmp_path, Problem.of(one, 'A sentence,\n with "signs".'))
    add_problem(tmp_path, Problem.of(other, "Another."))
    path = tmp_path / PROBLEMS_FILE
    path.write_text(path.read_text()[:-4])
    known = read_problems(tmp_path)
    assert list(known) == ["one"]
    assert known["one"].reason == 'A sentence, with "signs".'
    assert known["one"].still_holds(one)
    assert not known["one"].still_holds(replace(one, count=3))


def test_problems_with_one_reason_are_counted_together() -> None:
    told = {name: Problem(name, f"/a/{name}", f"/a/{name} is no study.") for name in "abc"}
    told["d"] = Problem("d", "/a/d", "Another.")
    assert by_reason(told) == [("... is no study.", 3), ("Another.", 1)]
