"""With what is computed: the device, and the numbers that convolutions work with."""

from __future__ import annotations

from enum import StrEnum


class Device(StrEnum):
    """What computes: the processor, or a graphics card by NVIDIA (cuda) or Apple (mps)."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Precision(StrEnum):
    """Numbers of convolutions; sums and the optimizer are always float32."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def bytes(self) -> int:
        """Of one number."""
        return 2 if self is Precision.BFLOAT16 else 4
