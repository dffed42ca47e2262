"""The stages from Python: a photo and paintings as arrays in, the canvas of any stage as an array.

    from pipeline.workshop import Workshop

    with Workshop(photo, [painting], {"print.size": "1600x1200"}) as work:
        small = work.display()            # (H, W, 3), float32, 0 to 1 sRGB
        large = work.level(1)             # the canvas that level 1 hands on

What is made is what `tilebrush print` makes with the same settings, by the same rows of the table.
In a notebook progress is shown under the cell. Between the stages canvases lie in a temporary
folder, which goes with the workshop; nothing else is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console import notebook
from pipeline.console.console import Bar, Console
from pipeline.engine import table
from pipeline.engine.loose import Loose, needed
from pipeline.engine.outputs import Brief, Place, Ref
from pipeline.planning import levels, masks, sheets
from pipeline.planning.levels import Plan
from pipeline.planning.resolve import (
    inspect_inputs,
    open_studio,
    resolve,
    style_pixels,
    weights_of,
    within_memory,
)
from pipeline.run import scratch
from stages.errors import UsageError

if TYPE_CHECKING:
    from stages.canvas.files import Pixels

CANVASES = (
    *("photo", "style", "display canvas", "enlarged canvas", "level photo", "painted canvas"),
    *("tile", "sweep canvas", "level canvas", "recoloured style", "coloured canvas"),
)


class Workshop:
    """One print of a photo and its paintings, stage by stage, in memory as far as one sees."""

    def __init__(
        self,
        photo: Pixels,
        paintings: Sequence[Pixels],
        settings: Settings | Mapping[str, object] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        """Take arrays `(H, W, 3)`, sRGB: uint8 from 0 to 255, or floats from 0 to 1.

        `settings` are those of `pipeline.toml` by their dotted keys, such as
        ``{"style.scale": 2, "recipe": "johnson"}``; no file is read. `quiet` shows no progress.

        Raises:
            InputImageError: an array is no picture.
            UsageError: an unknown setting, a bad value, or a budget, which runs alone have.
            WeightsError, ResourceError.
        """
        self._stack = ExitStack()
        self.folder = self._stack.enter_context(scratch.folder())
        self.console = Console(quiet=quiet)
        try:
            self._loose = self._begun(photo, paintings, _settings(settings))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop everything that was made."""
        self._stack.close()

    @property
    def settings(self) -> Settings:
        """The settings as this computer resolved them."""
        return self._loose.brief.settings

    @property
    def plan(self) -> Plan:
        """Sizes, iterations and tiles of display and levels."""
        return self._loose.brief.plan

    @property
    def losses(self) -> tuple[float, ...]:
        """The losses of all evaluations so far."""
        return tuple(self._loose.losses)

    def display(self) -> Pixels:
        """The picture at display size, `(H, W, 3)`, float32, 0 to 1 sRGB."""
        return self.canvas("display canvas")

    def level(self, number: int) -> Pixels:
        """The canvas that a level hands on; 0 is display, the last one the print.

        Raises:
            UsageError: there is no such level.
        """
        if not 0 <= number <= len(self.plan.levels):
            raise UsageError(f"level is {number}; there are 0 to {len(self.plan.levels)}")
        return self.canvas(self._loose.brief.result(number), level=number)

    def print(self) -> Pixels:
        """The canvas that a print's files are made of."""
        return self._canvas(self._loose.brief.printed)

    def canvas(self, name: str, **place: int) -> Pixels:
        """The canvas of any stage by its name in the table of outputs.

        `place` says which one: `style`, `level`, `sweep` from 1, `row` and `col` from 0. What it is
        made from is made first, if it is not there.

        Raises:
            UsageError: no canvas has that name, or there is none at that place.
        """
        if name not in CANVASES:
            raise UsageError(f"canvas is {name!r}; it must be one of {', '.join(CANVASES)}")
        return self._canvas(Ref(name, Place(**place)))

    # ---- how

    def _canvas(self, ref: Ref) -> Pixels:
        from stages import canvas

        if ref not in self._loose.made:
            self._make(ref)
        return canvas.read(self._loose.made[ref])

    def _begun(self, photo: Pixels, paintings: Sequence[Pixels], asked: Settings) -> Loose:
        from stages import canvas

        files = [self.folder / "photo.tif"]
        files += [self.folder / f"style-{n}.tif" for n in range(1, len(paintings) + 1)]
        for pixels, path in zip((photo, *paintings), files, strict=True):
            canvas.write_array(pixels, path)
        facts, styles = inspect_inputs(files[0], files[1:])
        box = sheets.print_box(asked, facts.size, self.console.message)
        exact = resolve(asked, facts.size, len(paintings), box)
        exact = within_memory(exact, style_pixels([style.size for style in styles], exact))
        inputs = masks.inputs_of(exact, files[0], files[1:])
        weights = weights_of(exact, self.console)
        return Loose(
            brief=Brief(exact, levels.make(exact), inputs, weights),
            folder=self.folder,
            open_studio=lambda: open_studio(exact, self.console),
            did=lambda work: None,
            elsewhere=lambda ref: self.folder / "none",
        )

    def _make(self, ref: Ref) -> None:
        brief = self._loose.brief
        try:
            wanted = [each for each in needed(brief, ref) if each not in self._loose.made]
            work = sum(table.row(each.name).work(brief, each.place) for each in wanted)
        except (IndexError, AttributeError):
            raise UsageError(
                f"there is no {ref.name} at {ref.place}; levels are 1 to {len(brief.plan.levels)}"
            ) from None
        with self._progress(work) as bar:
            self._loose.did = bar.advance
            for each in wanted:
                output = table.row(each.name)
                bar.stage(
                    f"{output.stage}@{each.place.level}" if each.place.level else output.stage
                )
                self._loose.make(each, output.file(each.place, brief).replace("/", "-"))
                if not output.paced:
                    bar.skip(output.work(brief, each.place))

    @contextmanager
    def _progress(self, work: float) -> Iterator[Bar]:
        if notebook.here() and not self.console.quiet:
            with notebook.progress(work) as bar:
                yield bar
            return
        with self.console.progress(work, "workshop") as bar:
            yield bar


def _settings(given: Settings | Mapping[str, object] | None) -> Settings:
    found = given if isinstance(given, Settings) else config.load(Path(os.devnull), given)
    if found.run.budget or found.run.until:
        raise UsageError("run.budget and run.until are for runs; set iterations here")
    return found
