"""A headless Chromium for tests, spoken to in its own DevTools protocol over websockets: nothing to install but the browser.

On Debian: ``apt-get install -y --no-install-recommends chromium-headless-shell`` (or ``chromium``). WebGL2 is drawn by
SwiftShader, which is part of it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

#: What a Chromium may be called, the lightest first.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WHY_NOT = f"no browser: install one of {', '.join(NAMES[:3])} (Debian: apt-get install -y --no-install-recommends {NAMES[0]})"
FLAGS = (
    "--headless",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--hide-scrollbars",
    "--no-proxy-server",
)


class BrowserError(AssertionError):
    """The page threw, or did not do in time what was waited for."""


def find_browser() -> str | None:
    """The command of a Chromium on this machine, None without one. ``NINEPIXEL_BROWSER`` names another."""
    return os.environ.get("NINEPIXEL_BROWSER") or next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab. Waits poll in the test's own time; they give up after *patience* seconds.

    :ivar errors: what it complained of: exceptions, console errors, refusals of its security policy.
    """

    patience = 60.0

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self._socket, self._session, self._number = socket, session, 0
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its result."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters, "sessionId": self._session}
        self._socket.send(json.dumps(request))
        while True:
            answer = json.loads(self._socket.recv(timeout=self.patience))
            if answer.get("id") == self._number and answer.get("sessionId") == self._session:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            entry = parameters["entry"]
            self.errors.append(f"{entry['text']} {entry.get('url', '')}".strip())

    def open(self, url: str, *, width: int = 1280, height: int = 720, ratio: float = 1.0, phone: bool = False) -> None:
        """Go there, with a screen of that many CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=ratio, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression (a promise is waited for) that JSON can carry."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def until(self, script: str, patience: float | None = None) -> Any:
        """Wait for an expression to become true; its value."""
        end = time.monotonic() + (patience or self.patience)
        while not (value := self.run(script)):
            if time.monotonic() > end:
                raise BrowserError(f"in vain: {script}; errors: {self.errors}")
            time.sleep(0.05)
        return value

    def key(self, key: str) -> None:
        """Press a key."""
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def click(self, x: float, y: float) -> None:
        """Click at a CSS pixel."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=int(kind == "mousePressed"), clickCount=1
            )

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from one CSS pixel to another."""
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", buttons=1, clickCount=1)
        for part in (0.3, 0.6, 1.0):
            x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)

    def close(self) -> None:
        """Close the tab."""
        self.call("Page.close")

    def picture(self, file: Path) -> None:
        """Save what is on the screen as a PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


class Browser:
    """A running Chromium."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def page(self) -> Page:
        """A new tab."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        return Page(self._socket, self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._socket.send(json.dumps({"id": 0, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == 0 and "sessionId" not in answer:
                result: dict[str, Any] = answer["result"]
                return result


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A Chromium with a profile of its own in *folder*; it ends with the block."""
    command = find_browser()
    assert command is not None, WHY_NOT
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with (folder / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            [command, *FLAGS, *root, f"--user-data-dir={folder}", "about:blank"],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the command may be a script, and the browser its child: they end together
        )
        try:
            with connect(_address(folder, process), max_size=None, compression=None, proxy=None) as socket:
                yield Browser(socket)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a browser and all that it has started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            time.sleep(0.2)


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens: it writes that into its profile."""
    file, end = folder / "DevToolsActivePort", time.monotonic() + 60
    while not (file.exists() and len(lines := file.read_text().splitlines()) == 2):
        if process.poll() is not None or time.monotonic() > end:
            raise BrowserError(f"the browser did not start: {(folder / 'browser.log').read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
