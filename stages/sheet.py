"""The sheet of a print: what is painted, the border around it, and what is cut off. Only numbers.

All sizes are px. The *picture* is what is painted. The *border* lies around it and is of one
colour. The whole *sheet*, what the file holds, is cut by the lab by the *bleed* on every side; what
is left is *trimmed*, the paper that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from stages.errors import UsageError
from stages.tiles import Rect, Size, centre_crop, fitted

CENTRE = (0.5, 0.5)
WHITE = (255, 255, 255)
LEAST_PICTURE = 16  # px a side


@dataclass(frozen=True)
class Margins:
    """Widths of a border in px, from the top clockwise."""

    top: int = 0
    right: int = 0
    bottom: int = 0
    left: int = 0

    @property
    def any(self) -> bool:
        """Whether there is a border on some side."""
        return bool(self.top or self.right or self.bottom or self.left)


NO_BORDER = Margins()


@dataclass(frozen=True)
class Sheet:
    """A picture with what lies around it; `colour` is the border's, 8-bit sRGB."""

    picture: Size
    border: Margins = NO_BORDER
    bleed: int = 0
    colour: tuple[int, int, int] = WHITE

    @property
    def size(self) -> Size:
        """Of the whole, as in the file."""
        wide = self.picture.width + self.border.left + self.border.right
        return Size(wide, self.picture.height + self.border.top + self.border.bottom)

    @property
    def trimmed(self) -> Size:
        """What is left when the bleed is cut off."""
        size = self.size
        return Size(size.width - 2 * self.bleed, size.height - 2 * self.bleed)


def laid_out(
    photo: Size,
    paper: Size,
    fit: str,
    *,
    bleed: int = 0,
    border: Margins | None = None,
    colour: tuple[int, int, int] = WHITE,
) -> Sheet:
    """The sheet of a photo on a paper.

    Without a border the picture is as large as `fit` says (`stages.tiles.fitted`) and goes on into
    the bleed. With one the sheet is the whole paper: the picture lies in the middle of what the
    border leaves, which is wider where the photo does not fill it, and the border goes on into the
    bleed.
    Raises: `UsageError` if border or bleed leave no picture.
    """
    if border is None:
        inner = fitted(photo, paper, fit)
        picture = Size(inner.width + 2 * bleed, inner.height + 2 * bleed)
        return Sheet(picture, NO_BORDER, bleed, colour)
    room = Size(paper.width - border.left - border.right, paper.height - border.top - border.bottom)
    if min(room.width, room.height) < LEAST_PICTURE:
        raise UsageError(
            f"the border leaves {max(0, room.width)}x{max(0, room.height)} px of {paper} px for "
            f"the picture; at least {LEAST_PICTURE} px a side are needed, choose a narrower border"
        )
    picture = fitted(photo, room, fit)
    across, down = room.width - picture.width, room.height - picture.height
    around = Margins(
        top=border.top + down // 2 + bleed,
        right=border.right + across - across // 2 + bleed,
        bottom=border.bottom + down - down // 2 + bleed,
        left=border.left + across // 2 + bleed,
    )
    return Sheet(picture, around, bleed, colour)


def focused_crop(source: Size, target: Size, at: tuple[float, float] = CENTRE) -> Rect:
    """The largest rectangle of `source` with the aspect of `target`, with `at` in its middle.

    `at` is a point as shares of width and height; near an edge the rectangle ends there.
    """
    crop = centre_crop(source, target)
    if at == CENTRE:
        return crop
    x = round(at[0] * source.width - crop.width / 2)
    y = round(at[1] * source.height - crop.height / 2)
    return Rect(
        min(max(0, x), source.width - crop.width),
        min(max(0, y), source.height - crop.height),
        crop.width,
        crop.height,
    )
