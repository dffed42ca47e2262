"""The page follows a print, and never costs one."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import print as command
from pipeline.commands.clean import clean
from pipeline.console.console import Console
from pipeline.engine.state import State
from pipeline.engine.worker import Worker
from pipeline.report import files, gathering, reporter
from pipeline.report.facts import Now
from pipeline.report.reporter import Page, write
from pipeline.run import workers
from pipeline.run.directory import RunDir
from stages import canvas
from stages.errors import Interrupted, TilebrushError


def data(run: Path) -> dict[str, Any]:
    return files.read_data(run / "report" / "data.js")


def test_a_finished_print_has_its_page(finished: Path) -> None:
    folder = finished / "report"
    found = data(finished)
    assert found["state"] == "finished" and found["files"] == ["print.tif", "print.jpg"]
    for name in files.ASSETS:
        assert (folder / name).read_bytes() == files.asset(name)
    for picture in found["pictures"]:
        steps = folder / "pictures" / picture["folder"]
        assert {path.name for path in steps.iterdir()} == {
            str(n) for n in range(picture["top"] + 1)
        }
        assert (steps / "0" / "0_0.jpg").is_file()
    assert {path.name for path in (folder / "pictures").iterdir()} == {
        picture["folder"] for picture in found["pictures"]
    }
    assert found["peak_memory_bytes"] > 1e7


def test_pieces_are_the_canvas(finished: Path) -> None:
    picture = data(finished)["pictures"][-1]
    piece = finished / "report" / "pictures" / picture["folder"] / str(picture["top"]) / "0_0.jpg"
    assert canvas.inspect(piece).size.width == picture["width"]


def test_the_page_names_nothing_that_is_not_there(finished: Path) -> None:
    text = (finished / "report" / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="([^"#]+)"', text):
        if not name.startswith("data:"):
            assert (finished / "report" / name).is_file(), name
    assert "//" not in re.sub(r"<!--.*?-->", "", text).replace("<!doctype html>", "")


def test_it_is_written_while_the_print_goes_on(
    printer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "EVERY", 0.0)
    monkeypatch.setattr(reporter, "_IDLE", 0)
    seen: list[tuple[str, float, int]] = []
    inner = Page.write

    def noting(page: Page, *given: Any, **named: Any) -> None:
        inner(page, *given, **named)
        now = data(page.run.root)
        seen.append((now["state"], now["now"]["done_share"], len(now["pictures"])))

    monkeypatch.setattr(Page, "write", noting)
    printer(tmp_path / "run")
    assert seen[-1] == ("finished", 0.0, 5)
    working = seen[:-1]
    assert len(working) > 10 and all(state == "working" for state, _, _ in working)
    shares, pictures = [share for _, share, _ in working], [count for _, _, count in working]
    assert shares == sorted(shares) and shares[0] < 0.5 < shares[-1]
    assert pictures == sorted(pictures) and pictures[0] < 3


def test_a_page_that_cannot_be_written_costs_no_print(
    printer: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"

    def blocked(page: Page, *_: Any, **__: Any) -> None:
        raise OSError(28, os.strerror(28))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "write", blocked)
        settings = printer.resolved()
        made = command.print_run(printer.photo, [printer.style], run, settings, Console())
    assert Path(made.tiff).is_file()
    warned = [line for line in capfd.readouterr().err.splitlines() if "report" in line]
    assert len(warned) == 1 and warned[0].startswith("warning: the report could not be written")
    assert "report could not be written" in (run / "run.log").read_text()


def test_it_is_not_written_through_a_link_out_of_the_run(printer: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    printer(run)
    shutil.rmtree(run / "report")
    (tmp_path / "elsewhere").mkdir()
    (run / "report").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TilebrushError, match="link that leads out"):
        write(RunDir.open(run))
    assert not list((tmp_path / "elsewhere").iterdir())


def test_interrupted_it_says_stopped(
    printer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Worker._settle

    def stopping(self: Worker, output: Any, places: Any) -> None:
        if output.stage == "blend":
            raise Interrupted(signal.SIGINT)
        inner(self, output, places)

    monkeypatch.setattr(Worker, "_settle", stopping)
    with pytest.raises(Interrupted):
        printer(tmp_path / "run")
    assert data(tmp_path / "run")["state"] == "stopped"


def test_it_tells_of_the_workers_of_a_cluster_also_when_they_are_gone(
    copied: Path, printer: Any
) -> None:
    assert data(copied)["workers"] == []
    row = workers.WorkerRow(
        name="w1", host="attic", state="working", doing="restyle@1", done=3, seconds=4.0,
        work=2.0, joules=60.0,
    )  # fmt: skip
    workers.write(copied, (row,))
    page = Page(RunDir.open(copied))
    page.write("working", Now())
    assert data(copied)["workers"] == [asdict(row)]
    workers.forget(copied)
    page.write("finished", Now())
    assert data(copied)["workers"] == [asdict(row)]
    printer(copied, force=True, style_weight="2")  # another print
    assert data(copied)["workers"] == []


def test_nothing_is_written_that_is_not_new(copied: Path) -> None:
    write(RunDir.open(copied))
    before = {p: p.stat().st_mtime_ns for p in (copied / "report").rglob("*") if p.is_file()}
    write(RunDir.open(copied))
    after = {p: p.stat().st_mtime_ns for p in (copied / "report").rglob("*") if p.is_file()}
    assert before == after


def test_pictures_that_a_power_cut_left_empty_are_made_again(copied: Path) -> None:
    folder = copied / "report" / "pictures" / data(copied)["pictures"][-1]["folder"]
    whole = (folder / "0" / "0_0.jpg").read_bytes()
    (folder / "0" / "0_0.jpg").write_bytes(b"")
    write(RunDir.open(copied))
    assert (folder / "0" / "0_0.jpg").read_bytes() == whole


def test_pictures_of_an_older_print_go(copied: Path, printer: Any) -> None:
    before = {picture["folder"] for picture in data(copied)["pictures"]}
    printer(copied, force=True, style_weight="2")
    after = {path.name for path in (copied / "report" / "pictures").iterdir()}
    assert after == {picture["folder"] for picture in data(copied)["pictures"]}
    assert len(before & after) == 2  # photo and painting are the same


def test_clean_keeps_the_page_as_it_was(copied: Path) -> None:
    before = {path: path.read_bytes() for path in (copied / "report").rglob("*") if path.is_file()}
    clean(copied)
    assert before == {
        path: path.read_bytes() for path in (copied / "report").rglob("*") if path.is_file()
    }


def test_names_cannot_break_out_of_the_data(finished: Path) -> None:
    found = gathering.facts(State(RunDir.open(finished)), "finished", Now(), 0, 0)
    bad = replace(found, title="</script><script>alert(1)</script>\u2028.jpg")
    text = files.as_data(bad)
    assert "<" not in text and "\u2028" not in text
    said = json.loads(text.removeprefix("tilebrush(").removesuffix(");\n"))
    assert said["title"] == bad.title
    assert "<b>" not in files.rendered(title="<b>")


def test_a_run_without_it_gets_it(copied: Path) -> None:
    shutil.rmtree(copied / "report")
    write(RunDir.open(copied))
    assert data(copied)["state"] == "finished" and len(data(copied)["pictures"]) == 5
