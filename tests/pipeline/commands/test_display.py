"""Display as a whole: what would fail in the end is found before anything is computed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import pyvips

from pipeline.commands.display import display
from pipeline.console.console import Console
from pipeline.engine.executors.asked import Cluster
from pipeline.run import scratch
from stages.errors import DiskFull, TilebrushError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.tif"])
def test_the_resolution_is_one_that_screens_have(printer, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    display(printer.photo, [printer.style], out, printer.resolved(), Console(quiet=True))
    image = pyvips.Image.new_from_file(str(out))
    assert image.xres * 25.4 == pytest.approx(96, abs=0.1) == image.yres * 25.4


def test_a_worker_makes_the_same_picture(printer, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    given = printer.photo, [printer.style]
    here, there, console = tmp_path / "here.png", tmp_path / "there.png", Console(quiet=True)
    display(*given, here, printer.resolved(), console)
    display(*given, there, printer.resolved(), console, Cluster("local:1", threads=1))
    assert here.read_bytes() == there.read_bytes()


def test_a_name_as_long_as_it_may_be_is_written(printer, tmp_path: Path) -> None:
    out = tmp_path / ("n" * 251 + ".png")
    display(printer.photo, [printer.style], out, printer.resolved(), Console(quiet=True))
    assert [path.name for path in tmp_path.glob("*.png")] == [out.name]


@pytest.mark.parametrize("out", ["none/out.png", "n" * 252 + ".png"])
def test_an_output_that_cannot_be_is_found_first(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(scratch, "folder", lambda: begun.append(out))
    with pytest.raises(TilebrushError) as caught:
        display(
            printer.photo, [printer.style], tmp_path / out, printer.resolved(), Console(quiet=True)
        )
    assert begun == [] and "resume" not in str(caught.value)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="a folder that takes no files")
def test_a_folder_that_takes_no_files_is_told_before_torch_is_imported(
    photo: Path, style: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pipeline.cli.app import main; "
        "code = main(sys.argv[1:]); print(code, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "display", photo, style, "-o", "/sys/kernel/out.png"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "1 False\n"
    assert done.stderr.count("\n") == 1 and "/sys/kernel" in done.stderr
    assert "resume" not in done.stderr


def test_a_disk_that_fills_up_is_no_reason_to_resume(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages import canvas

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(canvas, "write_image", full)
    with pytest.raises(DiskFull, match="run the command again") as caught:
        display(
            printer.photo, [printer.style], tmp_path / "o.png", printer.resolved(),
            Console(quiet=True),
        )  # fmt: skip
    assert "resume" not in str(caught.value)
    assert list(tmp_path.glob("*.png")) == []
