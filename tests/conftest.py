"""What several tests need: a tiny encoder, small pictures, and a print of a second or so."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

# The pictures are too small to share among threads, and tests may run side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Machines that run tests are shared: how long an example takes says nothing.
settings.register_profile("tilebrush", deadline=None)
settings.load_profile("tilebrush")

BLOCKS = ((4,), (8, 8), (8,), (12,), (12,))

Pixels = NDArray[np.float32]


def tiny_weights(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random weights that keep the features' size from layer to layer."""
    generator = np.random.default_rng(seed)
    table, channels = {}, 3
    for b, block in enumerate(BLOCKS, start=1):
        for c, width in enumerate(block, start=1):
            scale = (2 / (9 * channels)) ** 0.5
            kernel = generator.normal(0, scale, (width, channels, 3, 3))
            table[f"relu{b}_{c}.weight"] = kernel.astype(np.float32)
            table[f"relu{b}_{c}.bias"] = generator.normal(0, 0.1, width).astype(np.float32)
            channels = width
    return table


def write_encoder(path: Path, seed: int = 0) -> Path:
    path.write_bytes(_encoder_bytes(seed))
    return path


@cache  # safetensors writes its metadata in any order, and encoders go by their bytes
def _encoder_bytes(seed: int) -> bytes:
    from safetensors.numpy import save

    return save(tiny_weights(seed), {"blocks": json.dumps(BLOCKS), "pool": "4"})


def photo_pixels(width: int = 160, height: int = 120) -> Pixels:
    """A sky that fades, a dark hill and a sun; (height, width, 3) in 0 to 1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    sky = np.stack([0.3 + 0.4 * y, 0.5 + 0.3 * y, 0.9 - 0.2 * y], -1)
    hill = (y > 0.6 + 0.15 * np.sin(6 * x))[..., None]
    sun = ((x - 0.7) ** 2 + (y - 0.3) ** 2 < 0.01)[..., None]
    picture = np.where(hill, np.stack([0.2 + 0.1 * x, 0.35 * x + 0.1, 0.1 + 0 * x], -1), sky)
    return np.where(sun, np.float32([1, 0.9, 0.5]), picture).astype(np.float32)


def style_pixels(width: int = 200, height: int = 150, seed: int = 0) -> Pixels:
    """Short slanted strokes of four colours, laid over one another."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    colours = np.float32([[0.1, 0.2, 0.6], [0.9, 0.8, 0.2], [0.8, 0.3, 0.2], [0.9, 0.9, 0.85]])
    picture = np.full((height, width, 3), 0.4, np.float32)
    for _ in range(150):
        cx, cy = generator.uniform(0, width), generator.uniform(0, height)
        angle = generator.normal(0.6, 0.3)
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        across = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
        stroke = (abs(along) < 12) & (abs(across) < 3)
        picture[stroke] = colours[generator.integers(4)] + generator.normal(0, 0.05)
    return np.clip(picture, 0, 1)


def write_picture(path: Path, pixels: Pixels) -> Path:
    from stages import canvas

    canvas.preview(pixels, path)
    return path


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of a few thousand numbers that `--encoder` takes."""
    return write_encoder(tmp_path_factory.mktemp("encoder") / "tiny.safetensors")


@pytest.fixture
def encoder_file() -> Callable[..., Path]:
    """Writes a tiny encoder with the weights of any seed."""
    return write_encoder


@pytest.fixture(scope="session")
def photo_array() -> Pixels:
    """The photo, 160x120 px, as (120, 160, 3)."""
    return photo_pixels()


@pytest.fixture(scope="session")
def style_array() -> Pixels:
    """The painting, 200x150 px, as (150, 200, 3)."""
    return style_pixels()


@pytest.fixture(scope="session")
def _pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    write_picture(folder / "photo.png", photo_pixels())
    write_picture(folder / "style.png", style_pixels())
    return folder


@pytest.fixture(scope="session")
def photo(_pictures: Path) -> Path:
    """The photo as a file; not to be changed."""
    return _pictures / "photo.png"


@pytest.fixture(scope="session")
def style(_pictures: Path) -> Path:
    """The painting as a file; not to be changed."""
    return _pictures / "style.png"


@pytest.fixture(scope="session")
def tiny_print(tiny_encoder: Path) -> dict[str, object]:
    """Settings of a print of two levels with several tiles each, that takes about a second."""
    return {
        "encoder.name": str(tiny_encoder),
        "print.size": "240x180",
        "display.size": "96x72",
        "display.start": "1",
        "display.iterations": "3",
        "levels.iterations": "2",
        "paint.iterations": "2",
        "paint.join": "1",
        "levels.sweeps": "2",
        "tiles.core": "64",
        "tiles.overlap": "16",
        "tiles.halo": "16",
        "run.threads": "1",
        "run.precision": "float32",
        "run.memory": "4GB",
        "run.disk_wait": "0",
    }


@pytest.fixture(scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _away_from_home(tmp_path: Path, _cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the pipeline.toml, downloaded weights or kept answers of whoever runs it."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    for name in [name for name in os.environ if name.startswith("TILEBRUSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TILEBRUSH_CACHE", str(_cache))  # the computer is tried once for all tests


@pytest.fixture(scope="session")
def studio(tiny_encoder: Path) -> Any:
    """The tiny encoder at work, in float32."""
    from stages.nst.encoders import load
    from stages.nst.studio import Studio

    return Studio(load(str(tiny_encoder), note=print))


class Printer:
    """Makes tiny prints in this process."""

    def __init__(self, photo: Path, style: Path, settings: dict[str, object]) -> None:
        self.photo, self.style, self.settings = photo, style, settings

    def resolved(self, **changed: object) -> Any:
        """The settings, with some changed: `tiles_core=128` stands for ``tiles.core``."""
        from pipeline.config import load as config

        more = {name.replace("_", ".", 1): value for name, value in changed.items()}
        return config.load(Path(os.devnull), self.settings | more)

    def __call__(
        self, run: Path, photo: Path | None = None, *, force: bool = False, **changed: object
    ) -> Any:
        """`tilebrush print` into a folder."""
        from pipeline.commands.print import print_run
        from pipeline.console.console import Console

        settings = self.resolved(**changed)
        styles, console = [self.style], Console(quiet=True)
        return print_run(photo or self.photo, styles, run, settings, console, force)

    def resume(self, run: Path) -> Any:
        """`tilebrush resume`."""
        from pipeline.commands.print import resume
        from pipeline.console.console import Console

        return resume(run, Console(quiet=True))

    def options(self) -> list[str]:
        """The settings as options of the command line."""
        return [
            part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")
        ]


@pytest.fixture(scope="session")
def printer(photo: Path, style: Path, tiny_print: dict[str, object]) -> Printer:
    """`printer(folder)` makes a tiny print there."""
    return Printer(photo, style, tiny_print)


@pytest.fixture(scope="session")
def finished(printer: Printer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished print; not to be changed, see `copied`."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    printer(folder)
    return folder


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A finished print of one's own."""
    return Path(shutil.copytree(finished, tmp_path / "run"))
