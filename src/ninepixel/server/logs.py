"""Logs: one line an event on stderr, for people or as JSON, and never a secret in it.

What may not be logged is cut out here, once, for structlog's events and for whatever libraries say through :mod:`logging`: keys,
tokens and invites by their names and by their look, bytes of any kind, and every path that lies in the mapped folder.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

#: Fields that are secrets, or what people said, or what is on the host.
HIDDEN = frozenset(
    {
        *("token", "key", "private_key", "invite", "signature", "nonce", "secret", "password", "authorization", "cookie"),
        *("text", "said", "path", "file", "folder", "filename", "contents", "host_name", "file_name", "process_name", "headers"),
    }
)
#: Invites by their beginning, 32 bytes and more as hex or base64. A digest of the universe (32 hex digits) stays.
_SECRETS = re.compile(r"9px-[\w-]{8,}|\b[0-9a-fA-F]{64,}\b|(?<![\w+/-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Z])[\w+/-]{40,}={0,2}")
HIDDEN_TEXT = "(hidden)"
_LONGEST = 2000
_LOGGER = "ninepixel"


class Redactor:
    """Cuts out of an event what is not to be logged; a structlog processor.

    :param roots: folders of the host whose paths are not to be named: what follows one, up to a quote or the line's end, goes.
    """

    def __init__(self, roots: tuple[str, ...] = ()) -> None:
        ends = [re.escape(root.rstrip("/\\")) for root in roots if len(root.rstrip("/\\")) > 1]
        self._roots = re.compile(f"(?:{'|'.join(ends)})(?:[/\\\\][^'\"\n]*|(?=['\"\n]|$))") if ends else None

    def __call__(self, logger: Any, method: str, event: EventDict) -> EventDict:
        """The *event* without secrets."""
        return {name: self._value(name, value) for name, value in event.items()}

    def text(self, text: str) -> str:
        """*text* without what looks like a secret or lies in the mapped folder."""
        if self._roots is not None:
            text = self._roots.sub("(host)", text)
        return _SECRETS.sub(HIDDEN_TEXT, text)[:_LONGEST]

    def _value(self, name: str, value: Any) -> Any:
        if name.lower() in HIDDEN or name.lower().endswith(("_token", "_key", "_secret", "_path", "_file")):
            return HIDDEN_TEXT
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return f"({len(value)} bytes)"
        if isinstance(value, Mapping):
            return {str(k): self._value(str(k), v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(name, v) for v in value]
        return self.text(value if isinstance(value, str) else str(value))


def configure(level: str = "info", *, as_json: bool = False, roots: tuple[str, ...] = (), stream: TextIO | None = None) -> None:
    """Send the logs of this package, of websockets and of asyncio to *stream* (stderr), from *level* on.

    Calling it again replaces what was configured.

    :param roots: the mapped folder (as given and resolved): paths in it are cut out.
    """
    redact = Redactor(tuple({r for root in roots for r in (root, os.path.realpath(root))}))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _Stream(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_ending(redact, as_json), foreign_pre_chain=shared))
    for name in (_LOGGER, "websockets", "asyncio"):
        logger = logging.getLogger(name)
        for old in list(logger.handlers):
            logger.removeHandler(old)
        logger.addHandler(handler)
        logger.propagate = False
        # websockets logs every frame when it debugs, and a line for whatever a stranger sends as information
        logger.setLevel(logging.getLevelName(level.upper()) if name == _LOGGER else logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def logger(part: str) -> Any:
    """The logger of a *part* of the server: ``logger("wire").info("opened", account=7, mode="play")``.

    What happened is the event's few fixed words, everything that varies is a field.
    """
    return structlog.stdlib.get_logger(f"{_LOGGER}.server.{part}")


# -- inside -----------------------------------------------------------------------------------------------------------


class _Stream(logging.Handler):
    """Writes to *stream*, or to whatever stderr is at the moment; a closed one is no reason to stop."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=self._stream or sys.stderr, flush=True)
        except (OSError, ValueError):
            self.handleError(record)


def _ending(redact: Redactor, as_json: bool) -> list[Processor]:
    """The last steps: no internals, tracebacks as text, secrets out, one line."""
    show: Processor = structlog.processors.JSONRenderer() if as_json else _plain
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
        show,
    ]


def _plain(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """``12:00:03 info  opened account=7 mode=play``, and a traceback below it."""
    time, level, said = str(event.pop("timestamp", ""))[11:19], event.pop("level", ""), event.pop("event", "")
    trace = event.pop("exception", "")
    fields = "".join(f" {name}={_word(value)}" for name, value in event.items())
    return f"{time} {level:<7} {_one_line(str(said))}{fields}" + (f"\n{trace}" if trace else "")


def _word(value: Any) -> str:
    text = _one_line(str(value))
    return f'"{text}"' if " " in text or not text else text


def _one_line(text: str) -> str:
    """What a peer chose (its name, its agent) must not be able to write lines or colours of its own."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
