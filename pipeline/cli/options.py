"""The options that several commands share, as dataclasses that commands take as one parameter.

`expanded` gives Typer a function whose parameters are the fields of those dataclasses.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from pipeline.engine import table
from pipeline.engine.executors.asked import Cluster
from stages.errors import UsageError

if TYPE_CHECKING:
    from pipeline.comparing.matrix import Axes


@dataclass(frozen=True)
class Output:
    """How a command speaks."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only say what goes wrong.")] = False
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False


@dataclass(frozen=True)
class Choices:
    """Settings that every stylizing command takes."""

    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings; else ./pipeline.toml, if any."),
    ] = None
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", metavar="NAME|FILE", help="A published method; see tilebrush recipes."
        ),
    ] = None
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="See tilebrush encoders."),
    ] = None
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="FILE", help="File with the encoder's weights."),
    ] = None
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Start of all randomness.")
    ] = None
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", help="Processor threads; 0: one per core."),
    ] = None
    quality: Annotated[
        str | None,
        typer.Option(
            "--quality",
            metavar="NAME",
            help="draft (a third of the iterations), standard, or fine (three times as many).",
        ),
    ] = None
    nice: Annotated[
        int | None,
        typer.Option("--nice", metavar="N", help="0 to 19; the higher, the more others go first."),
    ] = None
    memory: Annotated[
        str | None,
        typer.Option("--memory", metavar="SIZE", help="The most memory to use, such as 2GB."),
    ] = None
    style_weight: Annotated[
        float | None,
        typer.Option("--style-weight", metavar="X", help="Weight of the style; default 1."),
    ] = None
    content_weight: Annotated[
        float | None,
        typer.Option("--content-weight", metavar="X", help="Weight of the photo; default 1."),
    ] = None
    mask: Annotated[
        list[str] | None,
        typer.Option(
            "--mask",
            metavar="MASK=STYLE[:STYLEMASK]",
            help="Where a painting is in the picture, white in MASK; may be repeated.",
        ),
    ] = None
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="MAP=STYLE:STYLEMAP",
            help="Parts of one colour are painted as those of the same colour; may be repeated.",
        ),
    ] = None
    keep_colour: Annotated[
        str | None,
        typer.Option(
            "--keep-colour",
            metavar="HOW",
            help="Keep the photo's colours: none, luma, histogram, mkl or oklab.",
        ),
    ] = None
    style_weights: Annotated[
        str | None,
        typer.Option(
            "--style-weights", metavar="X,Y,...", help="What each painting counts, in their order."
        ),
    ] = None
    style_scale: Annotated[
        str | None,
        typer.Option(
            "--style-scale",
            metavar="X[,Y,...]",
            help="Size of strokes: one number for all paintings, or one for each; default 1.",
        ),
    ] = None
    set: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting of pipeline.toml, such as tiles.core=256; may be repeated.",
        ),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace what is there and differs.")] = (
        False
    )

    def overrides(self) -> dict[str, object]:
        """Dotted settings and the values given for them; --set goes before the others."""
        given = {
            "recipe": self.recipe,
            "encoder.name": self.encoder,
            "encoder.weights": self.weights,
            "run.seed": self.seed,
            "run.threads": self.threads,
            "run.nice": self.nice,
            "run.memory": self.memory,
            "style.weight": self.style_weight,
            "style.content_weight": self.content_weight,
            "style.weights": self.style_weights,
            "style.masks": self.mask or None,
            "style.maps": self.map or None,
            "colour.keep": self.keep_colour,
            "quality": self.quality,
        }
        if self.style_scale is not None:
            many = "," in self.style_scale
            # One number on the command line goes before several in the file.
            given["style.scales"] = self.style_scale if many else ""
            given["style.scale"] = None if many else self.style_scale
        found: dict[str, object] = {key: value for key, value in given.items() if value is not None}
        return found | assignments(self.set or [])


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


@dataclass(frozen=True)
class Matrix:
    """What `compare` varies."""

    photos: Annotated[
        list[Path] | None,
        typer.Option("--photo", metavar="FILE", help="One more photo; may be repeated."),
    ] = None
    recipes: Annotated[
        str | None,
        typer.Option("--recipes", metavar="A,B", help="Recipes; see tilebrush recipes."),
    ] = None
    encoders: Annotated[
        str | None,
        typer.Option("--encoders", metavar="A,B", help="Encoders; see tilebrush encoders."),
    ] = None
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="KEY=V1,V2",
            help="Values of a setting, such as style.scale=0.5,1,2; may be repeated.",
        ),
    ] = None

    def check(self, choices: Choices) -> None:
        """Make sure that nothing is given both as one value and as several.

        Raises:
            UsageError: it is.
        """
        for name in ("recipe", "encoder"):
            if getattr(self, f"{name}s") is not None and getattr(choices, name) is not None:
                raise UsageError(f"both --{name} and --{name}s are given; give one of them")
        if choices.weights is not None and self.encoders is not None:
            raise UsageError(
                "both --weights and --encoders are given; name an encoder's own file as one of the "
                "encoders, or leave weights where they are looked for"
            )

    def axes(self, photo: Path, styles: list[Path]) -> Axes:
        """The axes of a comparison.

        Raises:
            UsageError: an unknown key, or values that are empty or there twice.
        """
        from pipeline.comparing import matrix

        return matrix.Axes(
            photos=(photo, *(self.photos or ())),
            styles=tuple(styles),
            recipes=matrix.listed(self.recipes, "--recipes"),
            encoders=matrix.listed(self.encoders, "--encoders"),
            varied=matrix.varied(self.vary or []),
        )


