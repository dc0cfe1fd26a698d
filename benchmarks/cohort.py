"""A cohort beside a loop of ``mtinet analyze`` and one process: ``python -m benchmarks.cohort OUT.json``.

Synthetic studies only. The three ways take turns on the same studies with one thread a process, and their
findings and masks are compared byte by byte.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.bench_study import bench_study
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.process_pool import THREAD_VARIABLES, THREADS_VARIABLE

_WATCH_S = 0.25
_WAYS = ("--device", "cpu", "--precision", "fp32")
_ONE_PROCESS = """
import sys
from pathlib import Path
from MTINetLib.malloc_tuning import keep_freed_memory
from MTINetLib.models.store import load_model
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.open import open_study
from MTINetLib.pipeline.write import write
keep_freed_memory()
model = load_model()
for folder in sorted(Path(sys.argv[1]).iterdir()):
    study = open_study(folder, phases=model.info.phases)
    write(study, analyze(study, model, device="cpu", precision="fp32"), Path(sys.argv[2]) / folder.name)
"""


def run_cohort_bench(studies: int, slices: int, workers: int) -> dict[str, Any]:
    """Seconds on the wall and of all processes together, memory of the workers, and whether all agree."""
    with tempfile.TemporaryDirectory(prefix="mtinet-bench-cohort-") as name:
        work = Path(name)
        tree = work / "tree"
        _write_studies(tree, studies, slices)
        ways = {
            "analyze, one by one": lambda: _loop(tree, work / "loop"),
            "one process": lambda: _watched(["-c", _ONE_PROCESS, str(tree), str(work / "one")]),
            f"cohort, {workers} workers": lambda: _cohort(tree, work / "cohort", workers),
        }
        measured = {name: _timed(way) for name, way in ways.items()}
        return {
            "when_utc": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "machine": describe_machine(),
            "load_average": psutil.getloadavg(),
            "studies": studies,
            "slices": slices,
            "measured": measured,
            "different": _different(work),
        }


def _write_studies(tree: Path, studies: int, slices: int) -> None:
    """One phantom with noise of its own in each study."""
    study = bench_study(slices)
    for number in range(studies):
        noise = np.random.default_rng(number).normal(0, 2, study.volumes.shape).astype(np.float32)
        own = replace(study, volumes=np.abs(study.volumes + noise))
        folder = tree / f"study-{number:04d}"
        write_study_as_dicom(folder, own, patient_id=f"BENCH{number}", study_seed=number)


def _loop(tree: Path, out: Path) -> dict[str, Any]:
    analyze = ["-m", "MTINetLib.cli", "analyze", "--no-scene", *_WAYS]
    told = [
        _watched([*analyze, str(folder), "-o", str(out / folder.name)]) for folder in sorted(tree.iterdir())
    ]
    peak = max(one["peak_mb"] for one in told)
    return {"process_s": sum(one["process_s"] for one in told), "peak_mb": peak}


def _cohort(tree: Path, out: Path, workers: int) -> dict[str, Any]:
    count = ["--workers", str(workers)]
    command = ["-m", "MTINetLib.cli", "cohort", str(tree), "-o", str(out), *count, *_WAYS]
    return _watched(command, done=lambda: len(list((out / "studies").glob("*/source.json"))))


def _watched(arguments: list[str], done: Callable[[], int] | None = None) -> dict[str, Any]:
    """Run Python and watch its processes; their memory together by the number of studies done."""
    process = psutil.Popen([sys.executable, *arguments], stdout=-3, stderr=-3)
    seconds: dict[int, float] = {}
    by_studies: dict[int, float] = {}
    peak = 0.0
    while process.poll() is None:
        together = 0.0
        for one in _family(process):
            try:
                times, memory = one.cpu_times(), one.memory_info()
            except psutil.Error:
                continue
            seconds[one.pid] = times.user + times.system
            together += memory.rss / 1e6
        peak = max(peak, together)
        if done is not None and together:
            number = done()
            by_studies[number] = max(by_studies.get(number, 0.0), together)
        time.sleep(_WATCH_S)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)[:200]} ended with {process.returncode}.")
    told: dict[str, Any] = {"process_s": sum(seconds.values()), "peak_mb": peak}
    return {**told, "mb_by_studies_done": by_studies} if done is not None else told


def _family(process: Any) -> list[Any]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _timed(way: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    start = time.perf_counter()
    told = way()
    return {"wall_s": time.perf_counter() - start, **told}


def _different(work: Path) -> list[str]:
    """Studies of which the three ways say something else."""
    other = []
    for results in sorted((work / "cohort" / "studies").iterdir()):
        name = Path(json.loads((results / "source.json").read_text())["place"]).name
        for way in ("loop", "one"):
            folder = work / way / name
            masks = [(place / "lesions.nii.gz").read_bytes() for place in (results, folder)]
            found = [json.loads((place / "findings.json").read_text()) for place in (results, folder)]
            for one in found:
                del one["provenance"]["created_utc"]
            if masks[0] != masks[1] or found[0] != found[1]:
                other.append(f"{name}, {way}")
    return other


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--studies", type=int, default=12)
    parser.add_argument("--slices", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    os.environ.update(dict.fromkeys((*THREAD_VARIABLES, THREADS_VARIABLE), "1"))
    told = run_cohort_bench(given.studies, given.slices, given.workers)
    given.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    for name, one in told["measured"].items():
        a_study = one["wall_s"] / given.studies, one["process_s"] / given.studies
        sys.stdout.write(f"{name}: {a_study[0]:.1f} s a study, {a_study[1]:.1f} s of processors\n")
    sys.stdout.write(f"Different results: {', '.join(told['different']) or 'none'}\n")


if __name__ == "__main__":
    main()
