"""What the owner of a host allows, and the one error that everything about the host raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: A row a file or folder: more do not fit a world's first table (the cap is stated, and what it left out is counted).
DEFAULT_MAX_FILES = 262_144


class HostError(Exception):
    """The host cannot be mapped; the message is one line for the person who asked."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """What may be looked at.

    :param max_files: files and folders that a survey holds at most; shallow ones win.
    :param processes: whose processes become creatures: ``"own"``, ``"all"`` or ``"none"``.
    :param consent: folders (relative paths, ``b""`` is the root) whose files' content may be sampled, with everything below
        them; sealed matter is never opened, consent or not.
    :param follow_mounts: enter other file systems that are mounted below the root.
    """

    max_files: int = DEFAULT_MAX_FILES
    processes: Literal["own", "all", "none"] = "own"
    consent: frozenset[bytes] = frozenset()
    follow_mounts: bool = False

    def __post_init__(self) -> None:
        if self.max_files < 1:
            raise HostError(f"a survey holds at least the root: max_files is 1 or more, not {self.max_files}")
        if self.processes not in ("own", "all", "none"):
            raise HostError(f'processes is "own", "all" or "none", not {self.processes!r}')

    def consents_to(self, path: bytes) -> bool:
        """Whether the content of the file at the relative *path* may be sampled (if it is not sealed)."""
        if not self.consent:
            return False
        folder = path.rpartition(b"/")[0]
        while folder and folder not in self.consent:
            folder = folder.rpartition(b"/")[0]
        return folder in self.consent
