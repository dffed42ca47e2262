"""The page of a print of 27 megapixels: seconds to make it, and until a browser has opened it.

    python -m benchmarks.page [--size 6000x4500] [--out FOLDER]

Nothing is painted: all its canvases are the sample's painting, as large as those of such a print.
Opening takes Debian's package `chromium` and Playwright; without them that line is left out.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import SAMPLES, print_table, save_json
from pipeline.config import load as config
from pipeline.engine import table
from pipeline.engine.outputs import Place, Ref
from pipeline.engine.state import State
from pipeline.report.reporter import write
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages import canvas
from stages.tiles import Size

_QUIET = ("--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking")


@dataclass(frozen=True)
class Step:
    """What was done, and how long it took."""

    what: str
    seconds: float
    of_the_processor: float | None = None


def stand_in(folder: Path, size: Size) -> RunDir:
    """A run whose photo, paintings and canvases are there, with records, and nothing else."""
    settings = config.override(config.Settings(), {"print.size": str(size), "print.fit": "cover"})
    names = (("photo", "photo.jpg"), ("style", "style.jpg"))
    manifest = Manifest(
        asked=config.to_record(settings),
        resolved=config.to_record(settings),
        inputs=tuple(Input.of(role, SAMPLES / name) for role, name in names),
    )
    run = RunDir.create(folder / "run", manifest)
    state = State(run)
    canvas.prepare_style(SAMPLES / "style.jpg", folder / "style.npy", 16_000_000)
    with run.locked():
        for ref, wanted in _refs(state, size):
            key = {"key": state.keys.of(ref)}

            def made(out: Path, wanted: Size = wanted) -> None:
                canvas.resize(folder / "style.npy", out, wanted)

            run.commit(state.path(table.row(ref.name), ref.place), made, key)
    return run


def _refs(state: State, size: Size) -> Iterator[tuple[Ref, Size]]:
    brief = state.brief
    yield Ref("photo"), size
    yield Ref("style", Place(style=1)), Size(4600, 3450)
    yield Ref("display canvas"), brief.plan.display[-1].size
    for level in brief.plan.levels:
        yield Ref(brief.result(level.level), Place(level=level.level)), level.size


def opened(page: Path) -> float | None:
    """Seconds until a browser shows the picture of a page from the disk; None without a browser."""
    path = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if path is None:
        return None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(_QUIET))
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto("about:blank")
        began = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_function("document.querySelectorAll('#levels tbody tr').length > 0")
        tab.wait_for_function(
            """() => { const c = document.querySelector("#viewer canvas");
                return c && c.getContext("2d").getImageData; }"""
        )
        seconds = time.perf_counter() - began
        browser.close()
    return seconds


def main() -> int:
    """Make it and open it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="6000x4500")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = stand_in(Path(folder), config.parse_size(given.size))
        steps = []
        for what in ("the page made, with all its pictures", "looked at again, nothing new"):
            began, worked = time.perf_counter(), time.process_time()
            write(run)
            steps.append(Step(what, time.perf_counter() - began, time.process_time() - worked))
        seconds = opened(run.root / "report" / "index.html")
        steps += [Step("opened from the disk", seconds)] if seconds is not None else []
        report = run.root / "report"
        size = sum(path.stat().st_size for path in report.rglob("*") if path.is_file())
        print(f"{size / 1e6:.1f} MB")
    print_table(f"The page of a print of {given.size}", steps)
    save_json(given.out, "page", steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
