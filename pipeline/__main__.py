"""`python -m pipeline` is `tilebrush`."""

import sys

from pipeline.cli.app import main

sys.exit(main())
