"""How many processes a machine gets, and what it has room for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from MTINetLib.cohort import room
from MTINetLib.cohort.plan import Plan, gpus_here, plan_for
from MTINetLib.cohort.room import refuse_a_full_disk, refuse_too_little_room
from MTINetLib.errors import InputError, MissingResourceError

GIB = 1 << 30


def test_a_process_for_each_core_where_the_memory_is_enough() -> None:
    assert plan_for(None, 16, 128 * GIB) == Plan(16, 1, int(0.9 * 128 * GIB) // 16)
    assert plan_for(None, 16, 20 * GIB) == Plan(4, 4, int(0.9 * 20 * GIB) // 4)
    assert plan_for(None, 2, 2 * GIB).workers == 1


def test_a_few_processes_share_each_gpu() -> None:
    plan = plan_for(None, 64, 512 * GIB, ("0", "1"))
    assert (plan.workers, plan.threads, plan.gpus) == (8, 8, ("0", "1"))


def test_more_processes_than_the_memory_bears_are_refused() -> None:
    assert plan_for(3, 2, 24 * GIB).threads == 1
    with pytest.raises(InputError, match=r"0\.9 GiB to each process.* use 6 at most"):
        plan_for(10, 2, 10 * GIB)
    with pytest.raises(InputError, match="no number of processes"):
        plan_for(0, 2, 10 * GIB)


def test_gpus_are_those_that_the_user_left_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, GPU-abc")
    assert gpus_here("auto") == ("2", "GPU-abc")
    assert gpus_here("cuda:1") == ("GPU-abc",)
    assert gpus_here("cpu") == ()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus_here("auto") == ()


def test_work_that_would_fill_the_disk_is_refused_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.shutil, "disk_usage", lambda place: SimpleNamespace(free=3 * 10**9))
    refuse_too_little_room(tmp_path / "new", [10**9] * 20)
    with pytest.raises(MissingResourceError, match=r"30 studies may take 3\.0 GB.*has 3\.0 GB free"):
        refuse_too_little_room(tmp_path / "new", [10**9] * 30)
    refuse_too_little_room(tmp_path / "new", [10**9], ["json", "html"])
    with pytest.raises(MissingResourceError, match=r"3 studies may take 3\.3 GB"):
        refuse_too_little_room(tmp_path / "new", [10**9] * 3, ["json", "page"])
    refuse_a_full_disk(tmp_path)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda place: SimpleNamespace(free=10**8))
    with pytest.raises(MissingResourceError, match="nearly full"):
        refuse_a_full_disk(tmp_path)
