"""Threads that wait let other programs have the core."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("own", "kept"), [(None, "5000"), ("7", "7")])
def test_how_long_threads_spin_is_settled_before_torch_loads(own: str | None, kept: str) -> None:
    environment = {name: v for name, v in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if own is not None:
        environment["GOMP_SPINCOUNT"] = own
    code = "import stages, os, sys; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [kept, "False"]
