"""The spectator page: the live universe in a browser, without a build step and without anything from elsewhere.

:func:`page_files` is all that a server needs: what to answer to which path. The page then opens a websocket at ``/live`` beside
itself and speaks the protocol as a watcher (docs/PROTOCOL.md).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from ninepixel.server.page.law import law_module

#: Where the files other than the page itself lie.
FOLDER = "/page/"
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
#: The page may load its own files and speak with its own server; nothing else, from nowhere else.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class PageFile(NamedTuple):
    """An answer to GET (and to HEAD, without the body)."""

    content_type: str
    body: bytes
    headers: MappingProxyType[str, str]


@cache
def page_files() -> MappingProxyType[str, PageFile]:
    """Every path that the page consists of, read once: ``{path: (content type, body, further headers)}``.

    The headers hold an ``ETag``; a request whose ``If-None-Match`` is equal to it may be answered with 304 and no body.
    """
    found = {"/": _answer("index.html", files(__name__).joinpath("index.html").read_bytes())}
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.rpartition(".")[2] in ("css", "js", "svg"):
            found[FOLDER + file.name] = _answer(file.name, file.read_bytes())
    found[f"{FOLDER}law.js"] = _answer("law.js", law_module())
    return MappingProxyType(found)


def _answer(name: str, body: bytes) -> PageFile:
    headers = {
        "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        "Cache-Control": "no-cache",  # it may be kept, but is asked for: after an update nobody runs half of the old page
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    return PageFile(_TYPES[name.rpartition(".")[2]], body, MappingProxyType(headers))
