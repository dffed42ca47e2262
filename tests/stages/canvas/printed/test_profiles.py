"""Colour profiles: numbers, what is embedded, what cannot be held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvips
from pictures import random_canvas

from stages import canvas
from stages.canvas.inputs import encodings
from stages.canvas.inputs.encodings import Encoding
from stages.canvas.printed import profiles
from stages.errors import UsageError

WIDE = {
    "adobe-rgb": Encoding("Adobe RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=563 / 256),
    "p3": Encoding("Display P3", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))),
}


def linear(values: np.ndarray, gamma: float | str) -> np.ndarray:
    if gamma == "srgb":
        return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return values ** float(gamma)


@pytest.mark.parametrize("name", WIDE)
def test_numbers_are_those_of_the_standard(tmp_path: Path, name: str) -> None:
    pixels = random_canvas(tmp_path / "c.npy", 60, 40)
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    found = profiles.in_profile(image, name).numpy()
    encoding = WIDE[name]
    back = linear(found, encoding.gamma) @ encodings.to_linear_srgb(encoding).T
    assert np.abs(back - linear(pixels, "srgb")).max() < 2e-3


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("kind", ["tif", "jpg", "png"])
def test_files_embed_it_and_read_back_as_the_same_colours(
    tmp_path: Path, name: str, kind: str
) -> None:
    path, form = tmp_path / "c.npy", canvas.PrintFormat(profile=name, jpeg_quality=100)
    y, x = np.mgrid[0:60, 0:90].astype(np.float32)
    canvas.write(path, np.stack([x / 90, y / 60, 0.5 + 0 * x], -1))
    out = tmp_path / f"p.{kind}"
    writers = {"tif": canvas.write_tiff, "jpg": canvas.write_jpeg, "png": canvas.write_png}
    writers[kind](path, out, form)
    embedded = pyvips.Image.new_from_file(str(out)).get("icc-profile-data")
    assert (b"A\0d\0o\0b\0e" in embedded) is (name == "adobe-rgb")
    canvas.prepare_photo(out, tmp_path / "back.npy", canvas.size_of(path))
    apart = np.abs(canvas.read(tmp_path / "back.npy") - canvas.read(path)) * 255
    assert apart.mean() < 1.5 and np.quantile(apart, 0.99) < (10 if kind == "jpg" else 6)


def test_a_white_border_is_white_in_every_profile() -> None:
    for name in profiles.NAMES:
        assert profiles.colour_in(name, (255, 255, 255), 8) == [255] * 3
        assert profiles.colour_in(name, (0, 0, 0), 16) == [0] * 3


def test_what_a_profile_cannot_hold_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    pixels = np.full((40, 60, 3), 0.5, np.float32)
    pixels[:, :15] = (0.0, 0.0, 1.0)
    canvas.write(path, pixels)
    assert canvas.outside_share(path, "p3") == canvas.outside_share(path, "adobe-rgb") == 0
    assert canvas.outside_share(path, "cmyk") == pytest.approx(0.25)


def profile_file(path: Path, name: str) -> Path:
    image = pyvips.Image.black(8, 8, bands=3).copy(interpretation="srgb")
    image = image.icc_transform(name, input_profile="srgb")
    path.write_bytes(image.get("icc-profile-data"))
    return path


def test_files_are_checked(tmp_path: Path) -> None:
    rgb, cmyk = (profile_file(tmp_path / f"{n}.icc", n) for n in ("p3", "cmyk"))
    for name in (*profiles.NAMES, str(rgb)):
        profiles.check(name)
    for name in ("cmyk", str(rgb), str(cmyk)):
        profiles.check(name, proof=True)
    (tmp_path / "text.icc").write_text("no profile")
    (tmp_path / "cut.icc").write_bytes(rgb.read_bytes()[:200])
    wrong = {"none.icc": "cannot be read", "text.icc": "no ICC profile", "cut.icc": "nothing can"}
    for name, told in {**wrong, "cmyk.icc": "a profile of CMYK; RGB is needed"}.items():
        with pytest.raises(UsageError, match=told):
            profiles.check(str(tmp_path / name))


def test_a_file_is_as_good_as_the_name(tmp_path: Path) -> None:
    random_canvas(tmp_path / "c.npy", 30, 20)
    path = profile_file(tmp_path / "p3.icc", "p3")
    for profile in ("p3", str(path)):
        form = canvas.PrintFormat(profile=profile)
        canvas.write_tiff(tmp_path / "c.npy", tmp_path / f"{len(profile)}.tif", form)
    one, other = (tmp_path / f"{len(name)}.tif" for name in ("p3", str(path)))
    assert one.read_bytes() == other.read_bytes()


def test_a_soft_proof_has_the_papers_white_and_keeps_greys_grey(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    canvas.write(path, np.broadcast_to(ramp[None, :, None], (20, 256, 3)))
    canvas.write_soft_proof(path, tmp_path / "p.png", "cmyk")
    shown = pyvips.Image.new_from_file(str(tmp_path / "p.png")).numpy()[10].astype(int)
    assert shown.shape == (256, 3)
    assert 200 < shown[-1].mean() < 255 and 5 < shown[0].mean() < 90
    assert (np.diff(shown.mean(-1)) >= -1).all()
