"""Everything that can go wrong in a way the user can act on.

    TilebrushError            1   anything below, or a failure without a code of its own
      UsageError              2   a wrong option, size, name or setting
      TilesFailed             3   finished, but some tiles failed; the print is not written
      RunMissing             10   the directory holds no run
      RunLocked              11   another process works on the run
      WeightsError           12   an encoder's weights are missing or not the expected ones
      ResourceError          13   not enough disk or memory
        DiskFull             13   no room on the disk while a file was written
      RunDiffers             14   the run was made with other settings or inputs
      InputImageError        15   an input image is missing or cannot be used
      ClusterLost           130   the scheduler of a cluster is gone; the state is saved
      Interrupted       130/143   stopped by a signal; the state is saved

Every message is one line: what was found, what is needed, what to do next.
"""

from __future__ import annotations


class TilebrushError(Exception):
    """A failure with a message for the user and an exit code."""

    exit_code = 1


class UsageError(TilebrushError):
    """A wrong option, size, name or setting."""

    exit_code = 2


class TilesFailed(TilebrushError):
    """The run is finished but for some tiles that failed twice."""

    exit_code = 3


class RunMissing(TilebrushError):
    """The directory holds no run."""

    exit_code = 10


class RunLocked(TilebrushError):
    """Another process works on the run."""

    exit_code = 11


class WeightsError(TilebrushError):
    """An encoder's weights are missing, unreadable or not the expected ones."""

    exit_code = 12


class ResourceError(TilebrushError):
    """Not enough disk or memory."""

    exit_code = 13


class DiskFull(ResourceError):
    """No room on the disk; there may be some later."""


class RunDiffers(TilebrushError):
    """The run was made with other settings or inputs."""

    exit_code = 14


class InputImageError(TilebrushError):
    """An input image is missing or cannot be used."""

    exit_code = 15


class ClusterLost(TilebrushError):
    """The scheduler of a cluster is gone; as if interrupted, the state is saved."""

    exit_code = 130


class Interrupted(TilebrushError):
    """Stopped by a signal; ``exit_code`` is 128 plus its number."""

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted; what was finished is saved")
        self.exit_code = 128 + signal_number
