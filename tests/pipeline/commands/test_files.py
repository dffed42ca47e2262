"""Which files a print leaves, what they are called, their colours and what they say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from pipeline.cli.app import main
from pipeline.commands.clean import clean
from pipeline.commands.stage import Asked, rerun
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from stages import canvas
from stages.errors import RunDiffers

ALL = {"print_files": "tiff,jpeg,png,archive", "print_name": "{photo}-by-{style}"}
NAMES = {"photo-by-style.tif", "photo-by-style.jpg", "photo-by-style.png"}
NAMES |= {"photo-by-style-archive.tif", "photo-by-style-soft-proof.png"}


def profile_file(path: Path, name: str) -> Path:
    image = pyvips.Image.black(8, 8, bands=3).copy(interpretation="srgb")
    image = image.icc_transform(name, input_profile="srgb")
    path.write_bytes(image.get("icc-profile-data"))
    return path


@pytest.fixture(scope="module")
def run(printer: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A print with all files there are."""
    folder = tmp_path_factory.mktemp("files")
    icc = profile_file(folder / "lab.icc", "p3")
    made = printer(folder / "run", print_profile=str(icc), print_soft_proof="cmyk", **ALL)
    return folder / "run", made


def test_every_file_is_there_under_its_name(run: tuple[Path, Any]) -> None:
    folder, made = run
    there = {path.name for path in folder.iterdir() if path.is_file()}
    assert there >= NAMES and "print.tif" not in there
    told = {made.tiff, made.jpeg, made.png, made.archive, made.soft_proof}
    assert {Path(name).name for name in told} == NAMES
    assert made.headline.endswith("photo-by-style.jpg is ready")
    assert made.outside_profile_share == 0 and 0 <= made.outside_proof_share <= 1
    assert status(folder).state == "finished" and not verify(folder).problems


def test_they_are_known_to_resume_and_clean(
    run: tuple[Path, Any], printer: Any, tmp_path: Path
) -> None:
    import shutil

    copy = Path(shutil.copytree(run[0], tmp_path / "run"))
    before = {name: (copy / name).read_bytes() for name in NAMES}
    for name in ("photo-by-style.png", "photo-by-style-archive.tif"):
        (copy / name).write_bytes(b"?")
    (copy / "photo-by-style-soft-proof.png").unlink()
    assert len(verify(copy).problems) == 3
    printer.resume(copy)
    assert {name: (copy / name).read_bytes() for name in NAMES} == before
    clean(copy)
    assert {path.name for path in copy.iterdir()} >= NAMES and not verify(copy).problems


def test_the_profile_is_an_input(run: tuple[Path, Any], printer: Any, tmp_path: Path) -> None:
    import shutil

    copy, icc = Path(shutil.copytree(run[0], tmp_path / "run")), run[0].with_name("lab.icc")
    whole = icc.read_bytes()
    (copy / "photo-by-style.png").unlink()
    try:
        icc.write_bytes(whole + b"\0")
        with pytest.raises(RunDiffers, match=r"lab\.icc has changed"):
            printer.resume(copy)
    finally:
        icc.write_bytes(whole)
    moved = profile_file(tmp_path / "elsewhere.icc", "p3")
    printer.resume(copy)
    assert moved.read_bytes() == whole


