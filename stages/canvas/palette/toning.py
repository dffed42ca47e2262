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

    Strokes are free too where the paintings' colours differ in all directions. Where a picture is
    divided into zones, each has its palette in `zones`, and `hues` are `(Z, 3, 3)`.
    """

    palette: Palette = IDENTITY
    hues: NDArray[np.float32] | None = None
    zones: tuple[Palette, ...] = ()

    def __call__(self, pixels: Pixels, shares: Pixels | None = None) -> Pixels:
        """Pixels of the photo `(..., 3)`, 0 to 1 sRGB, with their colours moved.

        By as much as each zone has of a pixel, `shares` `(..., Z)`.
        """
        if not self.zones:
            return self.palette(pixels)
        assert shares is not None
        found = pixels.copy()
        for number, palette in enumerate(self.zones):
            if palette.table is not None and shares[..., number].any():
                found += shares[..., number, None] * (palette(pixels) - pixels)
        return found


NONE = Toning()


def save(toning: Toning, path: Path) -> None:
    """Write it as safetensors; what is left as it is has an empty table."""
    tensors = {
        "table": _table(toning.palette),
        "hues": np.zeros((0, 3), np.float32) if toning.hues is None else toning.hues.copy(),
    }
    zones = {f"table.{n}": _table(palette) for n, palette in enumerate(toning.zones)}
    save_file(tensors | zones, path)


def _table(palette: Palette) -> NDArray[np.float32]:
    table = palette.table
    return np.zeros((0, 0, 0, 3), np.float32) if table is None else table.copy()


def load(path: Path) -> Toning:
    """What `save` wrote.

    Raises: `TilebrushError` if the file holds no palette.
    """
    try:
        found = load_file(path)
        table, hues = found["table"], found["hues"]
    except (SafetensorError, KeyError):
        raise TilebrushError(f"{path}: holds no palette; make it anew") from None
    tables = [table, *(found[f"table.{n}"] for n in range(len(found) - 2) if f"table.{n}" in found)]
    cubes = all(each.ndim == 4 and each.shape == (*(len(each),) * 3, 3) for each in tables)
    if not cubes or hues.shape[-1:] != (3,):
        raise TilebrushError(f"{path}: holds no palette; make it anew")
    own, *zones = (Palette(each if each.size else None) for each in tables)
    return Toning(own, hues if hues.size else None, tuple(zones))
