from __future__ import annotations

from pathlib import Path

import numpy as np
import pyvips

from stages import canvas, finish


def test_only_what_is_asked_for_is_written(tmp_path: Path) -> None:
    src = tmp_path / "canvas.npy"
    canvas.write(src, np.full((20, 30, 3), 0.5, np.float32))
    tiff, jpeg = tmp_path / "print.tif", tmp_path / "print.jpg"
    finish.run(src, tiff, "tiff", finish.PrintFormat(bits=16))
    assert tiff.exists()
    assert not jpeg.exists()
    finish.run(src, jpeg, "jpeg", finish.PrintFormat())
    for path, kind in ((tiff, "ushort"), (jpeg, "uchar")):
        image = pyvips.Image.new_from_file(str(path))
        assert (image.width, image.height, image.format) == (30, 20, kind)
