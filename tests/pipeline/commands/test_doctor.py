"""What the computer offers and what would stop a print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

from pipeline.commands import doctor
from pipeline.console import render
from pipeline.host import resources as machine
from stages.errors import Interrupted

ROOT = Path(__file__).parents[3]


def fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(8 * 10**9, 6 * 10**9))
    monkeypatch.setattr(machine, "disk_free", lambda folder: 10**11)


def test_a_good_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fine(monkeypatch)
    found = doctor.collect(
        tmp_path,
        libvips=lambda: "8.15",
        encoders=lambda: [doctor.EncoderFound("bundled", "in the package")],
        bfloat16=lambda: "2.0 times as fast as float32",
        computing=lambda: "cpu, 2 threads, bfloat16",
    )
    assert found.problems == () and found.exit_code == 0
    assert found.computes_with == "cpu, 2 threads, bfloat16"
    assert found.torch == metadata.version("torch")
    assert (found.libvips, found.memory_bytes) == ("8.15", 8 * 10**9)
    assert "everything" in render.as_text(found)
    assert json.loads(render.as_json(found))["encoders"][0]["name"] == "bundled"


def test_a_bad_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(10**9, 10**8))
    monkeypatch.setattr(machine, "disk_free", lambda folder: 10**6)
    monkeypatch.setattr(machine, "writable", lambda folder: False)
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)

    def broken() -> str:
        raise OSError("libvips.so.42:\n cannot open shared object file")

    found = doctor.collect(
        tmp_path,
        libvips=broken,
        encoders=lambda: [doctor.EncoderFound("bundled", "missing: install again")],
    )
    text = "\n".join(found.problems)
    for word in ("torch", "pyvips", "libvips.so.42", "memory", "disk", "TMPDIR", "bundled"):
        assert word in text
    assert all("\n" not in problem for problem in found.problems)
    assert found.exit_code == 1 and found.headline == "7 problems found"


def test_little_free_memory_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fine(monkeypatch)
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(8 * 10**9, 10**9))
    assert "close other programs" in doctor.collect(tmp_path).problems[0]
    assert doctor.collect(tmp_path).headline == "1 problem found"


def test_a_signal_is_not_taken_for_a_broken_library(tmp_path: Path) -> None:
    def stopped() -> str:
        raise Interrupted(15)

    with pytest.raises(Interrupted):
        doctor.collect(tmp_path, libvips=stopped)


def test_this_computer(tmp_path: Path) -> None:
    memory = machine.memory()
    assert 0 < memory.available <= memory.total
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)
    assert machine.disk_free(tmp_path / "not" / "there") > 0
    assert machine.writable(tmp_path) and not machine.writable(tmp_path / "none")
    assert doctor.collect(tmp_path).temporary == tempfile.gettempdir()


def groups(tmp_path: Path, line: str, files: dict[str, str]) -> machine.Memory:
    proc = tmp_path / "cgroup"
    proc.write_text(line + "\n")
    for name, text in files.items():
        path = tmp_path / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return machine.memory(proc, tmp_path / "fs")


def test_a_control_group_limits_memory(tmp_path: Path) -> None:
    found = groups(
        tmp_path,
        "0::/user/job",
        {
            "user/job/memory.max": "max",
            "user/memory.max": "300000000",
            "user/memory.current": "250000000",
            "user/memory.stat": "anon 5\ninactive_file 100000000",
        },
    )
    assert found == machine.Memory(300_000_000, 150_000_000)


def test_control_groups_of_version_1(tmp_path: Path) -> None:
    found = groups(
        tmp_path,
        "9:name=systemd:/\n4:cpu,memory:/box",
        {
            "memory/memory.limit_in_bytes": "200000000",
            "memory/memory.usage_in_bytes": "50000000",
        },
    )
    assert found == machine.Memory(200_000_000, 150_000_000)


@pytest.mark.parametrize("text", ["max", "", "9223372036854771712", "nonsense", "-1"])
def test_no_limit_is_no_limit(tmp_path: Path, text: str) -> None:
    assert groups(tmp_path, "0::/", {"memory.max": text}).total == machine.memory().total


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_ulimit_is_counted_in() -> None:
    code = """
        import psutil, resource
        from pipeline.host import resources as machine
        used = psutil.Process().memory_info()
        limit = used.vms + 300_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        found = machine.memory()
        assert abs(found.total - used.rss - 300_000_000) < 50_000_000, found
        assert 200_000_000 < found.available <= 300_000_000, found
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=True)
