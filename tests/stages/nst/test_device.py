"""What computes: a device that is not there is refused, threads and precision are real choices."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest
import torch

from stages.computing import Device, Precision
from stages.errors import UsageError
from stages.nst import device as machine


def test_auto_takes_the_card_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for there in ("", "mps", "cuda"):
        monkeypatch.setattr(machine, "_there", lambda kind, there=there: kind == there)
        assert machine.resolve_device(Device.AUTO) == (there or "cpu")
        assert machine.resolve_device(Device.CPU) == "cpu"


def test_a_card_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_there", lambda kind: False)
    with pytest.raises(UsageError, match=r"'cuda'.*finds cpu; choose"):
        machine.resolve_device(Device.CUDA)
    with pytest.raises(UsageError, match="mps"):
        machine.open_studio("bundled", "", "float32", 0, print, device=Device.MPS)


class Loaded:
    """A processor whose times are multiplied while another program is at work."""

    def __init__(self, load: Callable[[float], float], times: Callable[..., float]) -> None:
        self.now, self._load, self._times = 0.0, load, times

    def convolution(
        self, dtype: torch.dtype, size: int, threads: int, clock: object
    ) -> Callable[[], float]:
        return lambda: self.took(self._times(dtype, size, threads))

    def took(self, seconds: float) -> float:
        found = seconds * self._load(self.now)
        self.now += found
        return found

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def tried(monkeypatch: pytest.MonkeyPatch, processor: Loaded, cores: int = 2) -> machine.Speed:
    monkeypatch.setattr(machine, "_convolution", processor.convolution)
    monkeypatch.setattr(
        machine,
        "settled",
        partial(machine.settled, pause=processor.sleep, clock=lambda: processor.now),
    )
    return machine.speed(cores)


def twice_as_fast(dtype: torch.dtype, size: int, threads: int) -> float:
    return 0.02 if dtype == torch.float32 else 0.01


@pytest.mark.parametrize(
    "load",
    [
        lambda now: 1.0,
        lambda now: 12.0 if 0.1 < now < 0.9 else 1.0,  # five trials of bfloat16, had they been
        lambda now: 12.0 if now < 1.5 else 1.0,
        lambda now: 2.0,
        lambda now: 1.0 if int(now * 17) % 3 == 0 else 5.0,
    ],
    ids=["calm", "a burst", "at first", "always", "again and again"],
)
def test_another_programs_load_does_not_change_the_answer(
    monkeypatch: pytest.MonkeyPatch, load: Callable[[float], float]
) -> None:
    found = tried(monkeypatch, Loaded(load, twice_as_fast))
    assert found.sure and found.precision == "bfloat16"
    assert found.gain == pytest.approx(2.0, rel=0.1)


def test_what_never_comes_again_is_not_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = Loaded(lambda now: 1 + 40 * (now * 997 % 1), twice_as_fast)
    assert not tried(monkeypatch, processor).sure
    assert processor.now < 20


@pytest.mark.parametrize(
    ("small", "large", "precision"),
    [(0.06, 0.005, "bfloat16"), (4.5, 4.5, "float32"), (0.01, 0.009, "float32")],
    ids=["a moment's load", "emulated", "no faster"],
)
def test_bfloat16_is_taken_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, small: float, large: float, precision: str
) -> None:
    def times(dtype: torch.dtype, size: int, threads: int) -> float:
        return 0.01 if dtype == torch.float32 else small if size < 100 else large

    assert tried(monkeypatch, Loaded(lambda now: 1.0, times)).precision == precision
    assert machine.resolve_precision(Precision.AUTO) == precision
    assert machine.resolve_precision(Precision.FLOAT32) == "float32"


@pytest.mark.parametrize("fast", [8, 4])
def test_threads_are_those_of_the_faster_trial(monkeypatch: pytest.MonkeyPatch, fast: int) -> None:
    def times(dtype: torch.dtype, size: int, threads: int) -> float:
        return 0.01 if threads == fast else 0.02

    before = torch.get_num_threads()
    assert tried(monkeypatch, Loaded(lambda now: 1.0, times), 8).threads == fast
    assert torch.get_num_threads() == before


def test_few_cores_are_all_used(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = Loaded(lambda now: 1.0, twice_as_fast)
    assert [tried(monkeypatch, processor, count).threads for count in (1, 2, 3)] == [1, 2, 3]


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts processor time finely")
def test_a_busy_computer_gives_the_answer_of_a_calm_one() -> None:
    """With four programs at work it was anything from 0.2 to 23 times what it is."""
    gains = [machine._gain()[0]]
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        gains += [machine._gain()[0]]
    finally:
        for each in busy:
            each.kill()
            each.wait()
    assert max(gains) < 1.5 * min(gains)
