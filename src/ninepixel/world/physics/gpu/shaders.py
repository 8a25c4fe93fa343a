"""Putting a shader together: ``#include`` of the shared maths, the laws' constants and the sizes of one world."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ninepixel.world.laws import constants

VERSION = "#version 430\n"
_INCLUDE = re.compile(r'^#include "([\w.]+)"\n', re.MULTILINE)


@cache
def _text(folder: str, name: str) -> str:
    return (files("ninepixel.shaders") / folder / name).read_text("utf-8")


def compute_source(name: str, defines: Mapping[str, int | str | None]) -> str:
    """The whole source of ``compute/<name>.comp``: version, constants, *defines* (None for a bare one), includes in place.

    A file is included once; files in include/ may include others.

    :raises FileNotFoundError: when there is no such shader or include.
    """
    seen: set[str] = set()

    def included(match: re.Match[str]) -> str:
        if match[1] in seen:
            return ""
        seen.add(match[1])
        return _INCLUDE.sub(included, _text("include", match[1]))

    body = _INCLUDE.sub(included, _text("compute", f"{name}.comp"))
    head = "".join(f"#define {key}{'' if value is None else f' {value}'}\n" for key, value in defines.items())
    return VERSION + constants.as_glsl() + head + body
