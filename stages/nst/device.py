"""What this processor computes fast, found by trying it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch
import torch.nn.functional as F

from stages.computing import Device, Precision
from stages.errors import UsageError
from stages.nst.allocator import keep_memory
from stages.nst.encoders import load
from stages.nst.published.use import Use
from stages.nst.studio import Studio

# torch's convolutions (oneDNN) keep compiled kernels for the last 1024 shapes, half a MB each. A
# tile needs fewer than 100, and tiles of one sweep have one shape. Read when the first is compiled.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "100")


_WORTH = 1.25  # the gain from which bfloat16 is taken
_EMULATED = 20  # times slower than float32 in a tiny trial: not worth a larger one
_AGAIN, _NEAR = 6, 1.05  # so often within this of the least seconds: then they are sure
_BREATH, _LONGEST = 0.01, 5.0  # seconds between two rounds, and of all


@dataclass(frozen=True)
class Speed:
    """What this processor computes fast with."""

    gain: float  # how many times faster than in float32 a convolution is in bfloat16
    threads: int
    sure: bool  # whether the trial settled in the time it may take

    @property
    def precision(self) -> Precision:
        """bfloat16 where it is at least a quarter faster: it costs a little accuracy."""
        return Precision.BFLOAT16 if self.gain > _WORTH else Precision.FLOAT32


def settled(
    trials: Sequence[Callable[[], float]],
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[float], bool]:
    """The least seconds that each trial gives, and whether they are sure.

    The trials take turns, so that another program's load hits all of them; a short pause between
    the rounds lets them see several of its moments. They are sure when each has come near to its
    least seconds again and again, and end in any case after `_LONGEST` seconds.
    """
    found: list[list[float]] = [[] for _ in trials]
    ends, sure = clock() + _LONGEST, False
    while not sure and clock() < ends:
        for trial, seconds in zip(trials, found, strict=True):
            seconds.append(trial())
        sure = all(_reached_again(seconds) for seconds in found)
        pause(_BREATH)
    return [min(seconds) for seconds in found], sure


def _reached_again(seconds: list[float]) -> bool:
    return sum(each <= _NEAR * min(seconds) for each in seconds) >= _AGAIN


def _convolution(
    dtype: torch.dtype, size: int, threads: int, clock: Callable[[], float]
) -> Callable[[], float]:
    """A trial: seconds of one convolution of `size` x `size` px, with so many threads."""
    image = torch.randn(1, 64, size, size, dtype=dtype).to(memory_format=torch.channels_last)
    kernel = torch.randn(64, 64, 3, 3, dtype=dtype).to(memory_format=torch.channels_last)

    def trial() -> float:
        use_threads(threads)
        F.conv2d(image, kernel)  # compiles it at first, and wakes the threads
        began = clock()
        F.conv2d(image, kernel)
        return clock() - began

    return trial


def speed(cores: int) -> Speed:
    """Try what `cores` cores compute fast with; takes a second or two, at most about 12."""
    before = torch.get_num_threads()
    try:
        with torch.inference_mode():
            gain, sure = _gain()
            threads, clear = _threads(cores, torch.bfloat16 if gain > _WORTH else torch.float32)
            return Speed(gain, threads, sure and clear)
    finally:
        use_threads(before)


def _gain() -> tuple[float, bool]:
    """How many times faster than float32 bfloat16 is, and whether that is sure.

    Flags of a processor do not tell: some emulate it hundreds of times slower, which a tiny trial
    shows first. One thread is timed by its own processor time where that is counted finely enough:
    other programs can take the core away, but not make that run.
    """
    coarse = time.get_clock_info("thread_time").resolution > 1e-5
    clock = time.perf_counter if coarse else time.thread_time
    both = (torch.float32, torch.bfloat16)
    tiny = [_convolution(dtype, 24, 1, clock) for dtype in both]
    exact, short = (min(trial() for _ in range(3)) for trial in tiny)
    if short > _EMULATED * exact:
        return 0.25, True
    (exact, short), sure = settled([_convolution(dtype, 192, 1, clock) for dtype in both])
    return exact / short, sure


def _threads(cores: int, dtype: torch.dtype) -> tuple[int, bool]:
    """How many of `cores` threads compute fastest, and whether that is sure.

    Cores that share their units with another (hyper-threads) may help or hinder, so all of them
    and half of them are tried where there are four or more; fewer are used whole.
    """
    if cores < 4:
        return cores, True
    counts = (cores, cores // 2)
    trials = [_convolution(dtype, 256, count, time.perf_counter) for count in counts]
    (all_of_them, half), sure = settled(trials)
    return counts[half < all_of_them], sure


def bfloat16_gain() -> float:
    """How many times faster than float32 a convolution is in bfloat16; below 1 it is slower."""
    before = torch.get_num_threads()
    try:
        with torch.inference_mode():
            return _gain()[0]
    finally:
        use_threads(before)


def resolve_precision(wanted: Precision, device: Device = Device.CPU) -> Precision:
    """`auto` becomes what computes fast, found by trying it anew at every call."""
    if wanted is not Precision.AUTO:
        return wanted
    fast = device is Device.CUDA and torch.cuda.is_bf16_supported()
    if device is Device.CPU:
        fast = bfloat16_gain() > _WORTH
    return Precision.BFLOAT16 if fast else Precision.FLOAT32


def resolve_device(wanted: Device) -> Device:
    """`auto` becomes a graphics card's kind if there is one, else `cpu`.

    Raises:
        UsageError: the kind that is wanted is not there.
    """
    there = [kind for kind in (Device.CUDA, Device.MPS) if _there(kind)]
    there.append(Device.CPU)
    if wanted is Device.AUTO:
        return there[0]
    if wanted not in there:
        raise UsageError(
            f"run.device is {wanted.value!r}, but torch finds no such device here; "
            f"it finds {', '.join(there)}; choose one of these, or auto"
        )
    return wanted


def there(wanted: Device) -> Device:
    """The device that is wanted, or the processor where it is not there."""
    return wanted if wanted is Device.CPU or _there(wanted) else Device.CPU


def _there(kind: Device) -> bool:
    on_cuda = kind is Device.CUDA
    return torch.cuda.is_available() if on_cuda else torch.backends.mps.is_available()


def use_threads(count: int) -> int:
    """Compute with `count` threads (0: as many as torch finds cores); returns the number used."""
    if count > 0:
        torch.set_num_threads(count)
        cv2.setNumThreads(count)
    return torch.get_num_threads()


def open_studio(
    encoder: str,
    weights: str,
    precision: Precision,
    threads: int,
    note: Callable[[str], None],
    device: Device = Device.CPU,
    use: Use = Use(),  # noqa: B008
) -> Studio:
    """An encoder by name, ready to work, its network used as `use` says; `note` is told of a
    download before it starts.

    Raises:
        UsageError: unknown name, or no such device here.
        WeightsError: weights missing, damaged, or of another shape.
    """
    device = resolve_device(device)
    keep_memory()
    use_threads(threads)
    found = load(encoder, Path(weights) if weights else None, note=note, use=use)
    return Studio(found, precision, device, use.form, use.sketches)


def torch_version() -> str:
    """Which torch computes here."""
    return str(torch.__version__)


def cuda_build() -> bool:
    """Whether this torch carries CUDA's libraries, which take memory also without a GPU."""
    return torch.version.cuda is not None
