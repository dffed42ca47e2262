"""Masks as inputs of a run: which images they are, what they belong to, whether they fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.load import Settings
from pipeline.config.masking import parse_map, parse_mask
from pipeline.config.roles import COLOUR_MASK, MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.run.records import Input
from stages.errors import InputImageError, UsageError

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
    found, having = [], set()
    if settings.colour.mask:
        found.append(Mask(COLOUR_MASK, Path(settings.colour.mask)))
    kinds = ((MASK, STYLE_MASK, settings.style.masks), (MAP, STYLE_MAP, settings.style.maps))
    for on_photo, on_style, texts in kinds:
        for text in texts:
            mask = parse_mask(text)
            number = _number(mask.style, styles, text)
            if number in having:
                raise UsageError(
                    f"{styles[number - 1].name} has two masks or maps, the second {text!r}; give "
                    "one for each painting, or name the painting twice"
                )
            having.add(number)
            found.append(Mask(role(on_photo, number), Path(mask.mask)))
            if mask.on:
                found.append(Mask(role(on_style, number), Path(mask.on), number))
    return found


def _number(name: str, styles: list[Path], text: str) -> int:
    """Which painting a mask belongs to: the number, path or file name that it gives."""
    if name.isdecimal() and 1 <= int(name) <= len(styles):
        return int(name)
    numbered = list(enumerate(styles, start=1))
    for same in (lambda style: str(style) == name, lambda style: style.name == Path(name).name):
        near = [number for number, style in numbered if same(style)]
        if len(near) == 1:
            return near[0]
        if near:
            raise UsageError(
                f"mask {text!r}: {len(near)} paintings are called {name}; give the number, "
                f"{', '.join(map(str, near))}"
            )
    known = ", ".join(f"{number}: {style.name}" for number, style in numbered)
    raise UsageError(f"mask {text!r}: no painting is called {name!r}; there are {known}")


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


def zones(settings: Settings) -> int:
    """In how many zones masks and maps divide a picture; 0 if they do not.

    What masks leave counts as one. A map that is not there has as many labels as any may have.
    """
    masks = {parse_mask(text).mask for text in settings.style.masks}
    maps = {parse_map(text).mask for text in settings.style.maps}
    count = len(masks) + sum(_labels(Path(name)) for name in maps)
    return count + 1 if count else 0


def _labels(path: Path) -> int:
    from stages import canvas

    try:
        found = path.stat()
        return _counted(path, found.st_mtime_ns, found.st_size)
    except (OSError, InputImageError):
        return canvas.MOST_LABELS


@lru_cache(maxsize=16)
def _counted(path: Path, changed: int, length: int) -> int:
    from stages import canvas

    return canvas.count_labels(path)


def files_of(settings: Settings, styles: list[Path]) -> list[Path]:
    """The files of all masks."""
    return [mask.path for mask in asked(settings, styles)]
