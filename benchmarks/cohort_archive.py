"""300 studies through ``mtinet cohort``, with everything killed on the way.

``python -m benchmarks.cohort_archive OUT``; synthetic studies only. Workers, client and scheduler are killed
(signal 9) while the first fifth is worked on; then one cohort goes through to the end. It halts six times,
and meanwhile ``mtinet analyze`` takes studies of the same archive one by one, with its usual threads and with
one as the workers have: all are timed on the same machine with the same other work, and the results of one
thread are compared byte by byte. Needs signals, so not Windows. The archive in OUT is kept for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.messy_archive import Filed, make_archive
from benchmarks.watched_program import WatchedProgram, run_to_end
from MTINetLib.cohort.find_studies import find_studies
from MTINetLib.cohort.problems import read_problems
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.process_pool import THREAD_VARIABLES, THREADS_VARIABLE
from MTINetLib.study.phase import FOUR_PHASES

_WAYS = ("--device", "cpu", "--precision", "fp32")
_LOOK_S, _ENDS_S = 0.5, 300.0
#: Who works, and what is killed after which share of the studies; the last of each ends that run.
_DISTURBED: tuple[tuple[str, tuple[tuple[str, float], ...]], ...] = (
    ("local", (("worker", 1 / 30), ("client", 2 / 30))),
    ("local", (("worker", 3 / 30), ("client", 4 / 30))),
    ("elsewhere", (("scheduler", 5 / 30),)),
    ("elsewhere", (("scheduler", 6 / 30),)),
)
_PAUSES = 6
_ONE_THREAD = dict.fromkeys((*THREAD_VARIABLES, THREADS_VARIABLE), "1")
#: Where each way of ``analyze`` puts its results, and what is in its environment.
_ALONE: dict[str, dict[str, str]] = {"analyze": {}, "analyze-1": _ONE_THREAD}
_MASKS = ("lesions.nii.gz", "liver.nii.gz", "probability.nii.gz")


class CohortRun:
    """One archive, the cohort's results, and those of ``analyze`` beside them."""

    def __init__(self, out: Path, filed: Sequence[Filed], workers: int) -> None:
        self.out, self.cohort, self.filed, self.workers = out, out / "cohort", filed, workers
        if self.cohort.exists():
            raise SystemExit(f"{self.cohort} is of an earlier run: remove it.")
        start = time.process_time()
        self.found = find_studies(out / "archive", FOUR_PHASES).studies
        self.finding_s = time.process_time() - start
        self.events: list[dict[str, Any]] = []
        self.samples: list[tuple[int, float, float]] = []
        self._begun = 0

    def disturbed(self) -> None:
        """Everything is killed twice."""
        for where, kills in _DISTURBED:
            with self._workers(where) as (options, scheduler):
                program = self._started(*options)
                for what, share in kills:
                    if not self._until(program, round(share * len(self.filed))):
                        raise SystemExit(f"It ended by itself: {program.last_words()}")
                    told: dict[str, Any] = {"killed": what, "after_studies": self._handled()}
                    if what == "worker":
                        program.kill_a_worker()
                    elif what == "client":
                        program.kill()
                    else:
                        scheduler.kill()
                        start = time.perf_counter()
                        told["exit_code"] = program.wait(_ENDS_S)
                        told |= {"ended_after_s": time.perf_counter() - start, "said": program.last_words()}
                    self.events.append(told)
                    _say(str(told))

    def timed(self, drawn: Sequence[Filed]) -> list[dict[str, Any]]:
        """The rest of the archive; in each pause ``analyze`` takes its part of ``drawn``."""
        program = self._started("--workers", str(self.workers))
        first, count, each = self._handled(), len(self.filed), len(drawn) // _PAUSES
        blocks: list[dict[str, Any]] = []
        for number in range(_PAUSES):
            if not self._until(program, first + round((number + 0.2) / _PAUSES * (count - first))):
                raise SystemExit(f"It ended by itself: {program.last_words()}")
            program.halt()
            block = {"load_average": psutil.getloadavg()}
            some = drawn[number * each : (number + 1) * each]
            block |= {way: self._one_by_one(some, way, environment) for way, environment in _ALONE.items()}
            program.resume()
            begin = time.perf_counter(), program.seconds(), self._analyzed()
            if self._until(program, first + round((number + 1) / _PAUSES * (count - first)) - 1):
                end = time.perf_counter(), program.seconds(), self._analyzed()
                wall, seconds, studies = (after - before for after, before in zip(end, begin, strict=True))
                block["cohort"] = _a_study(wall, seconds, int(studies))
            blocks.append(block)
            _say(str(block))
        if code := program.wait(_ENDS_S):
            raise SystemExit(f"The cohort ended with {code}: {program.last_words()}")
        self._until(program, count)
        return blocks

    def checked(self, drawn: Sequence[Filed]) -> dict[str, Any]:
        """Whether every study is right or listed, and the same as from ``analyze`` alone."""
        by_file = {name: study.name for study in self.found for name in study.files}
        problems = read_problems(self.cohort)
        lost, different, wrong, broken = [], [], [], []
        for one in self.filed:
            name = next(filter(None, (by_file.get(str(file.absolute())) for file in one.files)), "")
            results = self.cohort / "studies" / name
            there = bool(name) and (results / "findings.json").is_file()
            if one in drawn and not (there and _same(results, self.out / "analyze-1" / f"{one.number:04d}")):
                different.append(one.number)
            if not one.fault:
                lost += [] if there else [f"{one.number}: {name in problems and problems[name].reason}"]
                continue
            code, *_, said = _analyze(one, self.out / "analyze-1", _ONE_THREAD)
            outcome = "no study of MR" if not name else problems[name].reason if name in problems else ""
            broken.append({"fault": one.fault, "layout": one.layout, "cohort": outcome or "has results"})
            if not name and code:
                continue
            alike = there and _same(results, self.out / "analyze-1" / f"{one.number:04d}")
            if not (alike if code == 0 else not there and _same_sentence(outcome, said)):
                wrong.append({**broken[-1], "analyze": said})
        return {"lost": lost, "different": different, "broken": broken, "broken_unlike_analyze": wrong}

    def memory(self) -> dict[str, Any]:
        """Over the studies that were through; from the end of the disturbances on, plus one tenth."""
        begin = self.samples[0][0] + len(self.filed) // 20
        told = np.array([one for one in self.samples if one[0] >= begin])
        slope = np.polyfit(told[:, 0], told[:, 1], 1)[0]
        curve = {
            int(low): [round(float(value)) for value in told[told[:, 0] // 25 * 25 == low, 1:].mean(0)]
            for low in np.unique(told[:, 0] // 25 * 25)
        }
        return {
            "mb_all_processes_and_largest_worker_by_studies": curve,
            "mb_more_per_100_studies": 100 * float(slope),
            "most_mb": float(told[:, 1].max()),
        }

    def _analyzed(self) -> int:
        return len(list((self.cohort / "studies").glob("*/source.json")))

    def _handled(self) -> int:
        return self._analyzed() + len(read_problems(self.cohort))

    def _started(self, *more: str) -> WatchedProgram:
        self._begun += 1
        tree, said = self.out / "archive", self.out / f"cohort-{self._begun}.txt"
        command = ["-m", "MTINetLib.cli", "cohort", str(tree), "-o", str(self.cohort), *_WAYS, *more]
        return WatchedProgram(command, said)

    def _until(self, program: WatchedProgram, handled: int) -> bool:
        """Whether it is still at work when so many studies are through."""
        while program.ended is None:
            now, memory = self._handled(), program.memory()
            if len(self.events) == sum(len(kills) for _, kills in _DISTURBED) and memory.workers:
                self.samples.append((now, memory.together, memory.workers[0]))
            if now >= handled:
                return True
            time.sleep(_LOOK_S)
        return False

    def _one_by_one(self, some: Sequence[Filed], way: str, environment: dict[str, str]) -> dict[str, float]:
        ran = [_analyze(one, self.out / way, environment) for one in some]
        if any(code for code, *_ in ran):
            raise SystemExit(f"analyze failed: {[said for *_, said in ran]}")
        return _a_study(sum(one[1] for one in ran), sum(one[2] for one in ran), len(ran))

    @contextmanager
    def _workers(self, where: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Options of the command, and a scheduler of its own where there is one."""
        if where == "local":
            yield ("--workers", str(self.workers)), None
            return
        place = self.out / "scheduler.json"
        place.unlink(missing_ok=True)
        common = ["--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(place)]
        count = ["--nworkers", str(self.workers), "--nthreads", "1"]
        environment = {**os.environ, **_ONE_THREAD}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes = [
            psutil.Popen([sys.executable, "-m", *command, *common], env=environment, **quiet)
            for command in (
                ["distributed.cli.dask_scheduler", "--port", "0"],
                ["distributed.cli.dask_worker", *count],
            )
        ]
        try:
            while not (place.is_file() and place.read_text().endswith("}")):
                time.sleep(0.1)
            yield ("--scheduler", json.loads(place.read_text())["address"]), processes[0]
        finally:
            for process in processes:
                for one in [*process.children(recursive=True), process] if process.is_running() else []:
                    one.kill()
                process.wait()


def _analyze(one: Filed, out: Path, environment: dict[str, str]) -> tuple[int, float, float, str]:
    """Exit code, seconds on the wall and of processors, and its last line."""
    command = ["-m", "MTINetLib.cli", "analyze", "--no-scene", str(one.alone), *_WAYS]
    return run_to_end([*command, "-o", str(out / f"{one.number:04d}")], {**os.environ, **environment})


def _a_study(wall: float, seconds: float, studies: int) -> dict[str, float]:
    return {"studies": studies, "wall_s": wall / studies, "processors_s": seconds / studies}


def _same(one: Path, other: Path) -> bool:
    """Whether findings, but for the time at which they were made, and masks are the same, byte by byte."""
    if not (other / "findings.json").is_file():
        return False
    found = [json.loads((folder / "findings.json").read_text()) for folder in (one, other)]
    for each in found:
        del each["provenance"]["created_utc"]
    masks = [[(folder / name).read_bytes() for name in _MASKS] for folder in (one, other)]
    return bool(found[0] == found[1] and masks[0] == masks[1])


def _same_sentence(cohort: str, analyze: str) -> bool:
    """But for the paths in it."""
    plain = [
        [word for word in text.removeprefix("mtinet: ").split() if "/" not in word]
        for text in (cohort, analyze)
    ]
    return plain[0] == plain[1]


def run_archive(out: Path, count: int, slices: int, workers: int, a_pause: int) -> dict[str, Any]:
    """All of it; see the module."""
    filed = make_archive(out / "archive", out / "alone", count, slices)
    run = CohortRun(out, filed, workers)
    drawn = random.Random(0).sample([one for one in filed if not one.fault], _PAUSES * a_pause)
    run.disturbed()
    blocks = run.timed(drawn)
    return {
        "when_utc": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "studies": count,
        "slices": slices,
        "files": sum(len(one.files) for one in filed),
        "finding_all_studies_s": run.finding_s,
        "events": run.events,
        "blocks": blocks,
        "times_as_many_studies_an_hour_as": {way: _times(blocks, way) for way in _ALONE},
        "compared": len(drawn),
        "memory": run.memory(),
        **run.checked(drawn),
    }


def _times(blocks: Sequence[dict[str, Any]], way: str) -> dict[str, float]:
    """How many times as many studies an hour; pairs of neighbouring blocks."""
    pairs = [block[way]["wall_s"] / block["cohort"]["wall_s"] for block in blocks if "cohort" in block]
    return {"median": float(np.median(pairs)), "least": min(pairs), "most": max(pairs)}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--slices", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--a-pause", type=int, default=3, help="studies that analyze takes in each pause")
    given = parser.parse_args()
    for name in _ONE_THREAD:
        os.environ.pop(name, None)
    told = run_archive(given.out, given.studies, given.slices, given.workers, given.a_pause)
    (given.out / "figures.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    _say(json.dumps({name: told[name] for name in ("times_as_many_studies_an_hour_as", "memory")}, indent=2))
    _say(f"Lost: {told['lost'] or 'none'}; different: {told['different'] or 'none'}")


if __name__ == "__main__":
    main()
