"""What a study of an archive costs, step by step, in seconds of one processor.

``python -m benchmarks.archive_costs OUT.json``: a synthetic study (phantom, 4 x 256 x 256), one thread, fp32,
the shipped model; the second of two rounds, so without any start. Seconds of the processor hardly depend on
what else the machine does. ``--studies``, ``--gpus`` and ``--cores`` turn them into hours on paper; what the
network takes on a GPU is assumed from its arithmetic and ``--tflops``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.bench_study import write_bench_study
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.process_pool import THREAD_VARIABLES, THREADS_VARIABLE
from MTINetLib.stage_clock import StageClock

#: Of the network, a slice (README.md).
_GFLOP_A_SLICE = 7.5
_STEPS = ("find", "read", "recognise", "align", "network", "measure", "write", "write pdf", "write dicom")


class _ProcessorClock(StageClock):
    """Seconds of this process's processors, not on the wall."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start


def costs_of_a_study(slices: int) -> dict[str, Any]:
    """Seconds by step, and bytes in and out."""
    from MTINetLib.cohort.find_studies import find_studies
    from MTINetLib.malloc_tuning import keep_freed_memory
    from MTINetLib.models.store import load_model
    from MTINetLib.pipeline.analyze import analyze
    from MTINetLib.pipeline.open import open_study
    from MTINetLib.pipeline.write import WriteOptions, write

    keep_freed_memory()
    model = load_model()
    with tempfile.TemporaryDirectory(prefix="mtinet-costs-") as name:
        images, out = Path(name) / "images", Path(name) / "out"
        write_bench_study(images, slices)
        for _ in range(2):
            clock = _ProcessorClock()
            with clock.stage("find"):
                find_studies(images, model.info.phases)
            study = open_study(images, phases=model.info.phases, clock=clock)
            with clock.stage("analyze"):
                analysis = analyze(study, model, device="cpu", precision="fp32")
            for step, formats in (
                ("write", ("json", "csv", "labels", "html")),
                ("write pdf", ("json", "pdf")),
                ("write dicom", ("json", "dicom")),
            ):
                with clock.stage(step):
                    write(study, analysis, out, WriteOptions(formats), overwrite=True)
        walls = analysis.timings
        of_network = (walls["network"] + walls["heads"]) / sum(walls.values())
        seconds = dict(clock.seconds)
        analyzing = seconds.pop("analyze")
        seconds |= {"network": of_network * analyzing, "measure": (1 - of_network) * analyzing}
        return {
            "seconds": {step: seconds[step] for step in _STEPS},
            "mb_read": _megabytes(images),
            "mb_written": _megabytes(out),
        }


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def hours_on_paper(
    costs: dict[str, Any], slices: int, studies: int, gpus: int, cores: int, tflops: float
) -> dict[str, float]:
    """How long an archive takes each part of a machine by itself; the longest one is the limit.

    Args:
        cores: beside each GPU.
        tflops: that the network reaches on a GPU; an assumption.
    """

    def hours(seconds: float) -> float:
        return studies * seconds / 3600

    on_cores = {step: value for step, value in costs["seconds"].items() if step not in ("find", "network")}
    with_dicom = sum(on_cores.values())
    beside = with_dicom - on_cores["write dicom"]
    of_gpu = _GFLOP_A_SLICE * slices / 1e3 / tflops
    return {
        "finding, one process": hours(costs["seconds"]["find"]),
        "processors": hours(beside) / (gpus * cores),
        "processors, with DICOM objects": hours(with_dicom) / (gpus * cores),
        "GPUs": hours(of_gpu) / gpus,
        "reading at 1 GB/s": hours(costs["mb_read"] / 1e3),
        "writing at 1 GB/s": hours(costs["mb_written"] / 1e3),
        "cores beside each GPU that keep it busy": beside / of_gpu,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--slices", type=int, default=80)
    parser.add_argument("--studies", type=int, default=100_000)
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--cores", type=int, default=16, help="beside each GPU")
    parser.add_argument("--tflops", type=float, default=20.0, help="of the network on a GPU; assumed")
    given = parser.parse_args()
    os.environ.update(dict.fromkeys((*THREAD_VARIABLES, THREADS_VARIABLE), "1"))
    costs = costs_of_a_study(given.slices)
    paper = hours_on_paper(costs, given.slices, given.studies, given.gpus, given.cores, given.tflops)
    told = {
        "when_utc": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "slices": given.slices,
        **costs,
        "on_paper": {**vars(given), "out": "", "hours": paper},
    }
    given.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps({"costs": costs, "hours": paper}, indent=2) + "\n")


if __name__ == "__main__":
    main()
