"""``python -m MTINetLib.worker``: started by the client, which tells its folder in the environment."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from MTINetLib.worker.channel import RUN_VARIABLE


def main() -> int:
    """Serve the client until it ends; 2 if there is none."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    run = os.environ.get(RUN_VARIABLE, "")
    if not run or not Path(run).is_dir():
        logging.getLogger(__name__).error(
            "This process is started by MTINetLib.worker.client; it takes no orders from a terminal."
        )
        return 2
    from MTINetLib.malloc_tuning import keep_freed_memory
    from MTINetLib.worker.server import Server

    keep_freed_memory()
    Server(Path(run)).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
