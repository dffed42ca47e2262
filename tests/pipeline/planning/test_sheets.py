"""What a print is as a thing, from asked to exact, and what is told of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.planning import sheets
from stages.canvas import Facts
from stages.tiles import Size

PHOTO = Size(3000, 2000)


def asked(**changed: str) -> config.Settings:
    overrides = {f"print.{name}": value for name, value in changed.items()}
    return config.load(Path(os.devnull), {"print.dpi": "254", **overrides})


def exact(photo: Size = PHOTO, **changed: str) -> config.Settings:
    settings = asked(**changed)
    sheet = sheets.asked_sheet(
        settings.print, photo, sheets.print_box(settings, photo, lambda said: None)
    )
    return settings.model_copy(update={"print": sheets.exact(settings.print, sheet)})


@pytest.mark.parametrize(
    ("changed", "picture", "whole", "trimmed"),
    [
        ({"paper": "40x30cm"}, "4000x2667", "4000x2667", "4000x2667"),
        ({"paper": "40x30cm", "fit": "cover"}, "4000x3000", "4000x3000", "4000x3000"),
        ({"paper": "30x40", "fit": "cover", "bleed": "3mm"}, *["4060x3060"] * 2, "4000x3000"),
        ({"paper": "40x30cm", "border": "1cm"}, "3800x2533", "4000x3000", "4000x3000"),
        ({"paper": "40x30cm", "border": "0"}, "4000x2667", "4000x3000", "4000x3000"),
        (
            {"paper": "40x30cm", "border": "1cm", "fit": "cover", "bleed": "2mm"},
            *("3800x2800", "4040x3040", "4000x3000"),
        ),
        ({"size": "600x400", "border": "50px"}, "450x300", "600x400", "600x400"),
    ],
)
def test_exact_settings_give_the_sheet_that_was_asked_for(
    changed: dict[str, str], picture: str, whole: str, trimmed: str
) -> None:
    settings = exact(**changed)
    sheet = sheets.exact_sheet(settings)
    assert (str(sheet.picture), str(sheet.size), str(sheet.trimmed)) == (picture, whole, trimmed)
    assert settings.print.size == picture
    wanted = sheets.asked_sheet(asked(**changed).print, PHOTO, box(**changed))
    assert sheet == wanted


def box(**changed: str) -> Size:
    return sheets.print_box(asked(**changed), PHOTO, lambda said: None)


def test_without_any_of_it_settings_stay_as_they_were() -> None:
    printed = exact(paper="40x30cm", fit="cover").print
    assert (printed.bleed, printed.border, printed.paper) == ("", "", "")


@pytest.mark.parametrize(
    ("orientation", "given", "found"),
    [
        ("portrait", {"paper": "40x30cm"}, "3000x4000"),
        ("landscape", {"paper": "30x40cm"}, "4000x3000"),
        ("portrait", {"size": "600x450"}, "450x600"),
        ("landscape", {"size": "600x450"}, "600x450"),
        ("portrait", {"size": "600x600"}, "600x600"),
    ],
)
def test_an_orientation_goes_before_the_photos(
    orientation: str, given: dict[str, str], found: str
) -> None:
    assert str(box(orientation=orientation, **given)) == found


def facts(width: int, height: int) -> Facts:
    return Facts(Path("a.jpg"), width, height, 3, "JPEG", "srgb", False, 8, 1)


def test_px_per_cm_and_what_is_cropped() -> None:
    settings = exact(paper="40x30cm", fit="cover")
    assert sheets.photo_per_cm(PHOTO, settings) == pytest.approx(2667 / 40, rel=0.01)
    assert sheets.cropped_share(PHOTO, settings) == pytest.approx(1 / 9, abs=0.01)
    assert sheets.photo_per_cm(Size(30_000, 20_000), settings) == pytest.approx(100)  # the print's
    assert sheets.in_cm(Size(4000, 3000), 254) == "40.0x30.0 cm"


def test_what_is_too_small_is_told_with_numbers() -> None:
    settings = exact(paper="40x30cm")
    assert sheets.notes(facts(1300, 860), [facts(1000, 800)], settings) == []
    (photo,) = sheets.notes(facts(900, 600), [], settings)
    assert "900x600 px bring 22.5 px per cm to a picture 40.0 cm wide" in photo
    assert "1200 px across" in photo
    (painting,) = sheets.notes(facts(3000, 2000), [facts(500, 400)], settings)
    assert "7.3 times smaller" in painting and "0.4 megapixels" in painting
    fine = settings.model_copy(update={"style": settings.style.model_copy(update={"scale": 0.5})})
    assert sheets.notes(facts(3000, 2000), [facts(500, 400)], fine) == []


def test_a_small_print_of_a_small_photo_is_no_reason_to_warn() -> None:
    settings = exact(size="90x60", dpi="72")
    assert sheets.notes(replace(facts(90, 60)), [], settings) == []
