"""What is asked of every mishap, and the table in which the answers are counted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks import faulty
from benchmarks.faulty import Layer, Step
from benchmarks.trials import Ended, Field

ENERGY = "display/energy.txt"


@dataclass
class Row:
    """One kind of mishap: how often, and what came of it."""

    what: str
    cases: int = 0
    corrupt: int = 0
    committed_lost: int = 0
    not_identical: int = 0
    unclear: int = 0
    seconds: float = 0.0

    @property
    def faults(self) -> int:
        """All that must be 0."""
        return self.corrupt + self.committed_lost + self.not_identical + self.unclear


Job = tuple[str, Callable[[Row], None]]


class Judge:
    """Looks at what mishaps leave in a field; `tell` is told of every fault."""

    def __init__(self, field: Field, seed: int, tell: Callable[[str], None] = print) -> None:
        self.field, self.dice, self.tell = field, random.Random(seed), tell
        self.steps = self._calm_steps()

    def _calm_steps(self) -> list[str]:
        """The kind of every file operation of a calm run, in order."""
        self.field.fresh()
        ended, kinds = self.watched(self.field.printing())
        if ended.code or not self.field.same():
            raise RuntimeError(f"under the layer the run gives {ended.code}: {ended.said}")
        return kinds

    def watched(self, arguments: list[str]) -> tuple[Ended, list[str]]:
        """A command line in peace, and the kind of every file operation of it, in order."""
        kinds = self.field.folder / "kinds.txt"
        kinds.write_text("")

        def note(step: Step) -> None:
            with kinds.open("a") as file:
                file.write(step.kind + "\n")

        ended = self.field.called(arguments, self.layer(note))
        return ended, kinds.read_text().splitlines()

    def layer(self, act: faulty.Act) -> Callable[[], None]:
        """Puts a layer under a child, in which `act` happens."""
        return lambda: Layer(self.field.run, act).install()

    def sample(
        self, steps: Sequence[str], every: int, kinds: Sequence[str] | None = None
    ) -> Iterator[int]:
        """Every N-th of some steps, of all kinds or of those, from a random one on."""
        possible = [n for n, kind in enumerate(steps, 1) if kinds is None or kind in kinds]
        return iter(possible[self.dice.randrange(min(every, len(possible))) :: every])

    # ---- what is asked

    def note(self, row: Row, field: str, count: int, text: str) -> None:
        """Count faults of a kind, if there are any, and tell them."""
        if count:
            setattr(row, field, getattr(row, field) + int(count))
            self.tell(f"{row.what}: {text}")

    def expect(self, row: Row, what: str, ended: Ended, codes: tuple[int, ...]) -> None:
        """One of these exit codes, and nothing said or one line."""
        right = ended.code in codes and ended.clear
        self.note(row, "unclear", not right, f"{what}: {ended.code} {ended.said}")

    def stopped(self, row: Row, what: str, ended: Ended) -> dict[str, int]:
        """Note what is wrong right after a stop; give what was committed and is not stale."""
        damaged = self.field.damaged()
        kept = self.field.made()
        # A sweep's tiles are dropped once its canvas is there.
        lost = [
            name
            for name in ended.committed
            if name not in kept and not _served(name, ended.committed, kept)
        ]
        self.note(row, "corrupt", len(damaged), f"{what}: corrupt {damaged}")
        self.note(row, "committed_lost", len(lost), f"{what}: lost {lost}")
        return kept

    def resumed(self, row: Row, what: str, kept: dict[str, int] | None) -> None:
        """Resume to the end; nothing committed is made again, and all is as in the calm run."""
        ended = self.field.resume()
        told = ended.code == 0 and not ended.said
        self.note(row, "unclear", not told, f"{what}: resume gave {ended.code}: {ended.said}")
        again = self.again(kept)
        self.note(row, "committed_lost", len(again), f"{what}: made again {again}")
        self.note(row, "not_identical", not self.field.same(), f"{what}: other bytes")

    def again(self, kept: dict[str, int] | None) -> list[str]:
        """What of the outputs that were kept has been made again since."""
        now = self.field.made()
        made = {name for name, when in (kept or {}).items() if now.get(name, when) != when}
        # The display picture and its energy are one computation, finished with the picture.
        return sorted(made - ({ENERGY} if "display/canvas.npy" not in (kept or {}) else set()))


def _served(name: str, committed: Sequence[str], kept: dict[str, int]) -> bool:
    """Whether a tile is gone because the canvas of its sweep is there, or there is a later one."""
    folder, _, file = name.rpartition("/")
    return file.startswith("tile-") and (f"{folder}/canvas.npy" in {*committed, *kept})
