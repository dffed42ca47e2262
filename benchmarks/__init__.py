"""What the figures of README and docs/ come from; `python -m benchmarks.run` runs them all."""
