"""Running the command line: in this process, which is fast, or in one of its own, which is what people do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ninepixel.cli import main


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its stdout as JSON, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        """The last row."""
        return self.rows[-1]


def ninepixel(capfd: pytest.CaptureFixture[str], *arguments: object) -> Outcome:
    """Run the command line here."""
    capfd.readouterr()
    code = main([str(a) for a in arguments])
    sys.stdout.flush()
    out, err = capfd.readouterr()
    return Outcome(code, out, err)


def in_a_process(*arguments: object, env: Mapping[str, str] | None = None, timeout: float = 120) -> Outcome:
    """Run ``python -m ninepixel`` without a display."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")} | dict(env or {})
    done = subprocess.run(
        [sys.executable, "-m", "ninepixel", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
