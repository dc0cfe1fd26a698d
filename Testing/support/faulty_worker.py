"""The worker with the jobs of :mod:`support.faulty_jobs` besides its own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

if __name__ == "__main__":
    from support import faulty_jobs

    from MTINetLib.worker.__main__ import main
    from MTINetLib.worker.jobs import JOBS

    JOBS.update(faulty_jobs.JOBS)
    sys.exit(main())
