"""The four tasks: what world they play in, what they pay for, when they end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ninepixel.world.laws.lives import DEEDS


class BadOption(ValueError):
    """An option of an environment that does not exist or cannot be; the message names it and what would do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a step pays: ``drive * gain / SET_POINT + deed * new deeds + section * sections - death * died``.

    :param drive: for coming nearer to the set point of all three stores by one's own acts (homeostatic drive reduction).
    :param deed: for every achievement of the task, once a life.
    :param section: for every section of matter decoded.
    :param death: the price of dying.
    """

    drive: float = 1.0
    deed: float = 1.0
    section: float = 0.0
    death: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """A task; every number can be overridden when an environment is made.

    :param version: bumped whenever learning outcomes can change.
    :param agents: minds that act from outside in every world, at most.
    :param spare: open slots beside them, into which eggs hatch.
    :param guardians: guardians, at the heaviest matter.
    :param side: cells along one side of the world, a power of two.
    :param fountains: matter of one colour each, at random places; with *files* 0 the whole host.
    :param files: files of a synthetic host.
    :param motes: free matter that swarms.
    :param coins: coins that lie about at the founding; *loot* likewise, of which *buried* are under the ground.
    :param things: room for coins, loot, shots and eggs.
    :param horizon: ticks after which a world ends (truncation).
    :param deeds: names of the achievements that count.
    """

    name: str
    version: int = 0
    agents: int = 8
    spare: int = 0
    guardians: int = 0
    side: int = 64
    fountains: int = 15
    files: int = 0
    motes: int = 0
    coins: int = 0
    loot: int = 0
    buried: int = 0
    things: int = 64
    horizon: int = 2048
    weights: Weights = field(default_factory=Weights)
    deeds: tuple[str, ...] = tuple(deed.name for deed in DEEDS)

    @property
    def id(self) -> str:
        """The Gymnasium id."""
        return f"ninepixel/{self.name.capitalize()}-v{self.version}"

    def with_options(self, **options: Any) -> Task:
        """The same task with other numbers.

        :raises BadOption: for an option that does not exist or a value that makes no world.
        """
        unknown = options.keys() - OPTIONS
        if unknown:
            raise BadOption(f"{self.name} has no option {sorted(unknown)[0]!r}; it has {', '.join(sorted(OPTIONS))}")
        for name, value in options.items():
            low, high = LIMITS[name]
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise BadOption(f"option {name} of {self.name} is an integer from {low} to {high}, not {value!r}")
        task = replace(self, **options)
        if task.side & (task.side - 1):
            raise BadOption(f"option side of {self.name} is a power of two from 64 to 8192, not {task.side}")
        if task.buried > task.loot:
            raise BadOption(f"option buried of {self.name} is at most loot ({task.loot}), not {task.buried}")
        if task.fountains + task.files == 0:
            raise BadOption(f"{self.name} needs matter: make fountains or files at least 1")
        return task


LIMITS = {
    "agents": (1, 1 << 20),
    "spare": (0, 1 << 20),
    "guardians": (0, 1 << 16),
    "side": (64, 8192),
    "fountains": (0, 1 << 16),
    "files": (0, 1 << 17),
    "motes": (0, 1 << 20),
    "coins": (0, 1 << 16),
    "loot": (0, 1 << 16),
    "buried": (0, 1 << 16),
    "things": (1, 1 << 20),
    "horizon": (1, 1 << 40),
}
OPTIONS = frozenset(LIMITS)

_OF_THE_BODY = (
    "taste_red", "taste_blue", "taste_yellow", "wander", "endure", "sated", "homeostasis", "mature", "rove", "share",
    "shed", "elder", "balance", "mapper", "rescue", "generous",
)  # fmt: skip
_OF_THE_EYE = (
    "read", "file", "browse", "shelf", "scholar", "library", "polymath", "depth", "nerve", "coin", "purse", "wealth", "hoard",
    "wander", "rove", "mapper", "endure",
)  # fmt: skip
_OF_THE_HAND = (
    "strike", "shoot", "slay", "hunter", "marksman", "champion", "mend", "escape", "endure", "mature", "elder", "coin", "purse",
    "loot", "bury", "dig", "relic", "sated", "homeostasis", "balance", "nerve",
)  # fmt: skip

FORAGE = Task("forage", deeds=_OF_THE_BODY)
EXPLORE = Task(
    "explore",
    fountains=6,
    files=40,
    guardians=4,
    coins=6,
    weights=Weights(drive=0.25, section=0.25),
    deeds=_OF_THE_EYE,
)
SURVIVE = Task(
    "survive",
    fountains=9,
    files=9,
    guardians=9,
    coins=5,
    loot=8,
    buried=3,
    things=96,
    weights=Weights(drive=0.5, death=2.0),
    deeds=_OF_THE_HAND,
)
UNIVERSE = Task(
    "universe",
    agents=16,
    spare=12,
    fountains=9,
    files=32,
    guardians=9,
    motes=32,
    coins=12,
    loot=16,
    buried=6,
    things=128,
    horizon=4096,
    weights=Weights(drive=0.5, section=0.05),
)
TASKS = {task.name: task for task in (FORAGE, EXPLORE, SURVIVE, UNIVERSE)}


def task_named(name: str) -> Task:
    """One of the four.

    :raises BadOption: when there is no such task.
    """
    if name not in TASKS:
        raise BadOption(f"there is no task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]
