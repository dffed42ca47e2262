"""Tests of stages.canvas.inputs.header."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pictures import HEIGHT, WIDTH, png_header, refusal, rgb, save

from stages import canvas
from stages.errors import InputImageError
from stages.tiles import Size


def test_facts(tmp_path: Path) -> None:
    facts = canvas.inspect(save(rgb().colourspace("rgb16"), tmp_path / "p.png", profile="p3"))
    assert (facts.size, facts.bands, facts.source_bits) == (Size(WIDTH, HEIGHT), 3, 16)
    assert facts.has_profile
    assert facts.format == "PNG"


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.jpg")
    folder = tmp_path / "folder.jpg"
    folder.mkdir()
    assert "a folder" in refusal(folder)
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert "empty" in refusal(empty)
    text = tmp_path / "text.jpg"
    text.write_text("hello\n" * 100)
    assert "known format" in refusal(text)
    drawing = tmp_path / "drawing.svg"
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"></svg>')
    refusal(drawing)
    tiny = save(rgb().crop(0, 0, 1, 1), tmp_path / "tiny.png")
    assert "16 px" in refusal(tiny)
    channels = save(rgb().bandjoin([1, 2]), tmp_path / "channels.tif")
    assert "channels" in refusal(channels)
    signed = save(rgb().cast("short"), tmp_path / "signed.tif")
    assert "short" in refusal(signed)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert "regular" in refusal(pipe)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = save(rgb(), tmp_path / "p.png")
    path.chmod(0)
    assert "permissions" in refusal(path)


@pytest.mark.parametrize("side", [30_000, 100_000])
def test_bombs_are_refused(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side))
    refusal(path)


def test_files_that_must_be_decoded_whole_have_a_lower_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.canvas.inputs.header.MAX_WHOLE_PIXELS", 1000)
    canvas.inspect(save(rgb(), tmp_path / "plain.png"))
    for name, options in (("p.webp", {}), ("p.png", {"interlace": True})):
        with pytest.raises(InputImageError, match="decoded whole"):
            canvas.inspect(save(rgb(), tmp_path / name, **options))
