"""A file that goes along with a task: its bytes, read where they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Filed:
    """A file of this computer; on another one its bytes, until they are put into a file there."""

    def __init__(self, path: Path | None, data: NDArray[np.uint8] | None = None) -> None:
        self._path, self._data = path, data

    @staticmethod
    def read(path: Path) -> Filed:
        """A file's bytes, which outlast it."""
        return Filed(None, np.fromfile(path, np.uint8))

    def at(self, path: Path) -> Path:
        """The file itself where it is there, else `path`, into which it is written."""
        if self._path is not None:
            return self._path
        self._bytes().tofile(path)
        return path

    def _bytes(self) -> NDArray[np.uint8]:
        if self._data is not None:
            return self._data
        assert self._path is not None
        # Mapped, not read: a painting may have 200 MB.
        return np.asarray(np.memmap(self._path, np.uint8, "r"))

    def __reduce__(self) -> tuple[Any, ...]:
        return Filed, (None, self._bytes())
