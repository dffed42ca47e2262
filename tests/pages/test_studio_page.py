"""The studio in a real browser: two files become a print, whatever becomes of the browser."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, PHONE, served, shift, started, violations

from pipeline.config import load as config
from pipeline.run.directory import RunDir

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; Debian's package is `chromium`"),
    pytest.mark.skipif(os.name != "posix", reason="signals of Unix"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from started()


@pytest.fixture
def folder(tmp_path: Path, printer: Any) -> Path:
    """A studio's folder whose prints take some seconds."""
    made = tmp_path / "prints"
    made.mkdir()
    slow = printer.resolved(display_iterations="1500", paint_iterations="30")
    (made / "pipeline.toml").write_text(config.to_toml(slow), encoding="utf-8")
    return made


def said(page: Any) -> str:
    return str(page.locator("#said").inner_text())


def until(page: Any, what: Any, seconds: float = 240) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, (said(page), page.locator("#state").inner_text())
        page.wait_for_timeout(200)


def test_two_files_become_a_print(browser: Any, folder: Path, printer: Any) -> None:
    with served("studio", folder) as address:
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.goto(address)
        assert page.locator("#start").is_disabled()
        page.set_input_files("#photo-file", printer.photo)
        page.set_input_files("#style-file", printer.style)
        until(page, lambda: page.locator("#start").is_enabled())
        assert page.locator("#photo-told").inner_text() == "photo.png, 160x120 px"
        page.fill("#paper", "2x1.5cm")
        page.fill("#dpi", "305")
        page.click("#plan")
        until(page, lambda: page.locator("#planned dd").count() == 6)
        assert "cm" in page.locator("#planned dd").first.inner_text()
        page.click("#start")
        until(page, lambda: page.locator("#state").inner_text().startswith("Working"))
        until(page, lambda: page.locator("#start").is_disabled())
        assert page.locator("#plan").is_disabled()
        page.click("#pause")
        until(page, lambda: page.locator("#state").inner_text().startswith("Stopped"))
        until(page, lambda: page.locator("#resume").is_enabled())
        run = folder / "photo_style"
        assert not RunDir(run).busy()
        page.click("#resume")
        until(page, lambda: page.locator("#state").inner_text().startswith("Working"))
        page.close()  # a closed browser stops nothing
        page = browser.new_page()
        page.goto(address)
        until(page, lambda: page.locator("#state").inner_text().startswith("Finished"))
        assert (run / "print.jpg").is_file()
        with page.expect_response("**/print.jpg") as answer:
            page.evaluate("fetch(document.querySelector('#files a[href$=\"print.jpg\"]').href)")
        assert answer.value.status == 200
        assert page.locator("#name-right").inner_text() == "Print"
        assert violations(page) == [] and not wrong
        page.close()


def test_what_is_no_image_is_refused_in_words(browser: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no image")
    with served("studio", folder) as address:
        page = browser.new_page()
        page.goto(address)
        page.set_input_files("#photo-file", tmp_path / "notes.jpg")
        until(page, lambda: "notes.jpg" in said(page))
        assert page.locator("#photo-told").inner_text() == "None yet."
        assert not list((folder / "inputs").iterdir())
        page.close()


def test_options_that_make_no_sense_are_told(browser: Any, folder: Path, printer: Any) -> None:
    with served("studio", folder) as address:
        page = browser.new_page()
        page.goto(address)
        page.set_input_files("#photo-file", printer.photo)
        page.set_input_files("#style-file", printer.style)
        until(page, lambda: page.locator("#start").is_enabled())
        page.fill("#paper", "a lot")
        page.click("#start")
        until(page, lambda: "a lot" in said(page))
        assert not RunDir.exists(folder / "photo_style")
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_all_can_use_it(browser: Any, folder: Path, scheme: str, size: str) -> None:
    options = PHONE if size == "phone" else {"viewport": {"width": 1280, "height": 900}}
    with served("studio", folder) as address:
        context = browser.new_context(color_scheme=scheme, **options)
        page = context.new_page()
        page.goto(address)
        page.wait_for_timeout(1500)
        assert violations(page) == [] and shift(page) < 0.02
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0
        context.close()
