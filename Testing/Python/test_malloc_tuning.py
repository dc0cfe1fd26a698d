from __future__ import annotations

import platform
import sys

from MTINetLib.malloc_tuning import keep_freed_memory


def test_it_takes_effect_on_glibc_and_does_nothing_elsewhere() -> None:
    glibc = sys.platform.startswith("linux") and platform.libc_ver()[0] == "glibc"
    assert keep_freed_memory() == glibc
