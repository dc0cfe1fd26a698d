"""A real browser without a screen, which draws with its own software; skipped loudly where there is none."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

#: A busy machine draws slowly.
_PATIENCE_MS = 280_000
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def open_browser() -> Iterator[Any]:
    """Chromium; its contexts are apart from each other."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is missing")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium): no page was looked at")
    with sync_api.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--disable-gpu-watchdog",
            ],
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page, what it asked for and what went wrong in it."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(_PATIENCE_MS)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def open(self, url: str) -> Any:
        """A study, until its images are drawn."""
        self.page.goto(url)
        self.page.wait_for_selector("[data-ready]")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Until what was asked for is drawn."""
        self.page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def pixels(target: Any) -> npt.NDArray[np.float64]:
    """What an element looks like, [rows, columns, 3], 0 to 1."""
    from matplotlib.image import imread

    return np.asarray(imread(io.BytesIO(target.screenshot()), format="png"), dtype=np.float64)[..., :3]
