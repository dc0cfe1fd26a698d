"""The fuzz benchmark: it finds nothing in the reader, and does find what is put there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fuzz, fuzz_target
from benchmarks.fuzz import main, run_fuzz
from benchmarks.fuzz_mutants import blind_mutants, informed_mutants, parse
from benchmarks.fuzz_seeds import Seed, make_seeds
from MTINetLib.reading.dicom.read import open_dicom_folder
from MTINetLib.reading.volumes.read import read_volume


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Seed]:
    return make_seeds(tmp_path_factory.mktemp("seeds"))[0]


def test_damaged_files_cause_no_crash_no_hang_and_no_strange_exception(tmp_path: Path) -> None:
    out = tmp_path / "fuzz.json"
    code = main([str(out), "--mutants", "200", "--seed", "7", "--keep", str(tmp_path / "keep")])
    result = json.loads(out.read_text())
    assert result["faults"] == dict.fromkeys(["crash", "hang", "untyped", "memory", "others_lost"], 0), result
    assert code == 0
    assert result["mutants"] == 200
    # Otherwise nothing would have been damaged, or nothing survived.
    assert min(result["outcomes"].values()) > 5
    assert result["outcomes"].keys() == {"read", "reason", "refused"}
    assert result["how"]["elements"] == 100


def test_every_seed_is_read_whole(seeds: list[Seed], tmp_path: Path) -> None:
    assert len(seeds) >= 28
    for number, seed in enumerate(seeds):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / seed.name).write_bytes(seed.data)
        if not seed.name.endswith(".dcm"):
            assert np.isfinite(read_volume(folder / seed.name).array).all()
            continue
        for place, data in enumerate(seed.beside):
            (folder / f"{place}.dcm").write_bytes(data)
        found = open_dicom_folder(folder)
        assert len(found.volumes) == (4 if seed.kind.startswith("enhanced") else 1), seed.kind
        whole = [volume for volume in found.volumes if volume.problem is None]
        lacking = seed.kind in ("enhanced with other positions", "enhanced with other pixels")
        assert len(whole) == (len(found.volumes) - 1 if lacking else len(found.volumes)), seed.kind
        assert all(np.isfinite(volume.array).all() for volume in whole)


def test_the_same_seed_makes_the_same_mutants(seeds: list[Seed]) -> None:
    def all_of(number: int) -> list[bytes]:
        found = [m.data for m in blind_mutants(seeds, 20, np.random.default_rng(number))]
        informed_mutants(seeds, 20, number, lambda mutant: found.append(mutant.data))
        return found

    assert all_of(3) == all_of(3)
    assert all_of(3) != all_of(4)


def test_elements_are_taken_apart_without_loss(seeds: list[Seed]) -> None:
    from benchmarks.fuzz_mutants import _written

    whole = next(seed for seed in seeds if seed.kind == "classic RLE")
    elements = parse(whole.data)
    assert len(elements) > 40
    assert whole.data[:132] + b"".join(map(_written, elements)) == whole.data


FAULTS = {
    "crash": "os.kill(os.getpid(), 9)",
    "hang": "time.sleep(1000)",
    "untyped": "raise KeyError('hidden')",
    "memory": "target.hoard = np.ones(10**7)",
    "others_lost": "return {'outcome': 'read', 'others': False}",
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_of_the_reader_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A reader that does wrong at every second mutant."""
    (tmp_path / "faulty_target.py").write_text(
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from benchmarks import fuzz_target as target\n"
        "count = 0\n"
        "def faulty(study):\n"
        "    global count\n"
        "    count += 1\n"
        "    if count == 2:\n"
        f"        {FAULTS[fault]}\n"
        "    return {'outcome': 'read', 'others': True}\n"
        "target._read_folder = faulty\n"
        "target.serve(Path(sys.argv[1]))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(fuzz, "TARGET", "faulty_target")
    monkeypatch.setattr(fuzz, "LIMIT_S", 5.0 if fault == "hang" else 120.0)
    monkeypatch.setattr(fuzz, "MOST_MB", 50.0)
    monkeypatch.setattr(fuzz, "_START_S", 120.0)
    result = run_fuzz(4, 1, tmp_path / "keep")
    expected = {name: int(name == fault) for name in result["faults"]}
    if fault in ("crash", "hang"):
        expected[fault] = 2  # the reader that is started instead does the same again
    assert result["faults"] == expected
    assert result["mutants"] == 4
    assert len(list((tmp_path / "keep").iterdir())) == expected[fault]


def test_an_exception_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise ZeroDivisionError("hidden")

    monkeypatch.setattr(fuzz_target, "open_dicom_folder", broken)
    answer = fuzz_target.read_mutant(tmp_path, "mutant.dcm")
    assert answer["outcome"] == "untyped"
    assert "ZeroDivisionError at test_fuzz.py" in answer["text"]
