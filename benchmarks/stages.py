"""The whole way stage by stage, in a fresh process: ``python -m benchmarks.stages``.

The same calls as ``mtinet analyze --no-scene`` makes, with a clock between them, for one study after the
other: the first one is cold, the others find a warm process. Told as benchmarks/told.py says.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.told import Teller
from MTINetLib.malloc_tuning import keep_freed_memory
from MTINetLib.stage_clock import StageClock

#: In order. ``start_up`` is the process, Python and all imports; a process that stays warm has neither it nor
#: ``load_model`` to do.
STAGES = ("start_up", "load_model", "read", "recognise", "align", "infer", "measure", "write")
START_UP = ("start_up", "load_model")
_IMPORTED = (
    "MTINetLib.models.store",
    "MTINetLib.pipeline.analyze",
    "MTINetLib.pipeline.open",
    "MTINetLib.pipeline.write",
    "jinja2",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "reportlab.pdfbase.ttfonts",
    "reportlab.platypus",
)


def time_stages(
    folder: Path, out: Path, model: str | None, device: str, precision: str, backend: str = "torch"
) -> dict[str, Any]:
    """From a DICOM folder to written findings; seconds by stage, and those of the analysis in detail."""
    from MTINetLib.models.store import load_ready_model
    from MTINetLib.pipeline.analyze import analyze
    from MTINetLib.pipeline.open import open_study
    from MTINetLib.pipeline.write import write

    clock = StageClock()
    with clock.stage("load_model"):
        loaded = load_ready_model(model, device, precision, backend)
    study = open_study(folder, phases=loaded.info.phases, clock=clock)
    analysis = analyze(study, loaded, device=device, precision=precision, backend=backend)
    detail = dict(analysis.timings)
    clock.seconds["infer"] = sum(detail.get(name, 0.0) for name in ("network", "heads"))
    clock.seconds["measure"] = sum(detail.get(name, 0.0) for name in ("lesions", "measure"))
    with clock.stage("write"):
        write(study, analysis, out)
    return {
        "stages_s": clock.seconds,
        "analysis_s": detail,
        "lesions": len(analysis.findings.lesions),
        "device": analysis.findings.provenance.device,
        "precision": analysis.findings.provenance.precision,
        "backend": analysis.findings.provenance.backend,
        "notes": list(analysis.findings.provenance.notes),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages")
    parser.add_argument("told", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--model")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--backend", default="torch")
    parser.add_argument(
        "--started", type=float, required=True, help="time.time() when the process was asked for"
    )
    given = parser.parse_args(arguments)
    teller = Teller(given.told)
    keep_freed_memory()  # as ``mtinet`` does
    teller.doing("loading the libraries")
    _import_everything()
    start_up = time.time() - given.started
    with teller.faults_told(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as out:
        for number, folder in enumerate(given.folders):
            teller.doing(f"analyzing {folder.name}")
            how = (given.model, given.device, given.precision, given.backend)
            told = time_stages(folder, Path(out) / str(number), *how)
            stages = {"start_up": 0.0 if number else start_up, **told["stages_s"]}
            teller.figures({**told, "stages_s": stages})


def _import_everything() -> None:
    """So that no stage pays for an import that a warm process has behind it, also not for a late one."""
    for name in _IMPORTED:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
