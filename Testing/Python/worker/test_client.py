from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.waiting import LONGEST_WAIT_S, wait_until
from support.worker_study import Heard, is_gone, kill

from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.progress import Stage
from MTINetLib.worker import jobs
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.jobs import JobProgress
from MTINetLib.worker.process import RUN_VARIABLE, default_command

TESTING = Path(__file__).resolve().parents[2]
FAULTY = [sys.executable, str(TESTING / "support" / "faulty_worker.py")]


@pytest.fixture(scope="module")
def shared() -> Iterator[WorkerClient]:
    """A client that lets every job end by itself: a process that goes on was not killed."""
    client = WorkerClient(FAULTY, cancel_grace_s=LONGEST_WAIT_S)
    yield client
    client.close()


def works(client: WorkerClient) -> bool:
    return client.wait(client.submit("tell", {"a": 1}), timeout_s=120) == {"a": 1}


def test_nothing_is_started_before_the_first_job() -> None:
    client = WorkerClient(FAULTY)
    assert not client.running
    client.poll()
    client.close()


def test_the_client_and_its_messages_import_nothing_heavy() -> None:
    code = (
        "import sys, MTINetLib.worker.client, MTINetLib.worker.requests\n"
        "heavy = 'torch scipy SimpleITK pydicom matplotlib reportlab jinja2 jsonschema typer rich'\n"
        "sys.stdout.write(' '.join(name for name in heavy.split() if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_jobs_run_one_after_the_other_and_their_watchers_hear_of_them(shared: WorkerClient) -> None:
    first, second = Heard(), Heard()
    one = shared.submit("count", {"to": 3}, first)
    other = shared.submit("tell", {"x": [1, 2]}, second)
    shared.wait(other, timeout_s=120)
    assert one.finished
    assert first.result == {"counted": 3}
    assert first.steps[0] == (Stage.MEASURING_LESIONS, 0, 3)
    assert second.stories == [("metrics", {"epoch": 1, "loss": 0.5})]
    assert second.result == {"x": [1, 2]}


def test_progress_comes_at_most_thirty_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now, sent = [0.0], []
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    progress = JobProgress(lambda *step: sent.append(step), lambda: False)
    progress.start(Stage.MEASURING_LESIONS, 2000)
    for step in range(2000):  # in two seconds
        now[0] += 0.001
        progress.update(step + 1)
    assert 50 <= len(sent) <= 61
    progress.start(Stage.READING_LESIONS, 1)
    assert sent[-1] == (Stage.READING_LESIONS, 0, 1), "a new stage is told at once"


def test_poll_does_not_wait_while_a_job_runs(shared: WorkerClient) -> None:
    call = shared.submit("waits", {})
    for _ in range(20):
        shared.poll()
        assert not call.finished
    (shared.folder / "go").touch()
    assert shared.wait(call) == {"waited": True}


def test_an_unknown_job_is_named(shared: WorkerClient) -> None:
    with pytest.raises(InputError, match="knows no job 'sing'"):
        shared.wait(shared.submit("sing", {}))
    assert works(shared)


def test_prints_of_libraries_do_not_reach_the_client(shared: WorkerClient) -> None:
    heard = Heard()
    shared.wait(shared.submit("talkative", {}, heard), timeout_s=120)
    assert heard.result == {"said": "all"}
    assert works(shared)


def test_lines_that_are_no_commands_are_left_out(shared: WorkerClient) -> None:
    assert works(shared)
    (run,) = shared.folder.glob("run-*")
    with (run / "commands.jsonl").open("ab") as file:
        file.write(b'\xff\xfe\n[1, 2]\n{"submit": "x"}\nno json\n\n{"cancel": [1]}\n{"control": {}}\n')
    assert works(shared)


def test_a_watcher_that_fails_does_not_stop_the_client(
    shared: WorkerClient, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Heard):
        def done(self, result: dict[str, object]) -> None:
            raise RuntimeError("the panel of Jane Doe is gone")

    call = shared.submit("tell", {}, Broken())
    assert shared.wait(call, timeout_s=120) == {}
    assert "a listener of the worker failed" in caplog.text
    assert "test_client.py" in caplog.text, "its place"
    assert "Jane Doe" not in caplog.text
    assert works(shared)


def test_a_job_that_looks_up_is_cancelled_without_ending_the_process(shared: WorkerClient) -> None:
    heard = Heard()
    call = shared.submit("count", {"to": 10**9}, heard)
    wait_until(lambda: len(heard.steps) > 2, shared.poll)
    pid = shared.pid
    shared.cancel(call)
    with pytest.raises(Cancelled):
        shared.wait(call)
    assert isinstance(heard.error, Cancelled)
    assert works(shared)
    assert shared.pid == pid


def test_a_job_that_never_looks_up_is_interrupted_and_tidies_up(shared: WorkerClient) -> None:
    assert works(shared)
    pid, call = shared.pid, shared.submit("never_looks_up", {})
    wait_until(lambda: (shared.folder / "begun-for-ever").exists())
    shared.cancel(call)
    with pytest.raises(Cancelled):
        shared.wait(call)
    assert (shared.folder / "tidied").exists()
    assert works(shared)
    assert shared.pid == pid


@pytest.mark.skipif(os.name == "nt", reason="Windows does not wake it: there the process is ended")
def test_a_job_that_sleeps_is_woken_to_be_cancelled(shared: WorkerClient) -> None:
    heard = Heard()
    call = shared.submit("with_child", {}, heard)
    wait_until(lambda: bool(heard.stories), shared.poll)
    pid = shared.pid
    shared.cancel(call)
    with pytest.raises(Cancelled):
        shared.wait(call)
    assert works(shared)
    assert shared.pid == pid


def test_a_result_that_cannot_be_told_is_a_defect_and_the_worker_lives_on(shared: WorkerClient) -> None:
    with pytest.raises(MissingResourceError, match="defect of MTINet"):
        shared.wait(shared.submit("unspeakable", {}), timeout_s=120)
    assert works(shared)


def test_a_worker_that_cannot_speak_for_want_of_room_is_told_as_a_full_disk(faulty: WorkerClient) -> None:
    pytest.importorskip("resource", reason="Windows has no limit of a file's size")
    with pytest.raises(MissingResourceError, match="disk of the temporary folder is full"):
        faulty.wait(faulty.submit("no_room_for_events", {}), timeout_s=120)
    assert works(faulty)


def test_a_job_that_waits_can_be_cancelled_and_the_others_go_on(shared: WorkerClient) -> None:
    one = shared.submit("count", {"to": 20})
    two, three = shared.submit("tell", {}), shared.submit("tell", {"n": 3})
    shared.cancel(two)
    with pytest.raises(Cancelled):
        shared.wait(two, timeout_s=120)
    assert shared.wait(three, timeout_s=120) == {"n": 3}
    assert one.result == {"counted": 20}


def test_wait_breathes_and_gives_up_after_its_time(shared: WorkerClient) -> None:
    breaths = []
    with pytest.raises(Cancelled):
        shared.wait(shared.submit("count", {"to": 10**9}), lambda: breaths.append(1), timeout_s=0.3)
    assert breaths


def test_a_hanging_worker_is_ended_after_its_grace(faulty: WorkerClient) -> None:
    assert works(faulty)
    pid = faulty.pid
    assert pid is not None
    call = faulty.submit("hang", {})
    wait_until(lambda: (faulty.folder / "hangs").exists())
    faulty.cancel(call)
    with pytest.raises(Cancelled):
        faulty.wait(call)
    wait_until(lambda: is_gone(pid))
    assert works(faulty)


def test_a_killed_worker_is_one_clear_sentence_and_starts_again(faulty: WorkerClient) -> None:
    heard = Heard()
    call, later = faulty.submit("count", {"to": 10**9}, heard), faulty.submit("tell", {"b": 2})
    wait_until(lambda: len(heard.steps) > 2, faulty.poll)
    assert faulty.pid is not None
    kill(faulty.pid)
    with pytest.raises(MissingResourceError, match=r"ended in the middle of its work \(.*try again"):
        faulty.wait(call, timeout_s=120)
    assert faulty.wait(later, timeout_s=120) == {"b": 2}


def test_a_worker_that_dies_by_itself_is_told_with_its_exit_code(faulty: WorkerClient) -> None:
    with pytest.raises(MissingResourceError, match="exit code 3"):
        faulty.wait(faulty.submit("dies", {}), timeout_s=120)
    assert works(faulty)


def test_what_a_job_started_ends_with_it(faulty: WorkerClient) -> None:
    heard = Heard()
    call = faulty.submit("with_child", {}, heard)
    wait_until(lambda: bool(heard.stories), faulty.poll)
    child = heard.stories[0][1]["pid"]
    assert not is_gone(child)
    assert faulty.pid is not None
    kill(faulty.pid)
    with pytest.raises(MissingResourceError):
        faulty.wait(call, timeout_s=120)
    wait_until(lambda: is_gone(child))


def test_closing_ends_the_process_tree_and_removes_the_folder(faulty: WorkerClient) -> None:
    heard = Heard()
    call = faulty.submit("with_child", {}, heard)
    wait_until(lambda: bool(heard.stories), faulty.poll)
    folder, pid, child = faulty.folder, faulty.pid, heard.stories[0][1]["pid"]
    if os.name == "posix":
        assert folder.stat().st_mode & 0o077 == 0
    faulty.close()
    assert isinstance(call.error, Cancelled)
    assert not folder.exists()
    wait_until(lambda: is_gone(child))
    assert pid is not None
    wait_until(lambda: is_gone(pid))
    faulty.close()
    assert works(faulty)


def test_memory_that_runs_out_in_a_job_is_one_sentence(shared: WorkerClient) -> None:
    with pytest.raises(MissingResourceError, match="ran out of memory; close other programs"):
        shared.wait(shared.submit("memory", {}), timeout_s=120)
    assert works(shared)


def test_a_full_disk_is_one_sentence_without_the_files_name(shared: WorkerClient) -> None:
    with pytest.raises(MissingResourceError, match="disk is full") as told:
        shared.wait(shared.submit("disk_full", {}), timeout_s=120)
    assert "Musterfrau" not in str(told.value)


def test_a_defect_tells_its_place_and_nothing_of_a_patient(
    shared: WorkerClient, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(
        MissingResourceError, match=r"defect of MTINet \(KeyError in .*faulty_jobs.py:"
    ) as told:
        shared.wait(shared.submit("defect", {}), timeout_s=120)
    log = "".join(path.read_text("utf-8", "replace") for path in shared.folder.glob("run-*/log.txt"))
    assert "Musterfrau" not in str(told.value) + caplog.text + log
    assert "faulty_jobs.py" in caplog.text


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    client = WorkerClient([str(tmp_path / "PythonSlicer"), "-m", "MTINetLib.worker"])
    heard = Heard()
    call = client.submit("tell", {}, heard)
    assert heard.error is None  # told by poll, not while the caller still waits for its call
    client.poll()
    assert call.finished
    assert "could not be started" in str(heard.error)
    assert "PythonSlicer" in str(heard.error)
    client.close()


def test_a_worker_without_the_library_says_so() -> None:
    client = WorkerClient([sys.executable, "-I", "-S", "-m", "MTINetLib.worker"])
    with pytest.raises(MissingResourceError, match="could not find MTINetLib"):
        client.wait(client.submit("environment", {}), timeout_s=120)
    client.close()


def test_a_worker_without_a_package_that_it_needs_at_once_names_it(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError(\"No module named 'numpy'\", name='numpy')")
    client = WorkerClient(environment={"PYTHONPATH": str(tmp_path)})
    with pytest.raises(MissingResourceError, match="'numpy' is not installed: open Setup"):
        client.wait(client.submit("environment", {}), timeout_s=120)
    client.close()


def test_a_worker_of_another_version_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(
        "import json, os, pathlib, time\n"
        f"run = pathlib.Path(os.environ['{RUN_VARIABLE}'])\n"
        "(run / 'events.jsonl').write_text(json.dumps({'ready': 999, 'pid': os.getpid()}) + '\\n')\n"
        "time.sleep(600)\n"
    )
    client = WorkerClient([sys.executable, str(other)])
    with pytest.raises(MissingResourceError, match="another version of MTINet"):
        client.wait(client.submit("tell", {}), timeout_s=120)
    assert not client.running
    client.close()


def test_the_worker_ends_with_its_parent_in_mid_job_and_takes_the_folder_along(tmp_path: Path) -> None:
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import json, sys, time\n"
        f"sys.path.insert(0, {str(TESTING)!r})\n"
        "from MTINetLib.worker.client import WorkerClient\n"
        "from support.worker_study import Heard\n"
        f"client, heard = WorkerClient({FAULTY!r}), Heard()\n"
        "client.submit('with_child', {}, heard)\n"
        "while not heard.stories:\n"
        "    client.poll(); time.sleep(0.01)\n"
        "told = {'pid': client.pid, 'child': heard.stories[0][1]['pid'], 'folder': str(client.folder)}\n"
        "print(json.dumps(told), flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, str(parent)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert not is_gone(told["pid"])
        process.kill()
    wait_until(lambda: is_gone(told["pid"]))
    wait_until(lambda: is_gone(told["child"]))
    assert not Path(told["folder"]).exists()
    assert not Path(told["folder"] + ".gone").exists()


def test_a_client_that_is_forgotten_ends_its_worker() -> None:
    client = WorkerClient(FAULTY)
    assert works(client)
    pid, folder = client.pid, client.folder
    assert pid is not None
    del client
    wait_until(lambda: is_gone(pid))
    assert not folder.exists()


def test_a_worker_behind_a_launcher_dies_with_it(tmp_path: Path) -> None:
    """As in Slicer: PythonSlicer keeps standard input to itself and runs the interpreter as its child."""
    launcher = tmp_path / "launcher.py"
    launcher.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
        "sys.exit(child.wait())\n"
    )
    client = WorkerClient([sys.executable, str(launcher), *FAULTY])
    assert works(client)
    pid = client.pid
    assert pid is not None
    call = client.submit("hang", {})
    wait_until(lambda: (client.folder / "hangs").exists())
    client.cancel(call)
    with pytest.raises(Cancelled):
        client.wait(call)
    wait_until(lambda: is_gone(pid))
    assert works(client)
    heard = Heard()
    call = client.submit("count", {"to": 10**9}, heard)
    wait_until(lambda: bool(heard.steps), client.poll)
    assert client.pid is not None
    kill(client.pid)
    with pytest.raises(MissingResourceError, match="ended in the middle of its work"):
        client.wait(call, timeout_s=120)
    client.close()


def test_inside_slicer_the_worker_runs_in_slicers_own_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An embedded interpreter names the python3 of the path, or Slicer itself, as its executable."""
    python = tmp_path / "bin" / ("PythonSlicer.exe" if os.name == "nt" else "PythonSlicer")
    python.parent.mkdir()
    python.write_text("")
    python.chmod(0o755)
    slicer = SimpleNamespace(app=SimpleNamespace(slicerHome=str(tmp_path)))
    monkeypatch.setitem(sys.modules, "slicer", slicer)
    assert Path(default_command()[0]) == python
    monkeypatch.setitem(sys.modules, "slicer", SimpleNamespace())
    assert default_command()[0] == sys.executable
