"""What computes: a device that is not there is refused, threads and precision are real choices."""

from __future__ import annotations

import os
import sys

import pytest
import torch

from stages.errors import UsageError
from stages.nst import device as machine


def test_auto_takes_the_card_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for there in ("", "mps", "cuda"):
        monkeypatch.setattr(machine, "_there", lambda kind, there=there: kind == there)
        assert machine.resolve_device("auto") == (there or "cpu")
        assert machine.resolve_device("cpu") == "cpu"


def test_a_card_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_there", lambda kind: False)
    with pytest.raises(UsageError, match=r"'cuda'.*finds cpu; choose"):
        machine.resolve_device("cuda")
    with pytest.raises(UsageError, match="mps"):
        machine.open_studio("bundled", "", "float32", 0, device="mps")


@pytest.mark.parametrize(
    ("small", "large", "precision"),
    [(6.0, 0.5, "bfloat16"), (450.0, 450.0, "float32"), (1.0, 0.9, "float32")],
    ids=["a moment's load", "emulated", "no faster"],
)
def test_bfloat16_is_taken_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, small: float, large: float, precision: str
) -> None:
    def seconds(dtype: torch.dtype, size: int, repeats: int) -> float:
        return 1.0 if dtype == torch.float32 else small if size < 100 else large

    monkeypatch.setattr(machine, "_seconds", seconds)
    assert machine.resolve_precision("auto") == precision
    assert machine.resolve_precision("float32") == "float32"


@pytest.mark.parametrize("fast", [8, 4])
def test_threads_are_those_of_the_faster_trial(monkeypatch: pytest.MonkeyPatch, fast: int) -> None:
    used = [0]
    monkeypatch.setattr(machine, "use_threads", lambda count: used.append(count) or count)
    monkeypatch.setattr(machine, "_seconds", lambda *_: 1.0 if used[-1] == fast else 2.0)
    monkeypatch.setattr(machine, "bfloat16_gain", lambda: 1.0)
    assert machine.fastest_threads(8) == fast
    assert used[1:] == [8, 4]


def test_few_cores_are_all_used() -> None:
    assert [machine.fastest_threads(count) for count in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_memory_that_was_freed_is_used_again() -> None:
    """Arrays of 24 MB, which glibc by itself gives back and fetches anew, come as they are."""
    import resource

    if not machine.keep_memory():
        pytest.skip("not glibc")

    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(20):
            torch.empty(6_000_000).fill_(1.0)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert faults() < 5000  # of 20 x 5860 pages


def test_few_compiled_kernels_are_kept() -> None:
    assert int(os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"]) <= 100
