"""What commands return: plain facts for people and programs; `pipeline.console` shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DisplayResult:
    """A display-size image, written."""

    output: str
    size: str
    encoder: str
    iterations: int
    took_seconds: float
    peak_memory_bytes: int

    @property
    def headline(self) -> str:
        """First line for people."""
        return f"{self.output} is ready"


@dataclass(frozen=True, kw_only=True)
class PrintResult:
    """A finished print; time worked and energy are those of all sessions."""

    run: str
    tiff: str
    jpeg: str
    png: str
    archive: str
    soft_proof: str
    size: str
    outside_profile_share: float | None
    outside_proof_share: float | None
    tiles_computed: int
    tiles_found: int
    took_seconds: float
    peak_memory_bytes: int
    worked_seconds: float
    energy_kwh: float
    energy_from: str
    cost: str
    co2_grams: float
    stopped_after: str = ""
    page: str = ""

    @property
    def headline(self) -> str:
        """First line for people."""
        if self.stopped_after:
            return (
                f"{self.run} has stopped after {self.stopped_after}; look at {self.page or 'it'}, "
                "then go on with tilebrush resume, or with the same command without --until-level"
            )
        return f"{self.jpeg or self.tiff or self.png or self.archive} is ready"


@dataclass(frozen=True, kw_only=True)
class CropRow:
    """One crop of a proof: its file, its upper left corner and size in px of the print, and why."""

    file: str
    at: str
    size: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ProofResult:
    """Crops of a print at full scale; `expected_error` is what other proofs were measured at.

    `print_with` are options of `print` for these very strokes: what was found by a trial here.
    """

    folder: str
    sheet: str
    print_size: str
    statistics_from: str
    expected_error: str
    print_with: str
    took_seconds: float
    peak_memory_bytes: int
    crops: tuple[CropRow, ...]

    @property
    def headline(self) -> str:
        """First line for people."""
        return f"{self.sheet} is ready"


@dataclass(frozen=True, kw_only=True)
class LevelStatus:
    """How far one level is."""

    level: int
    size: str
    sweep: str
    tiles: str
    done_share: float
    iterations: int


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """One worker of a cluster at work on a run, in this session.

    Its pace is in megapixel-iterations a second. Its energy is what its computer tells, or goes by
    `energy.watts`.
    """

    worker: str
    computer: str
    state: str
    does: str
    tiles: int
    pace: float
    busy_seconds: float
    energy_kwh: float


@dataclass(frozen=True, kw_only=True)
class StatusResult:
    """How far a run is; `ready` counts the hours in which it waits, `left_seconds` does not."""

    run: str
    state: str
    stopped_after: str
    size: str
    created: str
    done_share: float
    worked_seconds: float
    left_seconds: float
    ready: str
    waiting_until: str
    energy_kwh: float | None
    energy_from: str
    cost: str
    co2_grams: float | None
    levels: tuple[LevelStatus, ...]
    workers: tuple[WorkerStatus, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether the print is written."""
        return self.state == "finished"


@dataclass(frozen=True, kw_only=True)
class CompareResult:
    """A finished comparison; time worked, energy and memory are those of all sessions."""

    run: str
    page: str
    sheet: str
    tables: tuple[str, ...]
    pictures: int
    pictures_made: int
    best_by_numbers: str
    took_seconds: float
    worked_seconds: float
    peak_memory_bytes: int
    energy_kwh: float
    energy_from: str
    cost: str
    co2_grams: float

    @property
    def headline(self) -> str:
        """First line for people."""
        return f"{self.page} is ready"


@dataclass(frozen=True, kw_only=True)
class CompareStatus:
    """How far a comparison is."""

    run: str
    state: str
    created: str
    pictures: str
    done_share: float
    worked_seconds: float
    left_seconds: float
    energy_kwh: float
    energy_from: str
    cost: str
    workers: tuple[WorkerStatus, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether its page is written."""
        return self.state == "finished"


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """A stage that was run again."""

    stage: str
    folder: str
    files: tuple[str, ...]
    first_loss: float
    last_loss: float
    took_seconds: float


@dataclass(frozen=True, kw_only=True)
class ProblemRow:
    """A file of a run that is not what its record says."""

    file: str
    found: str
    needed: str


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """Every recorded file of a run compared with its record."""

    run: str
    files: int
    problems: tuple[ProblemRow, ...]
    mendable: bool = True

    @property
    def headline(self) -> str:
        """First line for people."""
        if not self.problems:
            return f"{self.run}: {self.files} files, all whole"
        damaged = f"{self.run}: {len(self.problems)} of {self.files} files damaged"
        if not self.mendable:
            return f"{damaged}; what they were made of was cleaned away, so nothing mends them"
        return f"{damaged}; tilebrush resume mends them"


@dataclass(frozen=True, kw_only=True)
class CleanResult:
    """What was dropped from a run."""

    run: str
    freed_bytes: int


@dataclass(frozen=True, kw_only=True)
class SideRow:
    """One of two runs or reruns that are compared; None is what it does not tell."""

    side: str
    folder: str
    what: str
    picture: str
    size: str
    how: str
    took_seconds: float | None
    first_loss: float | None
    last_loss: float | None


@dataclass(frozen=True, kw_only=True)
class CompareRunsResult:
    """Two runs or reruns side by side.

    Differences are of 255 steps; delta E is that of CIE 2000, `visible_share` the share of px with
    more than 2. PSNR is in dB, None for equal pictures.
    """

    picture: str
    compared_at: str
    mean_difference: float
    most_difference: float
    psnr: float | None
    mean_delta_e: float
    delta_e_of_95_percent: float
    visible_share: float
    sides: tuple[SideRow, ...]
    settings: tuple[str, ...]

    @property
    def headline(self) -> str:
        """First line for people."""
        if self.psnr is None:
            return "they are the same, pixel for pixel"
        return f"{self.picture} has both, and four times their difference"


@dataclass(frozen=True, kw_only=True)
class ViewResult:
    """A page that is served until the command is ended."""

    run: str
    address: str


@dataclass(frozen=True, kw_only=True)
class LevelRow:
    """One level of a plan."""

    level: int
    size: str
    tiles: int
    window: str
    sweeps: int
    iterations: int
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class PlanResult:
    """What a print will take; times come from a short trial on this machine, None without one."""

    size: str
    sheet: str
    cropped_share: float | None
    photo_px_per_cm: float | None
    encoder: str
    precision: str
    levels: tuple[LevelRow, ...]
    total_seconds: float | None
    least_seconds: float | None
    most_seconds: float | None
    workers: int | None
    shared_seconds: float | None
    ready: str
    peak_memory_bytes: int
    disk_bytes: int
    energy_kwh: float | None
    energy_from: str
    cost: str
    co2_grams: float | None
