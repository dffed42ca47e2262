"""What the user sees, on a terminal and without one."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import units
from pipeline.console import render
from pipeline.console.console import Console, Pace
from stages.tiles import Size

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Row:
    level: int
    size: Size
    time_seconds: float
    note: str | None = None


@dataclass(frozen=True)
class Result:
    path: Path
    rows: tuple[Row, ...]
    total_seconds: float
    disk_bytes: int
    done_share: float
    price_per_kwh: float
    halo_px: int
    ok: bool
    nothing: str = ""
    missing: float | None = None

    @property
    def headline(self) -> str:
        return "all is well"


RESULT = Result(
    Path("run"), (Row(0, Size(533, 400), 33), Row(10, Size(6000, 4500), 4000, "x")),
    5000.0, 324_000_000, 0.5, 0.3, 64, True,
)  # fmt: skip


def plain(**options: bool) -> tuple[Console, io.StringIO, io.StringIO, Clock]:
    stream, out, clock = io.StringIO(), io.StringIO(), Clock()
    return Console(**options, stream=stream, out=out, clock=clock), stream, out, clock


# ---- messages


def test_messages_and_results_go_their_own_ways() -> None:
    console, stream, out, _ = plain()
    console.message("hello")
    console.warn("look")
    console.error("it broke")
    assert stream.getvalue() == "hello\nwarning: look\ntilebrush: it broke\n"
    assert out.getvalue() == ""


def test_quiet_says_nothing_but_errors() -> None:
    console, stream, out, _ = plain(quiet=True)
    console.message("hello")
    console.warn("look")
    with console.progress(3, "print") as bar:
        bar.stage("display")
        bar.advance(3)
    console.error("it broke")
    console.show(RESULT)
    assert stream.getvalue() == "tilebrush: it broke\n"
    assert out.getvalue()


def test_a_message_is_one_line_and_cannot_drive_the_terminal() -> None:
    console, stream, _, _ = plain()
    console.error("bad\nname [red]\x1b[2J\udcff.jpg[/red]")
    assert stream.getvalue() == "tilebrush: bad name [red]\\x1b[2J\\udcff.jpg[/red]\n"


def test_a_terminal_without_the_letters_still_gets_the_text() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream=stream, out=stream).message("Käse.jpg")
    assert raw.getvalue() == b"K\\xe4se.jpg\n"


# ---- progress


def test_without_a_terminal_there_is_a_line_per_stage_and_ten_seconds() -> None:
    console, stream, _, clock = plain()
    with console.progress(100, "print") as bar:
        bar.stage("restyle@1 sweep 1/2")
        for _ in range(50):
            clock.now += 1
            bar.advance(1, "tile")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[0] == "print, 0 %, restyle@1 sweep 1/2"
    assert lines[-1].startswith("print, 50 %, ready ") and "in 50 s" in lines[-1]
    assert "\x1b" not in stream.getvalue() and "\r" not in stream.getvalue()


def test_on_a_terminal_there_is_a_bar_and_messages_go_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    console = Console(stream=stream)
    with console.progress(2, "print") as bar:
        bar.stage("display")
        bar.advance(1, "[bold]tile")
        console.message("look [red]here[/red]")
    text = stream.getvalue()
    assert "look [red]here[/red]" in text and "50 %" in text and "[bold]tile" in text
    assert "\x1b[" in text
    console.message("after")
    assert stream.getvalue().endswith("after\n")


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with Console(stream=stream).progress(2, "print") as bar:
        bar.advance(1)
    assert "%" in stream.getvalue()
    assert not any(f"\x1b[{code}" in stream.getvalue() for code in ("3", "9", "1;", "38"))


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with Console(stream=stream).progress(2, "print") as bar:
        bar.stage("display")
    assert stream.getvalue() == "print, 0 %, display\n"


def test_what_was_done_earlier_says_nothing_about_the_pace() -> None:
    clock = Clock()
    pace = Pace(100, None, clock)
    assert pace.remaining() is None
    pace.add(50, skipped=True)
    assert pace.remaining() is None
    clock.now += 10
    pace.add(10)
    assert pace.remaining() == pytest.approx(40)


def test_a_first_guess_at_the_pace_gives_way_to_what_is_measured() -> None:
    clock = Clock()
    pace = Pace(100, 5.0, clock)
    assert pace.remaining() == pytest.approx(500)
    clock.now += 50
    pace.add(50)
    assert 50 < (pace.remaining() or 0) < 65


def test_the_first_tiles_outweigh_the_display_and_the_first_guess() -> None:
    clock = Clock()
    pace = Pace(1000, 9.0, clock)
    for _ in range(15):  # display: small images, five seconds each
        clock.now += 5
        pace.add(1)
    for _ in range(100):  # one tile, iteration by iteration
        clock.now += 2
        pace.add(1)
    assert pace.remaining() == pytest.approx(885 * 2, rel=0.03)


def test_looking_at_finished_outputs_takes_time_but_tells_no_pace() -> None:
    clock = Clock()
    pace = Pace(1000, None, clock)
    for _ in range(90):  # each is hashed for ten seconds
        clock.now += 10
        pace.add(10, skipped=True)
    clock.now += 3
    pace.add(1)
    assert pace.remaining() == pytest.approx(99 * 3)


def test_a_stall_slows_the_pace_and_a_pause_does_not() -> None:
    clock = Clock()
    pace = Pace(100, None, clock)
    for _ in range(10):
        clock.now += 1
        pace.add(1)
    before = pace.remaining()
    clock.now += 0.9
    assert pace.remaining() == pytest.approx(before)
    clock.now += 3600
    assert (pace.remaining() or 0) > 100 * (before or 0)
    pace.hold()
    assert pace.remaining() == pytest.approx(before)


def test_waiting_is_shown_and_pauses_count_for_when_it_is_ready() -> None:
    console, stream, _, clock = plain()
    with console.progress(100, "print", on_clock=lambda seconds: seconds + 36_000) as bar:
        clock.now += 10
        bar.advance(10, "tile 0,0")
        with bar.waiting("waiting until Tue 22:00"):
            assert bar.text().endswith("waiting until Tue 22:00")
            clock.now += 50_000
        assert bar.text().endswith("tile 0,0")
        bar.stage("restyle@1")
        bar.expect(50)
        bar.stage("restyle@2")
    lines = stream.getvalue().splitlines()
    assert "in 10 h 2 min" in lines[-2] and "10 %" in lines[-2]
    assert "in 10 h 1 min" in lines[-1] and "20 %" in lines[-1]


def test_more_work_than_expected_is_not_negative_time() -> None:
    clock = Clock()
    pace = Pace(1, None, clock)
    clock.now += 1
    pace.add(3)
    assert pace.remaining() == 0
    console, stream, _, _ = plain()
    with console.progress(0, "nothing") as bar:
        bar.stage("x")
        bar.advance(0)
    assert "100 %" in stream.getvalue()


def test_when_it_is_ready() -> None:
    now = datetime(2024, 1, 2, 12, 53)  # a Tuesday
    assert units.ready(4320, now) == "ready 14:05, in 1 h 12 min"
    assert units.ready(86400, now) == "ready Wed 12:53, in 24 h 0 min"
    assert units.ready(8 * 86400, now) == "ready Wed 10 Jan 12:53, in 8 d 0 h"
    assert units.ready(1e18, now) == "ready in ages"
    assert "ready" in units.ready(timedelta(days=400).total_seconds(), now)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of Unix")
def test_a_stopped_process_is_not_slow() -> None:
    """A pause of three seconds once made a third of a second of work look like three."""
    code = """
        import time
        from pipeline.console.console import Console
        with Console(quiet=True).progress(100, "print") as bar:
            print("begun", flush=True)
            for _ in range(10):
                time.sleep(0.1)
                bar.advance(1)
            print(bar.pace.elapsed(), bar.pace.remaining())
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    process.send_signal(signal.SIGCONT)
    elapsed, left = (float(word) for word in process.communicate(timeout=30)[0].split())
    assert elapsed < 2.5 and left < 22