@dataclass(frozen=True)
class Computers:
    """Which computers work on it."""

    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Dask scheduler, as tcp://host:8786, or local:4 for 4 processes.",
        ),
    ] = None
    cluster_threads: Annotated[
        int,
        typer.Option(
            "--cluster-threads",
            metavar="N",
            min=0,
            max=1024,
            help="Threads of each worker; 0: its computer's cores, shared among its workers.",
        ),
    ] = 0
    cluster_fallback: Annotated[
        bool, typer.Option("--cluster-fallback", help="Go on here while there is no worker.")
    ] = False

    def asked(self) -> Cluster | None:
        """The cluster that is asked for, if one is.

        Raises:
            UsageError: it has no such address.
        """
        if self.cluster is None:
            if self.cluster_threads or self.cluster_fallback:
                raise UsageError(
                    "--cluster-threads and --cluster-fallback go with --cluster ADDRESS; name one"
                )
            return None
        return Cluster(self.cluster, self.cluster_threads, self.cluster_fallback)


@dataclass(frozen=True)
class Habits:
    """How a resumed run uses the computer from now on."""

    nice: Annotated[
        int | None,
        typer.Option("--nice", metavar="N", help="0 to 19; the higher, the more others go first."),
    ] = None
    only_between: Annotated[
        str | None,
        typer.Option(
            "--only-between", metavar="HOURS", help='Work in these, as 22:00-07:00; "": always.'
        ),
    ] = None

    def overrides(self) -> dict[str, object]:
        """Dotted settings and the values given for them."""
        given = {"run.nice": self.nice, "run.only_between": self.only_between}
        return {key: value for key, value in given.items() if value is not None}


@dataclass(frozen=True)
class Server:
    """How a page is served to this computer's browser."""

    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0: any free one.")
    ] = 0
    open: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser, or only tell the address.")
    ] = True


def assignments(texts: list[str]) -> dict[str, object]:
    """KEY=VALUE texts as a mapping.

    Raises:
        UsageError: One has no key or no equals sign.
    """
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set is {text!r}; it must be KEY=VALUE, such as tiles.core=256")
        found[key.strip()] = value.strip()
    return found


def parse_stage(text: str) -> tuple[str, int | None]:
    """``NAME`` or ``NAME@LEVEL`` as name and level.

    Raises:
        UsageError: Unknown stage, bad level, or a level where there is none or the other way.
    """
    name, at, level = text.partition("@")
    stages = table.stages()
    if name not in stages:
        raise UsageError(f"stage is {name!r}; it must be one of {', '.join(stages)}")
    if not stages[name]:
        if at:
            raise UsageError(f"stage {name!r} has no levels; leave @{level} out")
        return name, None
    if not re.fullmatch(r"[1-9]\d?", level):
        raise UsageError(f"stage is {text!r}; it needs a level from 1, such as {name}@2")
    return name, int(level)


def parse_tile(text: str) -> tuple[int, int]:
    """``R,C`` as row and column, both from 0.

    Raises:
        UsageError: It is something else.
    """
    found = re.fullmatch(r"\s*(\d{1,4})\s*,\s*(\d{1,4})\s*", text)
    if not found:
        raise UsageError(f"--tile is {text!r}; it must be ROW,COLUMN from 0, such as 0,3")
    return int(found[1]), int(found[2])


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with every dataclass parameter replaced by the dataclass' fields."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    plain, shared = [], []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            shared += _parameters(groups[name])
        else:
            plain.append(
                parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            )

    @functools.wraps(command)
    def called(**values: Any) -> None:
        for name, kind in groups.items():
            own = {item.name: values.pop(item.name) for item in fields(kind)}
            values[name] = kind(**own)
        command(**values)

    parameters = [*plain, *shared]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    # Typer follows __wrapped__ back to the function that it must not see.
    del called.__wrapped__
    return called


def _parameters(kind: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            item.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=item.default,
            annotation=hints[item.name],
        )
        for item in fields(kind)
    ]
