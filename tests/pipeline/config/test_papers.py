"""Papers, lengths, borders, crops and colours as people type them."""

from __future__ import annotations

import pytest

from pipeline.config import papers
from stages.errors import UsageError
from stages.sheet import Margins
from stages.tiles import Size


@pytest.mark.parametrize(
    ("text", "dpi", "px"),
    [
        ("400x300mm", 381, (6000, 4500)),
        ("40x30", 381, (6000, 4500)),
        ("40 x 30 cm", 381, (6000, 4500)),
        ("12x16in", 300, (3600, 4800)),
        ("A4", 254, (2970, 2100)),
        ("a1", 25.4, (841, 594)),
        (" A3 ", 25.4, (420, 297)),
    ],
)
def test_papers(text: str, dpi: float, px: tuple[int, int]) -> None:
    assert papers.parse_paper(text, dpi) == Size(*px)


@pytest.mark.parametrize("text", ["", "40cm", "0x0cm", "1e3x3cm", "A9", "B4", "40x30px", "-4x3cm"])
def test_papers_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        papers.parse_paper(text, 300)


def test_lengths() -> None:
    assert [papers.parse_length(t, 254) for t in ("3mm", "0.3cm", "1in", "40px", "0", "0.0")] == [
        *(30, 30, 254, 40, 0, 0)
    ]
    for text in ("", "3", "-3mm", "3 miles", "mm"):
        with pytest.raises(UsageError, match="3mm"):
            papers.parse_length(text, 300)


def test_borders_read_back_as_they_are_written() -> None:
    assert papers.parse_border("10mm", 254) == Margins(100, 100, 100, 100)
    assert papers.parse_border("10mm,2cm", 254) == Margins(100, 200, 100, 200)
    four = papers.parse_border("1px, 2px, 3px, 4px", 254)
    assert four == Margins(1, 2, 3, 4)
    assert papers.parse_border(papers.border_text(four), 10) == four
    for text in ("", "1mm,2mm,3mm", "wide"):
        with pytest.raises(UsageError):
            papers.parse_border(text, 254)


def test_crops() -> None:
    assert papers.parse_crop("0.3,0.4") == papers.parse_crop("30%, 40%") == (0.3, 0.4)
    assert papers.parse_crop("centre") == papers.parse_crop("Center") == (0.5, 0.5)
    assert papers.parse_crop("bottom-left") == (0.0, 1.0)
    for text in ("", "0.3", "1.2,0", "101%,0%", "up", "0.3;0.4"):
        with pytest.raises(UsageError, match="top-left"):
            papers.parse_crop(text)


def test_colours() -> None:
    assert papers.parse_colour("White") == (255, 255, 255)
    assert papers.parse_colour("#f4EFe6") == (0xF4, 0xEF, 0xE6)
    for text in ("", "#fff", "f4efe6", "beige"):
        with pytest.raises(UsageError, match="#f4efe6"):
            papers.parse_colour(text)
