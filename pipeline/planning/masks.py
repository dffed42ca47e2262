"""Masks as inputs of a run: which images they are, what they belong to, whether they fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.load import Settings
from pipeline.config.masking import COLOUR_MASK
from pipeline.run.records import Input
from stages.errors import InputImageError

if TYPE_CHECKING:
    from stages.canvas import Facts
    from stages.tiles import Size

_PLAY = 1.5  # px of a mask that its shape may be off by: sizes are whole numbers


@dataclass(frozen=True)
class Mask:
    """A mask in its `role`, lying on the photo (0) or on the painting of that number."""

    role: str
    path: Path
    on: int = 0


def asked(settings: Settings, styles: list[Path]) -> list[Mask]:
    """The masks that settings name.

    Raises:
        UsageError: one belongs to no painting that is given, or a painting has two.
    """
    found = []
    if settings.colour.mask:
        found.append(Mask(COLOUR_MASK, Path(settings.colour.mask)))
    return found


def inputs_of(settings: Settings, photo: Path, styles: list[Path]) -> tuple[Input, ...]:
    """All inputs of a run: photo, paintings, masks.

    Raises:
        InputImageError: one of them is missing, or a mask has another shape than what it lies on.
        UsageError: as `asked`.
    """
    from stages import canvas

    masks = asked(settings, styles)
    under = {mask.on: canvas.inspect([photo, *styles][mask.on]) for mask in masks}
    for mask in masks:
        _check_shape(mask, canvas.inspect(mask.path).size, under[mask.on])
    return (
        Input.of("photo", photo),
        *(Input.of("style", style) for style in styles),
        *(Input.of(mask.role, mask.path) for mask in masks),
    )


def _check_shape(mask: Mask, size: Size, under: Facts) -> None:
    wanted = size.width * under.height / under.width
    if abs(wanted - size.height) > _PLAY:
        what = "painting" if mask.on else "photo"
        raise InputImageError(
            f"{mask.path}: {size} px, and its {what} has {under.size} px, another shape; a mask "
            f"must have that of the {what}, such as {size.width}x{max(1, round(wanted))} px"
        )


def notes(settings: Settings, photo: Facts, styles: list[Facts]) -> list[str]:
    """Lines about masks of another size than what they lie on."""
    from stages import canvas

    found = []
    for mask in asked(settings, [style.path for style in styles]):
        size, under = canvas.inspect(mask.path).size, [photo, *styles][mask.on]
        if size != under.size:
            found.append(f"{mask.path}: {size} px, resized to the {under.size} px of {under.path}")
    return found


def files_of(settings: Settings, styles: list[Path]) -> list[Path]:
    """The files of all masks."""
    return [mask.path for mask in asked(settings, styles)]
