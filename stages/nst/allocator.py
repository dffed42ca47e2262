"""The C library's allocator: memory that stays with the process, and how it is handed back."""

from __future__ import annotations

import contextlib
import ctypes
import sys

# Numbers of glibc's malloc.h; 32 MB is the most that the second may be.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def keep_memory() -> bool:
    """Have freed memory stay with the process instead of going back to the system each time.

    Arrays of some MB come and go many times an iteration, and fresh pages for them took a fifth of
    its time. The most that is used at a time stays the same. Only glibc's allocator can be told;
    says whether it was.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(_TRIM_THRESHOLD, 2**31 - 1) and mallopt(_MMAP_THRESHOLD, 32 << 20))


def give_memory_back() -> None:
    """Hand what was freed back to the system, between one kind of work and the next.

    What `keep_memory` keeps is full of gaps after many tiles, into which larger arrays do not fit.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
