"""How the outputs of `colour` and `finish` are made: the print and its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine.makers import given
from pipeline.engine.outputs import Job, Made

if TYPE_CHECKING:
    from stages.canvas import Metadata, PrintFormat
    from stages.finish import Kind


def coloured(job: Job) -> Made:
    """The last canvas in the photo's colours."""
    from stages import colour

    last = len(job.brief.plan.levels)
    source, photo = job.path(job.brief.result(last), level=last), job.path("photo")
    mask, how, size = (
        given.colour_mask(job),
        job.setting("colour.keep"),
        job.brief.plan.display[-1].size,
    )
    return Made(lambda out: colour.run(source, photo, out, size, how, mask))


def tiff(job: Job) -> Made:
    """The print as TIFF."""
    return _print_file(job, "tiff")


def jpeg(job: Job) -> Made:
    """The print as JPEG."""
    return _print_file(job, "jpeg")


def png(job: Job) -> Made:
    """The print as PNG."""
    return _print_file(job, "png")


def archive(job: Job) -> Made:
    """The print to be kept: 16 bits, with smaller copies in it."""
    return _print_file(job, "archive")


def _print_file(job: Job, kind: Kind) -> Made:
    from stages import finish

    source, form = _last_canvas(job), print_format(job)
    work, written = job.output.work(job.brief, job.place), 0.0

    def did(share: float) -> None:
        nonlocal written  # a file may be begun again where the disk was full
        if share > written:
            job.did(work * (share - written))
            written = share

    def write(out: Path) -> None:
        finish.run(source, out, kind, form, did)
        did(1.0)

    return Made(write, _outside(source, form.profile))


def _outside(source: Path, profile: str) -> dict[str, float]:
    """For a record: how much of the print a profile cannot hold."""
    from stages import finish

    if profile == "srgb":
        return {}
    return {"outside_share": round(finish.outside_share(source, profile), 4)}


def soft_proof(job: Job) -> Made:
    """How the print will look on a lab's paper."""
    from stages import finish

    source, profile = _last_canvas(job), _profile(job, "print.soft_proof")
    return Made(lambda out: finish.soft_proof(source, out, profile), _outside(source, profile))


def _last_canvas(job: Job) -> Path:
    ref = job.brief.printed
    return job.path(ref.name, level=ref.place.level)


def print_format(job: Job) -> PrintFormat:
    """How print files are written."""
    from stages.canvas import PrintFormat

    sheet = job.brief.sheet
    return PrintFormat(
        dpi=job.setting("print.dpi"),
        bits=job.setting("print.bits"),
        jpeg_quality=job.setting("print.jpeg_quality"),
        seed=job.setting("run.seed"),
        border=sheet.border,
        colour=sheet.colour,
        profile=_profile(job, "print.profile"),
        compression=job.setting("print.compression"),
        said=_said(job),
    )


def _profile(job: Job, key: str) -> str:
    """The name or file of a profile; a file is as it was when the run began."""
    name = str(job.setting(key))
    for item in job.brief.of_role("profile"):
        if item.path == name:
            given.unchanged(item)
    return name


def _said(job: Job) -> Metadata:
    """What the print files say of themselves."""
    from pipeline import __version__
    from pipeline.config import fields
    from stages.canvas import Metadata

    if job.setting("print.metadata") == "none":
        return Metadata()
    found = json.loads(job.path("credits", level=0).read_text(encoding="ascii"))
    photo, *_ = (Path(item.name).stem for item in job.brief.of_role("photo"))
    styles = " and ".join(Path(item.name).stem for item in job.brief.of_role("style"))
    return Metadata(
        title=job.setting("print.title") or f"{photo}, painted after {styles}",
        artist=found["artist"],
        copyright=found["copyright"],
        tool=f"tilebrush {__version__}",
        settings=fields.said(job.brief.settings),
        camera=found["camera"],
    )
