"""``python -m code2tla``: the same as the command."""

import sys

from code2tla.cli import main

sys.exit(main())
