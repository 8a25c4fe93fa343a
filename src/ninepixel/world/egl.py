"""How OpenGL is opened without a display."""

from __future__ import annotations

from typing import Any

#: Arguments of ``moderngl.create_context``. The libraries are named, because looking for them would run ldconfig,
#: and the universe runs no other program.
HEADLESS: dict[str, Any] = {"standalone": True, "backend": "egl", "libgl": "libGL.so.1", "libegl": "libEGL.so.1"}
