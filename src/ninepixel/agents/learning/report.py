"""What is told of a run: TensorBoard logs while it goes on; at its end ``report.json`` and ``curves.png``."""

from __future__ import annotations

import io
import json
import logging
import math
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ninepixel.agents.learning.curves import FIGURES
from ninepixel.world.store.errors import shown
from ninepixel.world.store.files import write_whole

REPORT, PICTURE, TENSORBOARD = "report.json", "curves.png", "tensorboard"
#: The pictures of ``curves.png`` and what is drawn in each.
PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("return", ("return",)),
    ("score, %", ("score",)),
    ("length, ticks", ("length",)),
    ("entropy, nats", ("entropy_move", "entropy_act", "entropy_word")),
    ("KL, nats", ("kl",)),
    ("gradient noise, steps", ("noise_scale",)),
    ("novelty", ("novelty",)),
    ("explained", ("explained",)),
    ("steps a second", ("steps_per_s",)),
)
#: Points of a curve in the picture at most.
_POINTS = 2000

log = logging.getLogger("ninepixel")


class Logs:
    """TensorBoard's scalars. Logs are worth no run: when they cannot be written, that is said once.

    :param steps: where the run goes on; what an earlier part logged after that is dropped.
    """

    def __init__(self, folder: Path, steps: int = 0) -> None:
        self._writer: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            log.warning("there are no TensorBoard logs, because tensorboard is not installed: pip install tensorboard")
            return
        try:
            self._writer = SummaryWriter(str(folder), purge_step=steps + 1 if steps else None)
        except OSError as error:
            self._give_up(error)

    def write(self, row: Mapping[str, float]) -> None:
        """Log the figures of an update."""
        if self._writer is None:
            return
        try:
            for name, value in row.items():
                if name != "steps" and not math.isnan(value):
                    self._writer.add_scalar(name, value, int(row["steps"]))
            self._writer.flush()
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            try:
                self._writer.close()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        log.warning("TensorBoard logs cannot be written any more: %s", error.strerror or error)
        self._writer = None


def plain(row: Mapping[str, float]) -> dict[str, float | None]:
    """A row as JSON can say it: what is no number is null."""
    return {
        name: None if not math.isfinite(value) else int(value) if value.is_integer() else value for name, value in row.items()
    }


def write_report(folder: Path, about: Mapping[str, Any], rows: Sequence[Mapping[str, float]]) -> None:
    """``report.json``: what the run was, its last figures, all its curves, column by column.

    :raises StoreError: when it cannot be written.
    """
    told = [plain(row) for row in rows]
    report = {
        **about,
        "machine": {"processor": platform.machine(), "system": platform.system(), "python": platform.python_version()},
        "last": told[-1] if told else None,
        "figures": {name: {"unit": unit, "what": what} for name, (unit, what) in FIGURES.items()},
        "curves": {name: [row[name] for row in told] for name in FIGURES},
    }
    write_whole(folder / REPORT, [json.dumps(report).encode(), b"\n"])


def write_picture(path: Path, title: str, rows: Sequence[Mapping[str, float]]) -> None:
    """``curves.png``: the panels over the steps. Without matplotlib there is none, which is said.

    :raises StoreError: when it cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        log.warning("%s is not drawn, because matplotlib is not installed: pip install matplotlib", shown(path))
        return
    figure = Figure(figsize=(13, 9), layout="constrained")
    figure.suptitle(title)
    few = rows[:: max(1, len(rows) // _POINTS)]
    steps = [row["steps"] / 1e6 for row in few]
    for axes, (label, names) in zip(figure.subplots(3, 3).flat, PANELS, strict=True):
        for name in names:
            axes.plot(steps, [row[name] for row in few], label=name, linewidth=1)
        axes.set_title(label, fontsize="medium")
        axes.set_xlabel("million steps", fontsize="small")
        axes.grid(alpha=0.3)
        if len(names) > 1:
            axes.legend(fontsize="small")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100)
    write_whole(path, [drawn.getvalue()])
