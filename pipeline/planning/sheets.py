"""What a print is as a thing: its sheet from the settings, and what is told of it beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.config import load as config
from pipeline.config import papers
from pipeline.config.load import Settings
from pipeline.config.paintings import style_scales
from pipeline.planning import levels
from stages import sheet as sheets
from stages.errors import UsageError
from stages.sheet import Sheet, focused_crop
from stages.tiles import Size, centre_crop

if TYPE_CHECKING:
    from pipeline.config.schema.printed import PrintSettings
    from stages.canvas import Facts

_CM_PER_INCH = 2.54
LEAST_PER_CM = 30.0  # px of the photo; under that, details of half a millimetre are lost
MOST_SHRUNK = 5.0  # times; a painting's strokes that come out smaller still are told of


def print_box(settings: Settings, photo: Size, say: Callable[[str], None]) -> Size:
    """The box in px that the print fits in; paper has no up and is turned as the photo is.

    `say` is told of that in a line. A size in px that was asked for is taken as it is, unless an
    orientation is asked for, too.

    Raises:
        UsageError: it is out of bounds.
    """
    box, asked = config.print_size(settings), settings.print
    lies = box.width - box.height
    if asked.orientation != "auto":
        upright = asked.orientation == "portrait"
        return Size(box.height, box.width) if (lies > 0) == upright and lies else box
    if not asked.paper or lies * (photo.width - photo.height) >= 0:
        return box
    how = "upright" if photo.height > photo.width else "a landscape"
    turned = Size(box.height, box.width)
    say(f"the photo is {how}: the paper, {asked.paper}, is turned to {turned} px")
    return turned


def at_display(settings: Settings, photo: Size) -> tuple[Settings, Size]:
    """Settings of a print that is the display picture of a photo, and its size.

    The picture alone, without anything around it. Where it is resized otherwise than by
    Tilebrush's own way, all of the photo is prepared for that.
    """
    asked = settings.print
    size = whole = levels.display_size(settings, photo, asked.fit)
    if settings.display.resize != "lanczos3":
        crop = centre_crop(photo, size)
        whole = max(size, Size(crop.width, crop.height), key=lambda each: each.pixels)
    alone = {"size": str(whole), "paper": "", "fit": "cover", "bleed": "", "border": ""}
    return settings.model_copy(update={"print": asked.model_copy(update=alone)}), size


def asked_sheet(asked: PrintSettings, photo: Size, box: Size) -> Sheet:
    """The sheet that is asked for, on a paper of the size `box`.

    Raises:
        UsageError: border or bleed leave no picture.
    """
    return sheets.laid_out(
        photo,
        box,
        asked.fit,
        bleed=_bleed(asked),
        border=papers.parse_border(asked.border, asked.dpi) if asked.border else None,
        colour=papers.parse_colour(asked.border_colour),
    )


def exact(asked: PrintSettings, sheet: Sheet) -> PrintSettings:
    """The settings of exactly that sheet: `size` is the picture's, border and bleed are in px."""
    return asked.model_copy(
        update={
            "size": str(sheet.picture),
            "paper": "",
            "fit": "cover",
            "bleed": f"{sheet.bleed}px" if sheet.bleed else "",
            "border": papers.border_text(sheet.border) if sheet.border.any else "",
        }
    )


def exact_sheet(settings: Settings) -> Sheet:
    """The sheet of resolved settings, see `exact`."""
    asked = settings.print
    border = papers.parse_border(asked.border, asked.dpi) if asked.border else sheets.NO_BORDER
    colour = papers.parse_colour(asked.border_colour)
    return Sheet(config.print_size(settings), border, _bleed(asked), colour)


def _bleed(asked: PrintSettings) -> int:
    return papers.parse_length(asked.bleed, asked.dpi) if asked.bleed else 0


# ---- what is told before a run


def in_cm(size: Size, dpi: float) -> str:
    """A size in px as ``40.0x30.0 cm``."""
    wide, high = (side / dpi * _CM_PER_INCH for side in (size.width, size.height))
    return f"{wide:.1f}x{high:.1f} cm"


def photo_per_cm(photo: Size, settings: Settings) -> float:
    """How many px of the photo lie on a centimetre of the print, at most the print's own."""
    picture, asked = exact_sheet(settings).picture, settings.print
    crop = focused_crop(photo, picture, papers.parse_crop(asked.crop))
    return min(1.0, crop.width / picture.width) * asked.dpi / _CM_PER_INCH


def cropped_share(photo: Size, settings: Settings) -> float:
    """How much of the photo is left out."""
    crop = focused_crop(photo, exact_sheet(settings).picture)
    return 1.0 - crop.pixels / photo.pixels


def notes(photo: Facts, styles: list[Facts], settings: Settings) -> list[str]:
    """Lines about a print with numbers: a photo and paintings too small for what is asked."""
    sheet = exact_sheet(settings)
    found = _jpeg(sheet, settings)
    per_cm = photo_per_cm(photo.size, settings)
    if per_cm < min(LEAST_PER_CM, settings.print.dpi / _CM_PER_INCH):
        cm = sheet.picture.width / settings.print.dpi * _CM_PER_INCH
        found.append(
            f"{photo.path}: {photo.size} px bring {per_cm:.3g} px per cm to a picture "
            f"{cm:.1f} cm wide; under {LEAST_PER_CM:g} its details are lost, so take a photo of "
            f"{round(cm * LEAST_PER_CM)} px across or more, or a smaller paper"
        )
    most = settings.style.max_pixels
    for style, scale in zip(styles, style_scales(settings, len(styles)), strict=True):
        found += _strokes(style, sheet.picture, scale, most)
    return found


def _jpeg(sheet: Sheet, settings: Settings) -> list[str]:
    """That a print is too long for JPEG.

    Raises:
        UsageError: and nothing else is asked for.
    """
    from stages import canvas

    wanted = settings.print.files
    if "jpeg" not in wanted or canvas.jpeg_possible(sheet.size):
        return []
    most = f"{canvas.JPEG_MOST_SIDE:,} px a side (the format at 65,535)"
    told = f"the print has {sheet.size} px and libjpeg ends at {most}"
    if set(wanted) == {"jpeg"}:
        raise UsageError(f"{told}; choose other files, such as --files tiff")
    return [f"{told}; no JPEG is written"]


def _strokes(style: Facts, picture: Size, scale: float, most: int) -> list[str]:
    """Paintings are never enlarged, so the strokes of a small one come out smaller than asked."""
    asked = scale * picture.pixels**0.5
    own = min(style.size.pixels, most) ** 0.5
    if asked <= MOST_SHRUNK * own:
        return []
    return [
        f"{style.path}: {style.size} px; its strokes come out {asked / own:.1f} times smaller on "
        f"{picture} px than a scale of {scale:g} asks for; use a picture of it of "
        f"{asked**2 / MOST_SHRUNK**2 / 1e6:.1f} megapixels or more, or a smaller print"
    ]
