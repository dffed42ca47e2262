"""`python -m pipeline` is `tilebrush`."""

import sys

from pipeline.cli import main

sys.exit(main())
