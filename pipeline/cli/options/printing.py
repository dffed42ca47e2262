"""The options of prints: paper, files and time, and which parts of one are shown before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from stages.errors import UsageError


@dataclass(frozen=True)
class Print:
    """What a print and its plan take besides `Choices`."""

    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WxH", help="px the print fits in; default 6000x4500."),
    ] = None
    paper: Annotated[
        str | None,
        typer.Option("--paper", metavar="SIZE", help="Instead of --size, as 40x30cm or A3."),
    ] = None
    dpi: Annotated[
        float | None, typer.Option("--dpi", metavar="N", help="px per inch; default 381.")
    ] = None
    fit: Annotated[
        str | None,
        typer.Option("--fit", metavar="HOW", help="contain: the whole photo; cover: fill, crop."),
    ] = None
    crop: Annotated[
        str | None,
        typer.Option("--crop", metavar="X,Y", help="Middle of the crop, as 0.3,0.4, or top."),
    ] = None
    orientation: Annotated[
        str | None,
        typer.Option("--orientation", metavar="HOW", help="auto, portrait or landscape."),
    ] = None
    bleed: Annotated[
        str | None,
        typer.Option("--bleed", metavar="LENGTH", help="For the lab to cut off, such as 3mm."),
    ] = None
    border: Annotated[
        str | None,
        typer.Option("--border", metavar="LENGTH", help="Inside the paper, such as 10mm."),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option("--profile", metavar="NAME", help="srgb, adobe-rgb, p3 or FILE.icc."),
    ] = None
    soft_proof: Annotated[
        str | None,
        typer.Option("--soft-proof", metavar="FILE.icc", help="Show the print on that paper."),
    ] = None
    files: Annotated[
        str | None,
        typer.Option("--files", metavar="KINDS", help="Of tiff,jpeg,png,archive."),
    ] = None
    archive: Annotated[bool, typer.Option("--archive", help="A 16-bit TIFF to keep, too.")] = False
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help='Of the files, such as "{photo}-{style}".'),
    ] = None
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="TIME", help="Time it may take, such as 36h."),
    ] = None
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Instead of --budget, such as 07:30."),
    ] = None
    only_between: Annotated[
        str | None,
        typer.Option("--only-between", metavar="HOURS", help="Work in these, as 22:00-07:00."),
    ] = None

    def overrides(self) -> dict[str, object]:
        """Dotted settings and the values given for them.

        Raises:
            UsageError: Both a size and a paper size, or both a budget and a time.
        """
        if self.budget is not None and self.until is not None:
            raise UsageError("both --budget and --until are given; give one of them")
        if self.size is not None and self.paper is not None:
            raise UsageError("both --size and --paper are given; give one of them")
        given = {
            "print.size": self.size,
            # A size on the command line goes before a paper size in the file.
            "print.paper": "" if self.size is not None else self.paper,
            "print.dpi": self.dpi,
            # Who says what is to be kept of a crop wants one.
            "print.fit": "cover" if self.crop is not None and self.fit is None else self.fit,
            "print.crop": self.crop,
            "print.orientation": self.orientation,
            "print.bleed": self.bleed,
            "print.profile": self.profile,
            "print.soft_proof": self.soft_proof,
            "print.files": self._files(),
            "print.name": self.name,
            "print.border": self.border,
            # One on the command line goes before the other in the file.
            "run.budget": "" if self.until is not None else self.budget,
            "run.until": "" if self.budget is not None else self.until,
            "run.only_between": self.only_between,
        }
        return {key: value for key, value in given.items() if value is not None}

    def _files(self) -> str | None:
        """The kinds of files; the archive comes to those named, or else to the usual ones."""
        if not self.archive:
            return self.files
        named = self.files or "tiff,jpeg"
        return named if "archive" in named else f"{named},archive"


@dataclass(frozen=True)
class Crops:
    """Which parts of a print `proof` shows."""

    crops: Annotated[
        int | None,
        typer.Option(
            "--crops", metavar="N", min=1, max=20, help="Of most and least detail; default 3."
        ),
    ] = None
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="X,Y",
            help="Instead: a crop's middle, as 0.3,0.4 or in px of the print; may be repeated.",
        ),
    ] = None
    crop_size: Annotated[
        str, typer.Option("--crop-size", metavar="WxH", help="px of each crop.")
    ] = "1000x1000"

    def check(self) -> None:
        """Make sure that places are either named or counted.

        Raises:
            UsageError: both.
        """
        if self.crops is not None and self.at:
            raise UsageError("both --crops and --at are given; give one of them")
