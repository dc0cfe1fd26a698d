"""How well the zero and the scale of the values are judged: studies changed honestly and not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

import MTINetLib
from benchmarks.signal_cases import Four, Variant, body_level, faulty_variants, honest_variants
from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phases.signal_check import SignalCheck, check_signal
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES

SEEDS = tuple(range(7001, 7013))
#: A constant is found if it is right to this part of the body's signal.
_RIGHT = 0.05
#: What is right, then what is not, then the worst.
HONEST_OUTCOMES = ("silent", "flagged", "changed", "refused")
FAULT_OUTCOMES = ("put right", "refused", "flagged", "put wrong", "silent")


def outcome(variant: Variant, before: Four, grid: Grid, rng: np.random.Generator) -> tuple[str, str]:
    """What the check makes of a changed study, and in its own words."""
    array = np.asarray(variant.change(before, rng), dtype=np.float32)
    own = Grid(array.shape[1:], grid.spacing, grid.origin, grid.direction)
    volumes = [SourceVolume.of_array(one, own, f"phase {number}") for number, one in enumerate(array)]
    try:
        found = check_signal(volumes, FOUR_PHASES)
    except InputError as error:
        return "refused", str(error)
    said = " ".join(found.flags)
    if variant.honest:
        return ("changed" if found.offset else "flagged" if found.flags else "silent"), said
    return _of_fault(variant, before, array, found), said


def _of_fault(variant: Variant, before: Four, array: Four, found: SignalCheck) -> str:
    if found.offset:
        return "put right" if _is_right(variant, before, array, found.offset) else "put wrong"
    return "flagged" if found.flags else "silent"


def _is_right(variant: Variant, before: Four, array: Four, offset: float) -> bool:
    """Whether what is left after the constant is the signal, up to one factor."""
    if np.isnan(variant.offset):
        scale = float(array[0].max() - array[0].min()) / float(before[0].max() - before[0].min())
        zero = float(array[0].min()) - scale * float(before[0].min())
        return abs(offset - zero) <= _RIGHT * scale * body_level(before)
    return abs(offset - variant.offset) <= _RIGHT * body_level(before)


def phantoms(seeds: Sequence[int]) -> Iterator[tuple[Four, Grid]]:
    """Every second one breathes, and half of them are tilted."""
    for number, seed in enumerate(seeds):
        settings = PhantomSettings(
            slices=(20, 28), matrix=(192, 256), breathing=number % 2 == 1, fault_share=0.0
        )
        study = make_case(seed, 0, settings).study
        yield study.volumes, study.grid


def studies_of(dataset: Path) -> Iterator[tuple[Four, Grid]]:
    """Every case of a dataset folder, on the grid of its portal venous phase."""
    for case in read_dataset(dataset):
        study = open_study(case.phase_paths, alignment="off")
        yield study.volumes, study.grid


def run_signal(
    seeds: Sequence[int] = SEEDS, dataset: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Judge every variant of every phantom, or of every study of a dataset.

    Returns:
        ``honest`` and ``faults``: for each variant the number of studies by outcome; ``said``: the flags
        and refusals of each variant with their numbers; and ``studies``, ``seeds`` or ``dataset``,
        ``date``, ``version``.
    """
    watcher = progress or Silent()
    variants = (*honest_variants(), *faulty_variants())
    counts: dict[str, Counter[str]] = {variant.name: Counter() for variant in variants}
    said: dict[str, Counter[str]] = {variant.name: Counter() for variant in variants}
    total = len(seeds) if dataset is None else len(read_dataset(dataset))
    watcher.start(Stage.JUDGING_VALUES, total * len(variants))
    done = 0
    for volumes, grid in phantoms(seeds) if dataset is None else studies_of(dataset):
        rng = np.random.default_rng(done)
        for variant in variants:
            what, words = outcome(variant, volumes, grid, rng)
            counts[variant.name][what] += 1
            said[variant.name].update([words] if words else [])
            done += 1
            watcher.update(done)
    watcher.finish()
    return {
        **({"seeds": list(seeds)} if dataset is None else {"dataset": dataset.name}),
        "studies": total,
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "version": MTINetLib.__version__,
        "honest": {v.name: dict(counts[v.name]) for v in variants if v.honest},
        "faults": {v.name: dict(counts[v.name]) for v in variants if not v.honest},
        "said": {name: dict(words) for name, words in said.items() if words.total()},
    }


def signal_tables(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    if "seeds" in result:
        seeds = result["seeds"]
        what, option = f"phantoms of seeds {seeds[0]} to {seeds[-1]}", ""
    else:
        what, option = f"studies of `{result['dataset']}`", f" --dataset {result['dataset']}"
    return "\n".join(
        [
            f"{result['studies']} {what}, {result['date']}, MTINet {result['version']} "
            f"(`mtinet bench --signal{option}`).",
            "",
            *_table("honest changes", result["honest"], HONEST_OUTCOMES),
            "",
            *_table("faults", result["faults"], FAULT_OUTCOMES),
        ]
    )


def _table(title: str, rows: dict[str, dict[str, int]], outcomes: Sequence[str]) -> Iterator[str]:
    yield f"| {title} | {' | '.join(outcomes)} |"
    yield f"|---|{'---:|' * len(outcomes)}"
    for name, counts in rows.items():
        yield f"| {name} | {' | '.join(str(counts.get(one, '')) for one in outcomes)} |"
    sums = [sum(counts.get(one, 0) for counts in rows.values()) for one in outcomes]
    yield f"| **all** | {' | '.join(str(number) for number in sums)} |"
