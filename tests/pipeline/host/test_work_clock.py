"""Worked seconds: pauses are left out, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pipeline.host.work_clock import Activity, WorkClock, worked

ROOT = Path(__file__).parents[3]


class Computer:
    """Simulated clocks, looked at every half second unless the process does not run."""

    def __init__(self) -> None:
        self.now, self.active = 50.0, 7.0
        self.worked = WorkClock(lambda: self.now, lambda: self.active)
        self.began = self.worked()

    def works(self, seconds: float, active: float = 1.0, every: float = 0.5) -> Computer:
        left = seconds
        while left > 1e-9:
            step = min(every, left)
            left, self.now, self.active = left - step, self.now + step, self.active + step * active
            self.worked()
        return self

    def pauses(self, seconds: float) -> Computer:
        self.now += seconds  # seen at the next look only
        return self

    def counted(self) -> float:
        return self.worked() - self.began


def test_work_counts() -> None:
    assert Computer().works(60).counted() == pytest.approx(60)


def test_waiting_for_a_disk_counts() -> None:
    assert Computer().works(60, active=0.001).counted() == pytest.approx(60)


@pytest.mark.parametrize("seconds", [2.1, 60, 3600, 1e6])
def test_a_pause_does_not_count(seconds: float) -> None:
    here = Computer().works(10.2).pauses(seconds).works(10)
    assert here.counted() == pytest.approx(20.2, abs=0.5)
    assert here.pauses(seconds).counted() == pytest.approx(20.2, abs=1)


def test_many_threads_at_work_before_a_pause_do_not_hide_it() -> None:
    here = Computer().works(5, active=4)
    here.active += 2  # half a second of four threads, not looked at any more
    assert here.pauses(60).counted() == pytest.approx(5, abs=0.5)


def test_short_gaps_count() -> None:
    here = Computer()
    for _ in range(10):
        here.works(1).pauses(1.4)
    assert here.counted() == pytest.approx(24)


def test_a_long_call_that_lets_no_other_thread_run_counts() -> None:
    assert Computer().works(30, active=1.0, every=30).counted() == pytest.approx(30)


def test_standing_in_the_processors_queue_counts() -> None:
    """Activity has the time in which a thread wanted to run and was not let."""
    assert Computer().works(30, active=0.9, every=10).counted() == pytest.approx(30)


def test_it_never_goes_back() -> None:
    here, last = Computer(), 0.0
    for step in range(200):
        here.pauses(step * 7 % 11).works(0.3)
        assert here.counted() >= last
        last = here.counted()


def threads(folder: Path, text: bytes) -> Path:
    import threading

    file = folder / f"{threading.main_thread().native_id}" / "schedstat"
    file.parent.mkdir(parents=True)
    file.write_bytes(text)
    return folder


def test_running_and_queueing_add_up(tmp_path: Path) -> None:
    assert Activity(threads(tmp_path, b"2000000000 500000000 17\n"))() == 2.5


@pytest.mark.parametrize("text", [b"", b"1", b"a b c", None])
def test_without_counts_processor_time_tells(tmp_path: Path, text: bytes | None) -> None:
    before = time.process_time()
    found = Activity(tmp_path if text is None else threads(tmp_path, text))()
    assert before <= found <= time.process_time()


def test_this_process_goes_on() -> None:
    began = worked()
    time.sleep(0.05)
    assert 0.04 < worked() - began < 5


CHILD = """
    import sys, time
    from pipeline.host.work_clock import worked
    worked()
    print("begun", flush=True)
    {work}
    began, wall = worked(), time.monotonic()
    print("now", flush=True)
    {then}
    print(worked() - began, time.monotonic() - wall)
"""


def child(then: str, work: str = "") -> subprocess.Popen[str]:
    code = textwrap.dedent(CHILD).format(work=work, then=then)
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["begun\n", "now\n"]
    return process


def told(process: subprocess.Popen[str]) -> tuple[float, float]:
    out, _ = process.communicate(timeout=60)
    counted, wall = (float(word) for word in out.split())
    return counted, wall


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of Unix")
@pytest.mark.parametrize(
    "then",
    ["time.sleep(1.5)", "while time.monotonic() - wall < 4: pass"],
    ids=["waits", "computes"],
)
def test_a_stopped_process_does_not_work(then: str) -> None:
    process = child(then)
    time.sleep(0.3)
    process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    process.send_signal(signal.SIGCONT)
    counted, wall = told(process)
    assert wall > 3 and 2.4 < wall - counted < 3.6


@pytest.mark.skipif(sys.platform != "linux", reason="the queue of Linux")
def test_a_process_that_keeps_python_to_itself_works() -> None:
    counted, wall = told(child("sum(range(120_000_000))"))
    assert counted == pytest.approx(wall, abs=0.05)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks of Unix")
def test_a_fork_goes_on_with_its_own_thread() -> None:
    code = """
        import os, threading
        from pipeline.host.work_clock import worked
        began = worked()
        if os.fork() == 0:
            assert threading.active_count() == 1
            assert 0 <= worked() - began < 60
            os._exit(threading.active_count())
        _, status = os.wait()
        raise SystemExit(os.waitstatus_to_exitcode(status))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=False)
    assert done.returncode == 2
