"""How the reading of files stands up to damaged ones: ``python -m benchmarks.fuzz OUT.json``.

Thousands of mutants of the project's own files are read beside a whole series, each mutant at most
``LIMIT_S``. Counted are crashes of the process, hangs, exceptions that are none of MTINet's own, files that
took absurd memory, and times when the whole series beside a mutant was not read as it is. All of them
should be zero. The same seed makes the same mutants.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz_mutants import Mutant, blind_mutants, informed_mutants
from benchmarks.fuzz_seeds import Seed, make_seeds
from MTINetLib.errors import MTINetError
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.interpreter import environment, interpreter
from MTINetLib.reading.dicom.read import open_dicom_folder

#: Longer than a decoding process may take for such a small file, with its start.
LIMIT_S = 40.0
#: More than this for a file of some kilobytes is absurd.
MOST_MB = 500.0
_START_S = 60.0
_EXAMPLES = 10
#: The module that reads.
TARGET = "benchmarks.fuzz_target"


@dataclass
class Score:
    """What was counted; the counts of faults, and what some of them were."""

    mutants: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    how: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)
    slowest_s: float = 0.0
    peak_mb: float = 0.0

    def add(self, mutant: Mutant, answer: dict[str, Any], keep: Path | None) -> None:
        """Count one answer; a mutant at fault is kept in ``keep``."""
        self.mutants += 1
        self.kinds[mutant.seed.kind] += 1
        self.how[mutant.how] += 1
        self.outcomes[answer["outcome"]] += 1
        self.slowest_s = max(self.slowest_s, answer.get("seconds") or 0.0)
        grown = (answer.get("peak_mb") or 0.0) - self.peak_mb
        fault = answer["outcome"] if answer["outcome"] in ("crash", "hang", "untyped") else None
        if fault is None and self.peak_mb and grown > MOST_MB:
            fault = "memory"
        if fault is None and answer.get("others") is False:
            fault = "others_lost"
        self.peak_mb = max(self.peak_mb, answer.get("peak_mb") or 0.0)
        if fault is None:
            return
        self.faults[fault] += 1
        if len(self.examples) < _EXAMPLES:
            text = str(answer.get("text", ""))
            self.examples.append({"fault": fault, "kind": mutant.seed.kind, "how": mutant.how, "text": text})
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{fault}-{self.mutants}-{mutant.seed.name}").write_bytes(mutant.data)


def run_fuzz(mutants: int, seed: int, keep: Path | None = None) -> dict[str, Any]:
    """Read so many mutants; half of them damaged blindly, half by hypothesis.

    Args:
        keep: folder for the mutants that are at fault.

    Returns:
        plain values for JSON: ``mutants``, ``faults`` (crash, hang, untyped, memory, others_lost),
        ``outcomes``, ``kinds``, ``how``, ``examples``, ``slowest_s``, ``peak_mb``, ``seconds``, ``seed``,
        ``machine``.

    Raises:
        MissingResourceError: hypothesis is not installed.
    """
    start = time.monotonic()
    score = Score()
    with tempfile.TemporaryDirectory(prefix="mtinet-fuzz-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        seeds, whole = make_seeds(folder / "seeds")
        (folder / "reader").mkdir()
        with _Reader(folder / "reader", whole) as reader:

            def take(mutant: Mutant) -> None:
                score.add(mutant, reader.read(mutant), keep)

            for mutant in blind_mutants(seeds, mutants - mutants // 2, np.random.default_rng(seed)):
                take(mutant)
            # Hypothesis leaves out examples that it has drawn before.
            rounds = 0
            while score.mutants < mutants and rounds < 20:
                informed_mutants(seeds, mutants - score.mutants, seed + rounds, take)
                rounds += 1
    names = ("crash", "hang", "untyped", "memory", "others_lost")
    return {
        "mutants": score.mutants,
        "faults": {name: score.faults[name] for name in names},
        "outcomes": dict(score.outcomes),
        "kinds": dict(score.kinds),
        "how": dict(score.how),
        "examples": score.examples,
        "slowest_s": round(score.slowest_s, 2),
        "peak_mb": round(score.peak_mb),
        "seconds": round(time.monotonic() - start, 1),
        "seed": seed,
        "machine": describe_machine(),
    }


class _Reader:
    """The process that reads, started again when it ended or hung."""

    def __init__(self, folder: Path, whole: Sequence[bytes]) -> None:
        self._folder = folder
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._seed: Seed | None = None
        study = folder / "study"
        study.mkdir()
        for number, data in enumerate(whole):
            (study / f"whole-{number}.dcm").write_bytes(data)
        np.save(folder / "whole.npy", open_dicom_folder(study).volumes[0].array)

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, mutant: Mutant) -> dict[str, Any]:
        """The reader's answer, or that it crashed or hung."""
        self._lay_out(mutant)
        fresh = self._process is None or self._process.poll() is not None
        if fresh:
            self._start()
        request = self._folder / f"go-{self._count}"
        beside = self._folder / "go.part"
        beside.write_text(mutant.seed.name, encoding="utf-8")
        beside.replace(request)
        return self._answer(LIMIT_S + (_START_S if fresh else 0.0))

    def _answer(self, limit_s: float) -> dict[str, Any]:
        path = self._folder / f"answer-{self._count}"
        until = time.monotonic() + limit_s
        assert self._process is not None
        while not path.exists():
            ended = self._process.poll()
            if ended is not None and not path.exists():
                self._stop()
                return {"outcome": "crash", "text": f"exit code {ended}"}
            if time.monotonic() > until:
                self._stop()
                return {"outcome": "hang", "text": f"more than {LIMIT_S:.0f} s"}
            time.sleep(0.001)
        answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        self._count += 1
        return answer

    def _lay_out(self, mutant: Mutant) -> None:
        study = self._folder / "study"
        if mutant.seed is not self._seed:
            for path in [*study.glob("mutant*"), *study.glob("beside-*")]:
                path.unlink()
            for number, data in enumerate(mutant.seed.beside):
                (study / f"beside-{number}.dcm").write_bytes(data)
            self._seed = mutant.seed
        (study / mutant.seed.name).write_bytes(mutant.data)

    def _start(self) -> None:
        self._count = 0
        for path in [*self._folder.glob("go-*"), *self._folder.glob("answer-*")]:
            path.unlink()
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            [interpreter(), "-m", TARGET, str(self._folder)],
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            env=environment({"OMP_NUM_THREADS": "1"}),
        )

    def _stop(self) -> None:
        if self._process is not None:
            (self._folder / "stop").touch()
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            (self._folder / "stop").unlink()
            self._process = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, write the JSON file; 1 if anything was at fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("out", type=Path)
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the mutants that are at fault")
    given = parser.parse_args(arguments)
    try:
        result = run_fuzz(given.mutants, given.seed, given.keep)
    except MTINetError as error:
        parser.exit(2, f"{error}\n")
    given.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 1 if any(result["faults"].values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
