"""Inputs of a comparison: decoded once, kept as long as a picture at work needs them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.comparing import beginning, inputs, matrix
from pipeline.comparing.matrix import Axes
from pipeline.console.console import Console


def test_what_pictures_at_work_are_made_from_stays_and_the_rest_goes(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_MOST", 2)
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((300, 300, 3), 128, np.uint8))
    axes = Axes((printer.photo,), (printer.style, printer.photo, grey))
    found = beginning.begun(axes, {"": printer.resolved()}, Console(quiet=True)).comparison
    briefs = [matrix.brief(cell, found.inputs) for cell in found.cells]
    folder = tmp_path / "prepared"
    folder.mkdir()
    prepared = inputs.Prepared(folder)
    first, second = (prepared.of(brief, str(n)) for n, brief in enumerate(briefs[:2]))
    assert len(list(folder.iterdir())) == 3  # the photo is both's
    photo = next(ref for ref in first if ref.name == "photo")
    assert first[photo] is second[photo]
    prepared.done("0")
    third = prepared.paths(briefs[2], "2")
    assert all(path.is_file() for path in third.values())
    left = {path.name for path in folder.iterdir()}
    assert len(left) == 3 and all(p.name in left for p in prepared.paths(briefs[1], "1").values())