def test_stage_makes_another_kind_of_file_of_a_finished_print(
    finished: Path, tmp_path: Path
) -> None:
    quiet = Console(quiet=True)
    made = rerun(finished, Asked("finish"), {"print.files": "archive"}, tmp_path / "a", quiet)
    assert made.files == ("print-archive.tif",)
    made = rerun(finished, Asked("finish"), {"print.soft_proof": "cmyk"}, tmp_path / "b", quiet)
    assert "print-soft-proof.png" in made.files
    made = rerun(finished, Asked("finish"), {"print.name": "harbour"}, tmp_path / "c", quiet)
    assert made.files == ("harbour.jpg", "harbour.tif")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--profile", "rgb"], "adobe-rgb"),
        (["--profile", "none.icc"], "cannot be read"),
        (["--profile", "press.icc"], "CMYK; RGB is needed"),
        (["--soft-proof", "srgb"], "cmyk"),
        (["--files", "gif"], "'gif'"),
        (["--name", "a/b"], "plain file name"),
        (["--name", "{paper}"], "plain file name"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    printer: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    profile_file(tmp_path / "press.icc", "cmyk")
    inputs = [str(printer.photo), str(printer.style)]
    for command in (["print", *inputs, "--run", "run"], ["plan", *inputs, "--no-probe"]):
        assert main([*command, *printer.options(), *given]) == 2
        said = capsys.readouterr().err
        assert told in said and said.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_options_stand_for_settings(
    printer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [str(printer.photo), str(printer.style), *printer.options()]
    given = ["--archive", "--profile", "adobe-rgb", "--name", "a", "--run", str(tmp_path / "run")]
    assert main(["print", *inputs, *given, "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert Path(found["archive"]).name == "a-archive.tif" and Path(found["tiff"]).is_file()
    assert found["outside_profile_share"] == 0 and found["png"] == ""


# ---- what files say


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, photo_array: Any) -> Path:
    """The photo with an owner and a place."""
    path = tmp_path_factory.mktemp("signed") / "harbour.jpg"
    image = pyvips.Image.new_from_array((photo_array * 255).astype(np.uint8))
    image = image.copy(interpretation="srgb")
    texts = {
        "exif-ifd0-Artist": "Ann (B) (.)",
        "exif-ifd0-Copyright": "(c) Ann (.)",
        "exif-ifd0-Make": "Acme",
        "exif-ifd3-GPSLatitude": "52/1 30/1 0/1",
    }
    for name, text in texts.items():
        image.set_type(pyvips.GValue.gstr_type, name, text)
    image.jpegsave(str(path))
    return path


@pytest.mark.parametrize("kept", ["credits", "all", "none"])
def test_the_photos_owner_stays_and_its_place_only_if_asked(
    printer: Any, signed: Path, tmp_path: Path, kept: str
) -> None:
    run = tmp_path / "run"
    printer(run, signed, print_metadata=kept)
    exif = {
        name: str(image.get(name))
        for image in [pyvips.Image.new_from_file(str(run / "print.jpg"))]
        for name in image.get_fields()
        if name.startswith("exif-")
    }
    tiff = canvas.credits(run / "print.tif")
    assert tiff == (canvas.Credits() if kept == "none" else canvas.Credits("Ann (B)", "(c) Ann"))
    assert ("exif-ifd3-GPSLatitude" in exif) is ("exif-ifd0-Make" in exif) is (kept == "all")
    assert ("exif-ifd0-Software" in exif) is (kept != "none")
    if kept != "none":
        assert exif["exif-ifd0-Artist"].startswith("Ann (B)")
        assert exif["exif-ifd0-ImageDescription"].startswith("harbour, painted after style")
        packet = (run / "print.tif").read_bytes()
        assert b"tiles.core=64" in packet and str(tmp_path).encode() not in packet
        assert b"run.memory" not in packet and b'encoder.name="tiny' in packet


def test_what_is_said_changes_no_pixel(printer: Any, finished: Path, tmp_path: Path) -> None:
    printer(tmp_path / "run", print_metadata="none", print_title="unused")
    for name in ("print.tif", "print.jpg"):
        one, other = (
            pyvips.Image.new_from_file(str(f / name)) for f in (finished, tmp_path / "run")
        )
        assert (one - other).abs().max() == 0


# ---- colours


def test_a_display_p3_photo_prints_as_its_srgb_version(
    printer: Any, photo_array: Any, tmp_path: Path
) -> None:
    exact = pyvips.Image.new_from_array((photo_array * 65535).astype(np.uint16))
    exact = exact.copy(interpretation="rgb16")
    wide = exact.icc_transform("p3", input_profile="srgb", depth=16)
    wide.tiffsave(str(tmp_path / "p3.tif"), profile="p3")
    exact.tiffsave(str(tmp_path / "srgb.tif"), profile="srgb")
    assert (wide - exact).abs().avg() > 500
    for name in ("p3", "srgb"):
        printer(tmp_path / name, tmp_path / f"{name}.tif", print_profile=name)
    # What is painted is the same to a twentieth of a delta E. Where strokes come to lie hangs on
    # less than that, as it does on the seed; their colours do not.
    photos = [lab(canvas.read(tmp_path / name / "prepare/photo.npy")) for name in ("p3", "srgb")]
    assert photos[0].dE00(photos[1]).avg() < 0.2
    prints = [mean_lab(tmp_path / name / "print.tif") for name in ("p3", "srgb")]
    assert prints[0].dE00(prints[1]).avg() < 1


def lab(pixels: Any) -> pyvips.Image:
    image = pyvips.Image.new_from_array(pixels * 255).copy(interpretation="srgb")
    return image.colourspace("lab")


def mean_lab(path: Path) -> pyvips.Image:
    image = pyvips.Image.new_from_file(str(path)).icc_import(embedded=True, pcs="lab")
    return image.shrink(image.width, image.height)


def test_a_print_too_long_for_jpeg_is_said_beforehand(
    printer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [str(printer.photo), str(printer.style), "--no-probe", "--config", os.devnull]
    assert main(["plan", *inputs, "--size", "66000x300", "--fit", "cover"]) == 0
    said = capsys.readouterr().err
    assert "66000" in said and "65,500" in said and "no JPEG" in said
    assert main(["plan", *inputs, "--size", "66000x300", "--fit", "cover", "--files", "jpeg"]) == 2
