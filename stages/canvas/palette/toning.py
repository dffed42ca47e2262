"""What a run does to colours: the photo's map, and the directions that strokes are held to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from stages.canvas.files import Pixels
from stages.canvas.palette.mapping import IDENTITY, Palette
from stages.errors import TilebrushError


@dataclass(frozen=True)
class Toning:
    """A palette, and the projection `(3, 3)` of sRGB that strokes keep to; None leaves them free.

    Strokes are free too where the paintings' colours differ in all directions.
    """

    palette: Palette = IDENTITY
    hues: NDArray[np.float32] | None = None

    def __call__(self, pixels: Pixels) -> Pixels:
        """Pixels of the photo `(..., 3)`, 0 to 1 sRGB, with their colours moved."""
        return self.palette(pixels)


NONE = Toning()


def save(toning: Toning, path: Path) -> None:
    """Write it as safetensors; what is left as it is has an empty table."""
    table = toning.palette.table
    save_file(
        {
            "table": np.zeros((0, 0, 0, 3), np.float32) if table is None else table.copy(),
            "hues": np.zeros((0, 3), np.float32) if toning.hues is None else toning.hues.copy(),
        },
        path,
    )


def load(path: Path) -> Toning:
    """What `save` wrote.

    Raises: `TilebrushError` if the file holds no palette.
    """
    try:
        found = load_file(path)
        table, hues = found["table"], found["hues"]
    except (SafetensorError, KeyError):
        raise TilebrushError(f"{path}: holds no palette; make it anew") from None
    if table.ndim != 4 or table.shape != (*(len(table),) * 3, 3) or hues.shape[1:] != (3,):
        raise TilebrushError(f"{path}: holds no palette; make it anew")
    return Toning(Palette(table if table.size else None), hues if hues.size else None)
