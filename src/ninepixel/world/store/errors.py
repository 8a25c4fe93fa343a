"""What can go wrong with a file, each with a message of one line that says where and what would help."""

from __future__ import annotations

import os


class StoreError(RuntimeError):
    """A file cannot be written or read. What was there before is still there."""


class BadSave(StoreError):
    """The file was read and is not a whole save; the subclasses say why."""


class NotASave(BadSave):
    """The file is something else."""


class NewerFormat(BadSave):
    """The file was written by a later version of the format."""


class OlderFormat(BadSave):
    """The file was written by an earlier version, whose laws and digests were others."""


class Truncated(BadSave):
    """The file ends too early."""


class Damaged(BadSave):
    """Some bytes are not those that were written."""


class Impossible(BadSave):
    """The bytes are those that were written, but no universe looks like that, or none that fits here."""


def shown(path: str | os.PathLike[str]) -> str:
    """A path on one line, whatever bytes it is made of."""
    return readable(os.fsencode(path))


def readable(raw: bytes) -> str:
    """*raw* as text on one line: what is not printable is escaped."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
