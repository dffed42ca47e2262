"""Inputs of a print that go, change, or are cut short, and an encoder that does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from run_files import contents, cut_off, problems, tiles_of

from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages import canvas
from stages import display as stage
from stages.canvas.inputs import header
from stages.errors import (
    InputImageError,
    RunDiffers,
    WeightsError,
)


def test_inputs_are_not_needed_after_prepare(printer, tmp_path: Path, own_photo: Path) -> None:
    run = tmp_path / "run"
    printer(run, own_photo)
    wanted = contents(run)
    own_photo.unlink()
    for name in ("display", "upsample-1", "upsample-2", "restyle-1", "restyle-2"):
        shutil.rmtree(run / name)
    (run / "print.tif").unlink()
    assert printer.resume(run).tiles_computed > 8
    assert contents(run) == wanted


def begun(printer, folder: Path, photo: Path) -> RunDir:
    """A run of which nothing is made yet."""
    manifest = RunDir.open(folder).manifest()
    inputs = (Input.of("photo", photo), *manifest.inputs[1:])
    return RunDir.create(
        folder.with_name("begun"),
        Manifest(manifest.asked, manifest.resolved, inputs, manifest.tools),
    )


def test_a_changed_input_is_refused(printer, copied: Path, own_photo: Path) -> None:
    run = begun(printer, copied, own_photo)
    canvas.preview(np.zeros((120, 160, 3), np.float32), own_photo)
    with pytest.raises(RunDiffers, match=r"mine\.png has changed"):
        printer.resume(run.root)
    assert contents(run.root) == {}


def test_a_missing_input_is_said_so(printer, copied: Path, own_photo: Path) -> None:
    run = begun(printer, copied, own_photo)
    own_photo.unlink()
    with pytest.raises(InputImageError, match=r"mine\.png.*gone") as caught:
        printer.resume(run.root)
    assert caught.value.exit_code == 15
    with pytest.raises(InputImageError):
        printer(run.root, own_photo)


def test_inputs_are_opened_once_for_the_header_and_once_for_the_pixels(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    real = header.opened
    monkeypatch.setattr(header, "opened", lambda path: (opened.append(path), real(path))[1])
    printer(tmp_path / "run")
    assert sorted(opened) == sorted([printer.photo, printer.style] * 2)


@pytest.mark.parametrize("role", ["photo", "style"])
def test_of_an_input_cut_short_no_run_is_left(
    printer, tmp_path: Path, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = Path(shutil.copy(getattr(printer, role), tmp_path / "cut.png"))
    cut_off(damaged)
    if role == "style":
        monkeypatch.setattr(printer, "style", damaged)
    photo = damaged if role == "photo" else None
    monkeypatch.setattr(stage, "from_files", lambda *_: pytest.fail("it was worked on"))
    for folder in (tmp_path / "new", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        with pytest.raises(InputImageError, match="cut short"):
            printer(folder, photo)
        assert folder.exists() == (folder.name == "empty")
    monkeypatch.undo()
    assert printer(tmp_path / "empty").tiles_found == 0  # as good as new


def test_force_drops_nothing_for_an_input_cut_short(printer, copied: Path, own_photo: Path) -> None:
    cut_off(own_photo)
    before = contents(copied)
    with pytest.raises(InputImageError, match="cut short"):
        printer(copied, own_photo, force=True)
    assert contents(copied) == before and not problems(copied)


def test_other_weights_are_refused(
    printer, tmp_path: Path, encoder_file: Callable[..., Path]
) -> None:
    own = encoder_file(tmp_path / "own.safetensors")
    run = tmp_path / "run"
    printer(run, encoder_name=str(own))
    kept = own.read_bytes()  # written again, its header may have another order
    encoder_file(own, seed=1)
    assert printer.resume(run).tiles_computed == 0  # nothing to compute: they are not needed
    tiles_of(run)[0].unlink()
    with pytest.raises(RunDiffers, match="encoder weights"):
        printer.resume(run)
    with pytest.raises(RunDiffers, match="encoder weights"):
        printer(run, encoder_name=str(own))
    own.write_bytes(kept)
    assert printer.resume(run).tiles_computed == 1


def test_weights_that_are_gone_are_said_so(printer, tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        printer(tmp_path / "run", encoder_name=str(tmp_path / "none.safetensors"))
    assert not (tmp_path / "run").exists()
