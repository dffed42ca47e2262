"""The work: one module for each stage, over the canvas (pixels in files) and the neural core."""

import os

# torch's threads (OpenMP of GCC) wait for each other in loops that would take a core away from the
# one they wait for, as soon as another program uses it: an iteration then took up to 20 times as
# long. After so many turns they sleep instead; benchmarks.busy has what that costs. torch reads it.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")
