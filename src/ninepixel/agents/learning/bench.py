"""How fast learning is here, part by part, beside the matrix products that it is made of, measured in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ninepixel.agents.learning.crew import Crew
from ninepixel.agents.learning.network import OUTPUTS
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.learning.trainer import Trainer
from ninepixel.agents.tasks import TASKS
from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.physics.bench import Figure

TickOver = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Product:
    """``(rows, inner) @ (inner, columns)``, *times* times."""

    rows: int
    inner: int
    columns: int
    times: int = 1

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns * self.times


def training(
    repeats: int, tick_over: TickOver, *, task: str = "forage", settings: Settings | None = None, threads: int | None = None
) -> list[Figure]:
    """Whole updates, *repeats* after one that warms up; between them the same products alone, in the same threads.

    Agent-steps a second; the shares of worlds, deciding and learning; GFLOP/s of the products of a minibatch, and those of
    learning, where all that is no product counts as time.
    """
    settings = settings or Settings()
    trainer = Trainer(TASKS[task], settings, threads=threads)
    samples: dict[str, list[float]] = {name: [] for name in ("steps_per_s", "simulate", "infer", "learn", "ceiling", "achieved")}
    made = products(settings)
    operations = sum(product.operations for product in made)
    try:
        for repeat in range(repeats + 1):
            row = trainer.update()
            ceiling = _gflops(made, trainer.crew)
            if repeat:
                for name in ("steps_per_s", "simulate", "infer", "learn"):
                    samples[name].append(row[name])
                seconds = settings.envs * settings.ticks / row["steps_per_s"] * row["learn"]
                samples["achieved"].append(operations * settings.groups * row["minibatches"] / seconds / 1e9)
                samples["ceiling"].append(ceiling)
            tick_over()
    finally:
        trainer.close()
    tags = {"task": task, "obs": "retina", "agents": settings.envs, "hidden": settings.hidden, "epochs": settings.epochs}
    tags |= {"backend": str(trainer.device), "threads": trainer.crew.threads, "curiosity": settings.curiosity}
    return [
        Figure("train_agent_steps_per_s", "1/s", samples["steps_per_s"], tags),
        *(Figure(f"train_share_{name}", "", samples[name], tags) for name in ("simulate", "infer", "learn")),
        Figure("train_products_gflops", "GFLOP/s", samples["ceiling"], tags),
        Figure("train_learn_gflops", "GFLOP/s", samples["achieved"], tags),
    ]


def products(settings: Settings) -> list[Product]:
    """The matrix products of one shard of a minibatch, forwards and backwards, curiosity's left out."""
    hidden, both, ticks = settings.hidden, 2 * settings.hidden, settings.ticks
    agents = max(1, settings.envs // settings.groups // settings.minibatches)
    rows = ticks * agents
    encode = [Product(rows, RETINA_BYTES, hidden), Product(hidden, rows, RETINA_BYTES)]
    inputs = [Product(rows, hidden, both), Product(both, rows, hidden), Product(rows, both, hidden)]
    memory = [Product(agents, hidden, both, ticks), Product(agents, both, hidden, ticks), Product(both, rows, hidden)]
    heads = [Product(OUTPUTS, hidden, rows, 2), Product(OUTPUTS, rows, hidden, 2), Product(rows, OUTPUTS, hidden, 2)]
    return encode + inputs + memory + heads


def _gflops(made: list[Product], crew: Crew) -> float:
    """GFLOP/s of all groups' threads together, each working through *made*, on arrays that are there already."""
    prepared = crew(lambda group: [_arrays(product) for product in made])

    def work(group: int) -> None:
        for product, (left, right, out) in zip(made, prepared[group], strict=True):
            for _ in range(product.times):
                torch.mm(left, right, out=out)

    crew(work)
    start = time.perf_counter()
    crew(work)
    return sum(product.operations for product in made) * crew.groups / (time.perf_counter() - start) / 1e9


def _arrays(product: Product) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows, inner, columns = product.rows, product.inner, product.columns
    return torch.ones(rows, inner), torch.ones(inner, columns), torch.empty(rows, columns)
