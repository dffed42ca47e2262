"""The command `tilebrush`: finds its own packages, whatever lies around.

`pipeline` and `stages` are names that others use too. A module of that name on PYTHONPATH, or where
one works, comes first in Python's search; so both are taken from beside this file, unsearched.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_OWN = ("stages", "pipeline")


def main() -> int:
    """Run the command line and give its exit code."""
    missing = [name for name in _OWN if not _loaded(name)]
    if missing:
        print(
            f"tilebrush: its package {missing[0]} is not in {Path(__file__).parent}; "
            "install tilebrush again",
            file=sys.stderr,
        )
        return 1
    from pipeline.cli.app import main as run

    return run()


def _loaded(name: str) -> bool:
    """Load the package that lies beside this file; says whether it is there."""
    folder = Path(__file__).resolve().parent / name
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None or not (folder / "__init__.py").is_file():
        return False
    # Those that are loaded already, such as by `python -m pipeline`, stay if they are the same.
    there = getattr(sys.modules.get(name), "__file__", None)
    if there is None or Path(there).resolve() != folder / "__init__.py":
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return True
