"""`python -m pipeline` is `tilebrush`."""

import sys
from pathlib import Path

# The command lies beside this package; where one works may lie another of its name.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tilebrush_command import main

sys.path.pop(0)
sys.exit(main())
