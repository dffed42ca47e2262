"""A Chromium without a window, a served page, and what is asked of pages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_QUIET = (
    *("--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def started() -> Iterator[Any]:
    """A browser; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here; Debian's package is `chromium`")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield browser
        browser.close()


def awaited(page: Any, truth: str, seconds: float = 30) -> None:
    """Wait until an expression is true of a page.

    It is asked from outside: the page's own rules let no text be run as a script within it, which
    Playwright's waiting does from the second time on.
    """
    ends = time.monotonic() + seconds
    while not page.evaluate(truth):
        assert time.monotonic() < ends, f"it never came true: {truth}"
        page.wait_for_timeout(50)


@contextmanager
def opened(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """A page in a context of its own; whatever it complains of, or asks the network for, fails."""
    context = browser.new_context(**options)
    page, wrong = context.new_page(), []
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    allowed = ("file://", "data:", "blob:", "http://127.0.0.1:")
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(allowed) else wrong.append(asked.url),
    )
    page.goto(address)
    awaited(page, "document.querySelectorAll('#levels tbody tr').length > 0")
    yield page
    context.close()
    assert not wrong, wrong


@contextmanager
def served(*arguments: object) -> Iterator[str]:
    """A command that serves, in a process of its own; gives the address that it tells."""
    command = [sys.executable, "-m", "pipeline", *map(str, arguments), "--no-open"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    address = ""
    for line in process.stdout:
        if "http://" in line:
            address = "http://" + line.split("http://")[1].split('"')[0].strip()
            break
    try:
        assert address, process.stderr.read() if process.stderr else ""
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, ""), said


# ---- what is asked


def violations(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 AA and its own best practice."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = (
        axe.Axe().run(page, options={"runOnly": levels, "preload": False}).response["violations"]
    )
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def shift(page: Any) -> float:
    """The layout shift since the page was opened, as browsers measure it; under 0.1 is good."""
    found = page.evaluate(
        """() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => {
                for (const each of list.getEntries()) sum += each.value;
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 200);
        })"""
    )
    return float(found)


def colour(page: Any, x: float, y: float) -> tuple[int, ...]:
    """The colour that the page shows at a place of the viewer, 0 to 1 across and down."""
    import cv2
    import numpy as np

    shot = page.locator(".frame").screenshot()
    image = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
    height, width, _ = image.shape
    row, column = int(y * (height - 1)), int(x * (width - 1))
    around = image[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].reshape(-1, 3)
    return tuple(int(value) for value in around.mean(axis=0)[::-1])


def zoom(page: Any) -> float:
    """What the page says of its zoom, in percent."""
    return float(page.locator("#zoom").inner_text().removesuffix(" %"))


def settled(page: Any) -> None:
    """Wait until nothing moves and all pieces in view are drawn."""
    page.wait_for_timeout(1200)