# ---- results


def test_a_result_for_people() -> None:
    console, _, out, _ = plain()
    console.show(RESULT)
    assert out.getvalue() == (
        "all is well\n"
        "path           run\n"
        "total          1 h 23 min\n"
        "disk           324 MB\n"
        "done           50 %\n"
        "price per kwh  0.3\n"
        "halo           64 px\n"
        "ok             yes\n"
        "\n"
        "rows:\n"
        "  level  size            time  note\n"
        "      0  533x400         33 s  -\n"
        "     10  6000x4500  1 h 7 min  x\n"
    )


def test_a_result_for_programs() -> None:
    console, _, out, _ = plain(json=True)
    console.show(RESULT)
    found = json.loads(out.getvalue())
    assert found["rows"][1]["size"] == {"width": 6000, "height": 4500}
    assert (found["path"], found["total_seconds"], found["missing"]) == ("run", 5000.0, None)


def test_numbers_that_are_none_are_null_and_unknown() -> None:
    row = Row(0, Size(1, 1), float("nan"))
    assert json.loads(render.as_json(row))["time_seconds"] is None
    assert "unknown" in render.as_text(row)


def test_lists_of_results_and_of_texts() -> None:
    assert render.as_text([Row(0, Size(3, 4), 1.0)]).splitlines()[0].split() == [
        "level", "size", "time", "note",
    ]  # fmt: skip
    assert render.as_text([]) == ""
    assert render.as_text({"files": ("a\n", "b")}) == "\nfiles:\n  a\n  b\n"
    assert render.as_text({"files": ("a",)}) == "files  a\n"


# ---- watching


def test_watching_shows_changes_until_done() -> None:
    console, _, out, _ = plain()
    left = iter([1.0, 1.0, 2.0, 3.0])
    slept: list[float] = []
    last = console.watch(
        lambda: Row(0, Size(1, 1), next(left)),
        done=lambda row: isinstance(row, Row) and row.time_seconds == 3,
        sleep=slept.append,
    )
    assert isinstance(last, Row) and out.getvalue().count("level") == 3
    assert slept == [2.0, 2.0, 2.0]


def test_watching_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    left = iter([1.0, 2.0])
    Console(out=out).watch(
        lambda: Row(0, Size(1, 1), next(left)),
        done=lambda row: isinstance(row, Row) and row.time_seconds == 2,
        sleep=lambda seconds: None,
    )
    assert "2.0 s" in out.getvalue()


def test_rich_is_imported_for_terminals_only() -> None:
    code = (
        "import sys; from pipeline.console.console import Console; c = Console(); c.message('x')\n"
        "with c.progress(1, 'x') as bar: bar.advance(1)\n"
        "c.show([]); print('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
