"""Orchestration: command line, settings, plan, runner and run directory. Knows no tensors."""

__version__ = "0.1.0"
