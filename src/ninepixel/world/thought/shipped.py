"""The policies that come with the program: one for each task, trained by ``make policies`` and reproducible by it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from ninepixel.world.thought.artefact import SUFFIX, Policy
from ninepixel.world.thought.manifest import BadPolicy

#: What minds act by where nobody says otherwise: of what is shipped, those who live by it live longest in a universe of files,
#: and they alone do not die out there (docs/POLICIES.md). And the word for the built-in script.
USUAL, INSTINCT = "survive", "instinct"
_HERE = files("ninepixel.assets").joinpath("policies")


@cache
def shipped() -> tuple[str, ...]:
    """The names of what is shipped, in alphabetical order: those of the tasks that they were trained for."""
    return tuple(sorted(file.name.removesuffix(SUFFIX) for file in _HERE.iterdir() if file.name.endswith(SUFFIX)))


def policy_named(name: str) -> Policy:
    """A policy by the name of one that is shipped, or by that of its file.

    :raises BadPolicy: when there is neither, or the file is no whole policy.
    """
    if name in shipped():
        return Policy.parse(_HERE.joinpath(f"{name}{SUFFIX}").read_bytes())
    if not Path(name).exists():
        raise BadPolicy(f"no policy is called {name!r:.200}, and there is no such file: take a file, or {', '.join(shipped())}")
    return Policy.load(Path(name))


def led_by(name: str | None) -> bytes:
    """What minds are to act by, as :func:`ninepixel.world.life.residents.adopt` takes it.

    :param name: of a policy, or of its file; the usual one when None. :data:`INSTINCT` is no bytes.
    :raises BadPolicy: as :func:`policy_named`.
    """
    return b"" if name == INSTINCT else policy_named(name or USUAL).packed()
