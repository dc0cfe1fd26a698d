"""A node under test in this process, its peers, and small studies to send."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import MRImageStorage
from support.dicom_layouts import make_truth, save, series_per_phase

from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.work import Outcome
from MTINetLib.listener.delivery import Delivery
from MTINetLib.listener.folder import NodeFolder
from MTINetLib.listener.node import Node, Order
from MTINetLib.listener.peers import Peer
from MTINetLib.listener.receiver import Service
from MTINetLib.listener.tls import NodeTls
from MTINetLib.listener.work import Analyze, Completeness

TITLE, SCANNER = "MTINET", "SCANNER"


class CountingAnalysis:
    """Notes how many images there were; refuses a study of one image, as a real one would."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, study: CohortStudy) -> Outcome:
        assert all(Path(file).is_file() for file in study.files)
        self.seen.append(study.count)
        if study.count == 1:
            return Outcome(problem="There is one image: a study of four phases is needed.")
        return Outcome(lesions=1)


def node_at(
    folder: Path,
    analysis: Analyze | None = None,
    *,
    quiet_s: float = 0.0,
    expected: int = 0,
    reserve: int = 0,
    peers: Sequence[Peer] = (Peer(SCANNER, "127.0.0.1"),),
    archive: Peer | None = None,
    tls: NodeTls | None = None,
) -> Node:
    order = Order(
        Service(TITLE, 0, peers, reserve, "127.0.0.1", tls=None if tls is None else tls.receiving),
        Completeness(quiet_s, expected),
        analysis or CountingAnalysis(),
        Delivery(archive, TITLE, None if tls is None else tls.calling),
    )
    return Node(NodeFolder(folder), order)


@contextmanager
def receiving(node: Node) -> Iterator[int]:
    """The port of a node that receives; it works only where a test says so."""
    try:
        yield node.start()
    finally:
        node.stop()
        node.close()


def write_study(folder: Path, seed: int) -> list[Path]:
    """A study of 32 images, of a patient of its own."""
    files = []
    for number, data in enumerate(series_per_phase(make_truth(seed=seed))):
        data.StudyInstanceUID = f"1.2.826.0.1.3680043.8.498.{seed}"
        data.SeriesInstanceUID = f"1.2.826.0.1.3680043.8.498.{seed}.9{number // 8}"
        data.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{seed}.{number}"
        data.PatientID, data.PatientName = f"P{seed}", f"Doe^{seed}"
        files.append(folder / f"{seed}-{number:03d}.dcm")
        save(data, files[-1])
    return files


def dcmsend(port: int, files: Sequence[Path], title: str = SCANNER, called: str = TITLE) -> int:
    """Exit code of dcmtk's sender."""
    program = shutil.which("dcmsend")
    if program is None:
        pytest.skip("dcmsend is not installed: Debian, Ubuntu: apt-get install dcmtk")
    words = [program, "-aet", title, "-aec", called, "127.0.0.1", str(port), *map(str, files)]
    return subprocess.run(words, capture_output=True, timeout=300).returncode


@contextmanager
def association(port: int, title: str = SCANNER, called: str = TITLE) -> Iterator[AE]:
    """An association that takes one object after the other."""
    entity = AE(title)
    entity.add_requested_context(MRImageStorage)
    line = entity.associate("127.0.0.1", port, ae_title=called)
    try:
        yield line
    finally:
        if line.is_established:
            line.release()
