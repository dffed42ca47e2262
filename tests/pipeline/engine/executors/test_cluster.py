"""Prints on a Dask cluster: the same bytes as in one process, whatever happens to workers."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed")

from benchmarks.cluster import Sleep, _no_studio
from benchmarks.computers import Computers, free_port, waited
from pipeline.commands.print import print_run
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.engine.executors.asked import Cluster, passing
from pipeline.engine.executors.outcome import results
from pipeline.run.directory import RunDir
from stages.elsewhere import facts
from stages.errors import ClusterLost, TilebrushError, UsageError

ROOT = Path(__file__).parents[4]
KINDS = (".npy", ".safetensors", ".tif", ".jpg", ".txt")


def contents(run: Path) -> dict[str, bytes]:
    """Every output of a run."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.suffix in KINDS
    }


def printed(printer: Any, run: Path, cluster: Cluster, **changed: object) -> str:
    """Make a tiny print on a cluster; gives what was said."""
    said = io.StringIO()
    settings = printer.resolved(**changed)
    print_run(printer.photo, [printer.style], run, settings, Console(stream=said), False, cluster)
    return said.getvalue()


def test_two_workers_make_the_bytes_of_one_process(
    printer: Any, finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    printed(printer, run, Cluster("local:2", threads=1))
    assert contents(run) == contents(finished)
    assert not verify(run).problems and not (run / ".workers.json").exists()
    opened = RunDir.open(run)
    records = [opened.record(path) for path in opened.recorded() if path.name.startswith("tile-")]
    assert {record.extra["worker"] for record in records if record} == {0, 1} or len(records) > 3


def test_workers_use_the_network_as_one_process_does(printer: Any, tmp_path: Path) -> None:
    """Pooling and borders of a recipe, and distributions beside moments."""
    changed = {
        "network_pooling": "max", "network_padding": "zero", "losses_sliced": "10",
        "style_matching": "moments",
    }  # fmt: skip
    runs = [tmp_path / "one", tmp_path / "two"]
    printer(runs[0], **changed)
    printed(printer, runs[1], Cluster("local:2", threads=1), **changed)
    assert contents(runs[0]) == contents(runs[1])


@pytest.fixture
def computers() -> Iterator[Computers]:
    """Two computers on the wire: processes with a scheduler of their own."""
    found = Computers(count=2)
    found.start()
    yield found
    found.stop()


def begun(printer: Any, run: Path, address: str, *more: str) -> subprocess.Popen[str]:
    """`tilebrush print` on a cluster, in a process of its own."""
    given = ["print", printer.photo, printer.style, "--run", run, *printer.options()]
    cluster = ["--cluster", address, "--cluster-threads", "1", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *map(str, (*given, *cluster))],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def records(run: Path) -> int:
    return sum(1 for _ in run.glob("restyle-*/**/tile-*.json"))


@pytest.mark.slow
def test_workers_that_are_killed_change_nothing(
    printer: Any, finished: Path, tmp_path: Path, computers: Computers
) -> None:
    run, dice = tmp_path / "run", random.Random(0)
    process = begun(printer, run, computers.address)
    for count in (1, 5, 9):
        assert waited(lambda count=count: process.poll() is not None or records(run) >= count)
        computers.strike(dice, signal.SIGKILL)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert contents(run) == contents(finished) and not verify(run).problems


@pytest.mark.slow
def test_without_its_scheduler_it_ends_as_interrupted_and_goes_on_without_a_cluster(
    printer: Any, finished: Path, tmp_path: Path, computers: Computers
) -> None:
    run = tmp_path / "run"
    process = begun(printer, run, computers.address)
    assert waited(lambda: process.poll() is not None or records(run) >= 1)
    computers.kill_scheduler()
    _, said = process.communicate(timeout=240)
    assert process.returncode == 130, said
    assert "the scheduler at" in said.splitlines()[-1] and "Traceback" not in said
    assert not verify(run).problems and not (run / "print.tif").exists()
    printer.resume(run)
    assert contents(run) == contents(finished)


@pytest.mark.slow
def test_with_a_fallback_it_goes_on_here(
    printer: Any, finished: Path, tmp_path: Path, computers: Computers
) -> None:
    run = tmp_path / "run"
    process = begun(printer, run, computers.address, "--cluster-fallback")
    assert waited(lambda: process.poll() is not None or records(run) >= 1)
    computers.kill_scheduler()
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert "going on with this computer alone" in said
    assert contents(run) == contents(finished)


@pytest.mark.slow
def test_what_keeps_no_run_is_to_be_run_again_without_its_scheduler(computers: Computers) -> None:
    pixels = np.zeros((900, 900, 3), np.float32)
    cluster, quiet = Cluster(computers.address, threads=1), Console(quiet=True)
    with (
        pytest.raises(ClusterLost, match="nothing was kept; run the command again"),
        passing(cluster, quiet) as executor,
    ):
        computers.kill_scheduler()
        list(results(executor, [lambda: Sleep(pixels, pixels, 1.0)], print, _no_studio))


def test_an_address_where_nobody_is_and_one_that_is_none(printer: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tcp://HOST:PORT"):
        Cluster("somewhere")
    with pytest.raises(UsageError, match="1 to 256"):
        Cluster("local:0")
    with pytest.raises(TilebrushError, match="no cluster can be used at tcp"):
        printed(printer, tmp_path / "run", Cluster(f"tcp://127.0.0.1:{free_port()}"))


def test_workers_with_other_versions_are_told_apart() -> None:
    own = facts("1")
    assert own.unlike(own) == "" and own.unsure(own) == ""
    assert "torch" in own.unlike(replace(own, torch="1.0"))
    assert own.unlike(replace(own, torch=own.torch.split("+")[0] + "+cu999")) == ""
    assert "another build" in own.unlike(replace(own, code="0"))
    assert "tilebrush 1, needed 2" in own.unlike(replace(own, tilebrush="2"))
    assert "numpy" in own.unsure(replace(own, numpy="0"))
