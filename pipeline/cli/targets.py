"""Where single images are written: a name that the user gave, or one made of the inputs' names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from stages.errors import UsageError

_IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_PICTURES = (".png", ".jpg", ".jpeg")


def display_target(photo: Path, styles: Sequence[Path], out: Path | None, force: bool) -> Path:
    """The file to write: what the user names, else a new one in the current folder.

    Raises:
        UsageError: it cannot be, or is an input.
    """
    from pipeline.run import names

    if out is None:
        stem = "_".join([photo.stem, *(style.stem for style in styles)])
        out = Path(names.cut(stem, ".png", names.longest(Path())))
        if out.exists() and not force:
            raise UsageError(f"{out} is there already; name another with -o, or use --force")
    if out.suffix.lower() not in _IMAGES:
        raise UsageError(f"output is {str(out)!r}; its name must end in {', '.join(_IMAGES)}")
    _check_place(photo, styles, out, "-o")
    return out


def check_picture(photo: Path, styles: Sequence[Path], out: Path) -> None:
    """Make sure that a picture beside a plan can be written where the user says.

    Raises:
        UsageError: it cannot be, or is an input.
    """
    if out.suffix.lower() not in _PICTURES:
        raise UsageError(f"output is {str(out)!r}; its name must end in {', '.join(_PICTURES)}")
    _check_place(photo, styles, out, "--picture")


def _check_place(photo: Path, styles: Sequence[Path], out: Path, option: str) -> None:
    from pipeline.run import names

    if len(os.fsencode(out.name)) > (most := names.longest(out.parent)):
        raise UsageError(
            f"the output's name has {len(os.fsencode(out.name))} bytes, {most} are possible; "
            f"choose a shorter one with {option}"
        )
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError(f"output is {str(out)!r}; it must be a file in a folder that is there")
    if any(_same_file(given, out) for given in (photo, *styles)):
        raise UsageError(f"output {str(out)!r} is also an input; name another file with {option}")


def proof_folder(photo: Path, styles: Sequence[Path], out: Path | None, force: bool) -> Path:
    """The folder that `proof` writes into: what the user names, else one of the inputs' names.

    Raises:
        UsageError: it cannot be, or something is in it and `force` is not given.
    """
    from pipeline.run import names

    if out is None:
        stem = "_".join([photo.stem, *(style.stem for style in styles)])
        out = Path(names.cut(stem, "-proof", names.longest(Path())))
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder with -o")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out} cannot be made; name a folder in one that is there with -o")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise UsageError(f"{out} is not empty; name another folder with -o, or use --force")
    return out


def beside_target(a: Path, b: Path, out: Path | None, force: bool) -> Path:
    """The file that `compare-runs` writes: what the user names, else a new one made of both names.

    Raises:
        UsageError: it cannot be.
    """
    from pipeline.run import names

    if out is None:
        stem = f"{a.resolve().name}_{b.resolve().name}"
        out = Path(names.cut(stem, ".png", names.longest(Path())))
        if out.exists() and not force:
            raise UsageError(f"{out} is there already; name another with -o, or use --force")
    if out.suffix.lower() not in _IMAGES[:3]:
        raise UsageError(f"output is {str(out)!r}; its name must end in {', '.join(_IMAGES[:3])}")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError(f"output is {str(out)!r}; it must be a file in a folder that is there")
    return out


def _same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except (OSError, ValueError):  # one of them is missing, or no file can have such a name
        return False
