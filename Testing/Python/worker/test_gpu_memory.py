from __future__ import annotations

import os
from pathlib import Path

import pytest

from MTINetLib.worker.gpu_memory import free_by_gpu, parse_free

TOLD = "GPU-8f1b2c3d-0000-1111-2222-333344445555, 7812\nGPU-aaaa, [N/A]\n"


def test_free_memory_is_told_by_gpu_and_one_that_does_not_tell_is_left_out() -> None:
    assert parse_free(TOLD) == {"8f1b2c3d-0000-1111-2222-333344445555": 7812 * 1024 * 1024}
    assert parse_free("No devices were found\n") == {}


@pytest.mark.skipif(os.name == "nt", reason="a script stands for the tool")
def test_the_drivers_tool_is_asked_and_may_fail_or_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert free_by_gpu() == {}
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{TOLD.splitlines()[0]}'\n")
    tool.chmod(0o755)
    assert list(free_by_gpu().values()) == [7812 << 20]
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert free_by_gpu() == {}
