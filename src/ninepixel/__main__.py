"""``python -m ninepixel``: the same as the command ``ninepixel``."""

from __future__ import annotations

import sys

from ninepixel.cli import main

sys.exit(main())
