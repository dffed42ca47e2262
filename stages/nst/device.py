"""What this processor computes fast, found by trying it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import torch
import torch.nn.functional as F

from stages.errors import UsageError
from stages.nst.allocator import keep_memory
from stages.nst.encoders import load
from stages.nst.studio import Studio

# torch's convolutions (oneDNN) keep compiled kernels for the last 1024 shapes, half a MB each. A
# tile needs fewer than 100, and tiles of one sweep have one shape. Read when the first is compiled.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "100")


def _seconds(dtype: torch.dtype, size: int, repeats: int) -> float:
    image = torch.randn(1, 64, size, size, dtype=dtype).to(memory_format=torch.channels_last)
    kernel = torch.randn(64, 64, 3, 3, dtype=dtype).to(memory_format=torch.channels_last)
    F.conv2d(image, kernel)
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        F.conv2d(image, kernel)
        best = min(best, time.perf_counter() - began)
    return best


def bfloat16_gain() -> float:
    """How many times faster than float32 a convolution is in bfloat16; below 1 it is slower.

    Flags of a processor do not tell: some emulate it hundreds of times slower. A tiny trial first
    keeps this under a second there; it must not be lost to a moment's load from another program.
    """
    with torch.inference_mode():
        if _seconds(torch.bfloat16, 24, 3) > 20 * _seconds(torch.float32, 24, 3):
            return 0.25
        return _seconds(torch.float32, 192, 5) / _seconds(torch.bfloat16, 192, 5)


def resolve_precision(wanted: str, device: str = "cpu") -> str:
    """`auto` becomes bfloat16 where it is at least a quarter faster, else float32."""
    if wanted != "auto":
        return wanted
    if device != "cpu":
        return "bfloat16" if device == "cuda" and torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if bfloat16_gain() > 1.25 else "float32"


def resolve_device(wanted: str) -> str:
    """`auto` becomes a graphics card's kind if there is one, else `cpu`.

    Raises:
        UsageError: the kind that is wanted is not there.
    """
    there = [kind for kind in ("cuda", "mps") if _there(kind)]
    if wanted == "auto":
        return there[0] if there else "cpu"
    if wanted != "cpu" and wanted not in there:
        raise UsageError(
            f"run.device is {wanted!r}, but torch finds no such device here; "
            f"it finds {', '.join([*there, 'cpu'])}; choose one of these, or auto"
        )
    return wanted


def _there(kind: str) -> bool:
    return torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()


def use_threads(count: int) -> int:
    """Compute with `count` threads (0: as many as torch finds cores); returns the number used."""
    if count > 0:
        torch.set_num_threads(count)
        cv2.setNumThreads(count)
    return torch.get_num_threads()


def fastest_threads(cores: int) -> int:
    """How many of `cores` threads compute fastest.

    Cores that share their units with another (hyper-threads) may help or hinder, so all of them
    and half of them are tried where there are four or more; fewer are used whole.
    """
    if cores < 4:
        return cores
    dtype = torch.bfloat16 if bfloat16_gain() > 1.25 else torch.float32
    seconds = {}
    with torch.inference_mode():
        for count in (cores, cores // 2):
            use_threads(count)
            seconds[count] = _seconds(dtype, 256, 5)
    return cores if seconds[cores] <= seconds[cores // 2] else cores // 2


def open_studio(
    encoder: str,
    weights: str,
    precision: str,
    threads: int,
    note: Callable[[str], None] = print,
    device: str = "cpu",
) -> Studio:
    """An encoder by name, ready to work; `note` is told of a download before it starts.

    Raises:
        UsageError: unknown name, or no such device here.
        WeightsError: weights missing, damaged, or of another shape.
    """
    device = resolve_device(device)
    keep_memory()
    use_threads(threads)
    found = load(encoder, Path(weights) if weights else None, note)
    return Studio(found, precision, device)


def cuda_build() -> bool:
    """Whether this torch carries CUDA's libraries, which take memory also without a GPU."""
    return torch.version.cuda is not None
