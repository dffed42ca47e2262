"""The page of a run in a real browser, as a file and over http."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import (
    CHROMIUM,
    PHONE,
    ROOT,
    awaited,
    colour,
    opened,
    served,
    settled,
    shift,
    started,
    violations,
    zoom,
)

from pipeline.report.facts import Now
from pipeline.report.reporter import Page
from pipeline.run import workers
from pipeline.run.directory import RunDir
from pipeline.run.workers import WorkerRow

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; Debian's package is `chromium`"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from started()


@pytest.fixture(scope="module", params=["file", "http"])
def address(request: pytest.FixtureRequest, finished: Path) -> Iterator[str]:
    """The page of a finished print as a local file and over http."""
    if request.param == "file":
        yield (finished / "report" / "index.html").as_uri()
        return
    with served("view", finished) as found:
        yield found


def test_it_zooms_to_100_percent(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        whole = zoom(page)
        page.click("#full")
        settled(page)
        assert zoom(page) == 100 != whole
        # 240 px of the print are 240 px of the screen.
        drawn = page.evaluate(
            """() => { const box = document.querySelector("#viewer").getBoundingClientRect();
                return box.width; }"""
        )
        middle = 0.5 + 0.4 * 240 / drawn  # inside the print, and 20 % further out no more
        assert colour(page, middle, 0.5) != colour(page, 0.5 + 0.6 * 240 / drawn, 0.5)
        page.click("#in")
        settled(page)
        assert zoom(page) == pytest.approx(150, rel=0.02)
        page.click("#whole")
        settled(page)
        assert zoom(page) == pytest.approx(whole, rel=0.02)


def test_with_two_pixels_for_one_100_percent_is_half_as_large(browser: Any, address: str) -> None:
    with opened(browser, address, device_scale_factor=2) as page:
        page.click("#full")
        settled(page)
        assert zoom(page) == 100


def test_the_slider_moves_the_line_between_two_pictures(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        assert page.locator("#name-left").inner_text() == "Photo"
        assert page.locator("#name-right").inner_text() == "Print"
        spot = (0.55, 0.4)  # right of the line, on the photo's sky
        as_print = colour(page, *spot)
        page.locator("#split").fill("800")
        settled(page)
        as_photo = colour(page, *spot)
        assert as_photo != as_print
        # With the keyboard, from there to the left end: all is print.
        page.locator("#split").focus()
        page.keyboard.press("Home")
        settled(page)
        assert colour(page, *spot) == pytest.approx(as_print, abs=3)
        # With the handle in the picture.
        page.locator("#split").fill("500")
        box = page.locator("#viewer").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5, steps=4)
        page.mouse.up()
        assert int(page.locator("#split").input_value()) == pytest.approx(700, abs=5)
        settled(page)
        assert colour(page, *spot) == pytest.approx(as_photo, abs=3)
        page.select_option("#left", "level-1")
        page.select_option("#right", "style-1")
        settled(page)
        assert page.locator("#name-left").inner_text() == "Level 1"
        assert colour(page, *spot) != pytest.approx(as_photo, abs=3)


def test_tiles_and_their_colours_lie_over_the_picture(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        before = colour(page, 0.4, 0.4)
        page.select_option("#grid", "2/1")
        page.select_option("#heat", "seconds")
        settled(page)
        assert page.locator("#legend").is_visible()
        assert page.locator("#least").inner_text().endswith("s")
        assert colour(page, 0.4, 0.4) != before
        box = page.locator("#viewer").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)
        awaited(page, "document.getElementById('tile').textContent.startsWith('Print')")
        assert page.locator("#again tr.chosen").count() == 1


def test_a_command_is_copied(browser: Any, address: str, finished: Path) -> None:
    allowed = ["clipboard-read", "clipboard-write"] if address.startswith("http") else []
    with opened(browser, address, permissions=allowed) as page:
        button = page.get_by_role("button", name="Copy the command for Print, tile 0,1")
        button.click()
        copied = "(each) => each.textContent === 'Copied'"
        awaited(page, f"[...document.querySelectorAll('td button')].some({copied})")
        if allowed:
            text = page.evaluate("navigator.clipboard.readText()")
            assert text == f"tilebrush stage {finished} restyle@2 --tile 0,1"


def test_loss_curves_are_drawn_and_told(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        assert page.locator("#curves figure canvas").count() == 3
        told = page.locator("#curves .chart").nth(2).get_attribute("aria-label")
        assert told.startswith("Print. Loss over iterations, mean of its tiles; sweep 1:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_all_can_use_it(browser: Any, address: str, scheme: str, size: str) -> None:
    options = PHONE if size == "phone" else {"viewport": {"width": 1280, "height": 900}}
    with opened(browser, address, color_scheme=scheme, **options) as page:
        settled(page)
        assert shift(page) < 0.02
        page.locator("details summary").click()
        page.select_option("#grid", "2/1")
        page.select_option("#heat", "last")
        assert violations(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0  # nothing to scroll sideways


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_workers_of_a_cluster_are_seen_live(browser: Any, copied: Path, size: str) -> None:
    def told(done: int) -> None:
        rows = [
            WorkerRow(
                name=f"tcp://10.0.0.{n}:40000", host="attic", state="working", done=done,
                doing=f"restyle@2 sweep 1 tile 0,{n}", seconds=4.0, work=2.0, joules=60.0 * (n - 1),
            )
            for n in (1, 2)
        ]  # fmt: skip
        workers.write(copied, tuple(rows))
        Page(RunDir.open(copied)).write("working", Now())

    address = (copied / "report" / "index.html").as_uri()
    with opened(browser, address) as page:
        assert not page.locator("#workers-part").is_visible()
    told(3)
    with opened(browser, address, **(PHONE if size == "phone" else {})) as page:
        cells = page.locator("#workers tbody td")
        assert cells.all_inner_texts()[8:] == [
            *("tcp://10.0.0.2:40000", "attic", "working", "restyle@2 sweep 1 tile 0,2"),
            *("3", "0.5", "4.0 s", "60 J"),
        ]
        assert cells.nth(7).inner_text() == "not known"
        told(5)
        awaited(page, "document.querySelectorAll('#workers td')[4].innerText === '5'")
        assert violations(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0


def test_every_control_is_reached_with_the_keyboard(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate("document.activeElement.id || document.activeElement.className")
            )
        assert {"left", "right", "grid", "heat", "split", "in", "out", "whole", "full"} <= reached
        assert any("openseadragon-canvas" in name for name in reached)


def test_a_print_is_seen_while_it_is_made(browser: Any, printer: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    more = ["--set", "display.iterations=2000", "--set", "paint.iterations=150"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "print", str(printer.photo), str(printer.style),
         "--run", str(run), *printer.options(), *more, "--quiet"],
        cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    ends = time.monotonic() + 120
    while not (run / "report" / "data.js").is_file() and time.monotonic() < ends:
        time.sleep(0.1)
    with served("view", run) as found, opened(browser, found) as page:
        states, pictures = [], []
        while process.poll() is None or "Finished" not in states[-1]:
            states.append(page.locator("#state").inner_text())
            pictures.append(page.locator("#right option").count())
            assert time.monotonic() < ends + 240
            page.wait_for_timeout(250)
        assert process.returncode == 0
        working = [state for state in dict.fromkeys(states) if state.startswith("Working")]
        assert len(working) >= 2, states
        assert pictures[0] < pictures[-1] == 5
        assert page.locator("#name-right").inner_text() == "Print"  # the newest, by itself
        assert page.locator("#files a").count() == 2
