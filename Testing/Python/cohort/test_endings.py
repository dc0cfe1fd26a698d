"""A run that is cancelled or killed in the middle leaves no process behind, and the next one can begin."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.waiting import wait_until

from MTINetLib.cohort.cohort import Cohort, CohortOrder
from MTINetLib.cohort.work import Work
from MTINetLib.models.info import told_info

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send to a process")

#: The program, with workers that do what the names of the studies say.
_START = """
import signal, sys
from functools import partial
from support.cohort_tasks import fate
import MTINetLib.cohort.cohort as cohort
signal.signal(signal.SIGINT, signal.default_int_handler)
cohort.settle_on_a_worker = lambda workers, work: {"device": "cpu", "precision": "fp32", "backend": "torch"}
cohort.run_studies = partial(cohort.run_studies, work_on=fate)
if __name__ == "__main__":
    from MTINetLib.cli import main
    sys.exit(main())
"""


def is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_in_the_middle_ends_its_workers(
    tmp_path: Path, model: Path, sent: signal.Signals
) -> None:
    (tmp_path / "start.py").write_text(_START)
    table, out = tmp_path / "paths.csv", tmp_path / "out"
    table.write_text("study,input\na,nowhere\nslow,nowhere\n")
    ways = ["--model", str(model), "--device", "cpu", "--precision", "fp32", "--formats", "json"]
    command = [sys.executable, "start.py", "cohort", str(table), "-o", str(out), "--workers", "1", *ways]
    program = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    begun = out / "slow.tries"
    wait_until(lambda: program.poll() is not None or (begun.is_file() and begun.read_text().strip()))
    program.send_signal(sent)
    said = program.communicate()
    assert program.returncode == (130 if sent is signal.SIGINT else -sent), said
    if sent is signal.SIGINT:
        assert said[1] == "mtinet: Cancelled: 1 of 2 studies are finished; the same command goes on.\n"
    assert (out / "a.tries").read_text().split() == begun.read_text().split()
    worker = int(begun.read_text())
    wait_until(lambda: not is_running(worker))
    info = told_info(model)
    work = Work(str(out), str(model), info.sha256, "cpu", "fp32", formats=("json",))
    with closing(Cohort(CohortOrder(table, out, work, info))):
        pass
