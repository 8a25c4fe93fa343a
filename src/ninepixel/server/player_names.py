"""What a player may be called: something that everybody can read, tell apart and type."""

from __future__ import annotations

import re
import unicodedata

#: Characters of a name, and bytes of its UTF-8 (the laws' limit of a guest's name).
LONGEST, LONGEST_BYTES = 24, 64

#: Printable by the book, yet they draw nothing, or change what is beside them.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
#: Two marks on one letter are spelling, more are a tower over the neighbours' lines.
_MOST_MARKS = 2
#: Names of minds and of the house, as :func:`name_key` makes them.
_RESERVED = re.compile(r"ileices?( \d+)?|mystiiqa|(operator|server|admin|ninepixel|nobody|system|guardian)(-\d+)*")


class BadName(ValueError):
    """A name that cannot be borne; the message says why."""


def name_key(name: str) -> str:
    """What two names share when people would take one for the other: width, case and composed letters do not count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)


def checked_name(name: str) -> str:
    """*name* with its letters composed (NFC).

    :raises BadName: unless it is 1 to 24 printable characters (64 bytes) with a letter or sign to it, no blanks at its ends, no
        control, direction or invisible characters and not a number.
    """
    if len(name) > LONGEST:  # before anything is done with a name of any length
        raise BadName(f"a name is at most {LONGEST} characters long, not {len(name)}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadName("a name is text; this one holds half a character") from None
    name = unicodedata.normalize("NFC", name)
    size = len(name.encode())
    if not name or len(name) > LONGEST or size > LONGEST_BYTES:
        raise BadName(f"a name is 1 to {LONGEST} characters and {LONGEST_BYTES} bytes long, not {len(name)} and {size}")
    if not name.isprintable() or _INVISIBLE.search(name):
        raise BadName("a name holds printable characters only: no control, direction or invisible ones")
    if name != name.strip() or "  " in name:
        raise BadName("a name neither begins nor ends with a blank, and no two follow each other")
    if _marks(name) > _MOST_MARKS or unicodedata.combining(name[0]):
        raise BadName(f"a name begins with a letter or a sign, and a letter bears at most {_MOST_MARKS} marks")
    if not name_key(name) or name_key(name).replace(" ", "").isdigit():
        raise BadName("a name is not a number alone: numbers name accounts")
    return name


def is_reserved(name: str) -> bool:
    """Whether *name* belongs to the minds or to the house."""
    return _RESERVED.fullmatch(name_key(name)) is not None


def _marks(name: str) -> int:
    """The most combining marks in a row."""
    most = run = 0
    for character in name:
        run = run + 1 if unicodedata.category(character).startswith("M") else 0
        most = max(most, run)
    return most
