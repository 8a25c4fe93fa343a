"""One dream: a fork goes on from a moment for some ticks, faster than real time, and what it paid is summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from ninepixel.agents.dreams.diary import Diary, Page, discounted
from ninepixel.agents.dreams.dreamer import Dice, Dreamer, Temper, value_of
from ninepixel.world.affect import Feeling, feeling
from ninepixel.world.commands import Command
from ninepixel.world.universe import Universe

#: 97.5 % of Student's t with 1, 2 .. 30 degrees of freedom; beyond that 1.96 will do.
STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)

#: What others were told from outside, by tick; in a dream they are told it again.
Told = Mapping[int, Sequence[Command]]
OnTick = Callable[[Universe], object]


@dataclass(frozen=True, slots=True)
class Dreamt:
    """A moment of a life, and what became of it in dreams. Returns are discounted sums of rewards until the horizon or death.

    :ivar tick, serial: when, and whose. :ivar feels: what it felt then.
    :ivar lived: the return that it had. :ivar dreamed: those with other dice. :ivar greedy: that of the likeliest choices.
    :ivar value: the return that its policy expected; None without one.
    """

    tick: int
    serial: int
    feels: Feeling
    lived: float
    dreamed: tuple[float, ...]
    greedy: float
    value: float | None

    @property
    def mean(self) -> float:
        """The mean of the returns with other dice."""
        return fmean(self.dreamed)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of that mean (Student's t); as wide as can be with one dream."""
        n = len(self.dreamed)
        if n < 2:
            return float("-inf"), float("inf")
        reach = (STUDENT[n - 2] if n - 2 < len(STUDENT) else 1.96) * stdev(self.dreamed) / n**0.5
        return self.mean - reach, self.mean + reach

    @property
    def surprise(self) -> float:
        """How far what it had was from what it could have expected: the priority of the moment."""
        return abs(self.mean - self.lived)

    @property
    def regret(self) -> float:
        """How much more the best of its dreams paid than what it had; 0 when none did."""
        return max(max(*self.dreamed, self.greedy) - self.lived, 0.0)

    @property
    def change(self) -> float | None:
        """By how much dreams would change the value of the moment."""
        return None if self.value is None else self.mean - self.value


@dataclass(frozen=True, slots=True)
class Night:
    """How dreams are dreamed. :ivar dreams: with other dice, of every moment. :ivar horizon: ticks of each."""

    dreams: int = 8
    horizon: int = 64


def dream(
    fork: Universe, slot: int, temper: Temper, dice: Dice, horizon: int, told: Told, on_tick: OnTick | None = None
) -> list[Page]:
    """Let a fork go on for *horizon* ticks, or until the mind in *slot* has died, and return what every tick paid it.

    :param fork: goes its way and is not good for anything else afterwards. Whatever of *told* cannot be, because things went
        otherwise, is left out, and so is what the dreamer itself was told.
    """
    dreamer, diary = Dreamer(fork, slot, temper, dice), Diary(fork, slot)
    for _ in range(horizon):
        own = dreamer.act(fork)
        others = [other for command in told.get(fork.tick, ()) if (other := _to_others(command, fork, slot, own)) is not None]
        fork.step(fork.sift([*others, own])[0])
        if on_tick is not None:
            on_tick(fork)
        if diary.note(fork).died:
            break
    return diary.pages


def dream_of(waking: Universe, slot: int, temper: Temper, night: Night, told: Told) -> tuple[tuple[float, ...], float]:
    """The returns of all dreams from this moment on: those with other dice, and that of the likeliest choices."""

    def once(dice: Dice) -> float:
        with waking.fork() as fork:
            return discounted(dream(fork, slot, temper, dice, night.horizon, told))

    return tuple(once(Dice(number)) for number in range(1, night.dreams + 1)), once(Dice(0, greedy=True))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A moment that was dreamed of already, while what came of it is still being lived."""

    tick: int
    serial: int
    feels: Feeling
    value: float | None
    returns: tuple[tuple[float, ...], float]

    @staticmethod
    def at(waking: Universe, slot: int, temper: Temper, night: Night, told: Told) -> Waiting:
        """Dream of this moment now."""
        lives = waking.pull().lives
        serial = int(lives["serial"][0, slot])
        feels = feeling(int(lives["valence"][0, slot]), int(lives["arousal"][0, slot]))
        value = value_of(waking, slot, temper)
        return Waiting(waking.tick, serial, feels, value, dream_of(waking, slot, temper, night, told))

    def compared(self, diary: Diary, horizon: int) -> Dreamt | None:
        """With what was lived; None while that is not known."""
        lived = diary.lived(self.tick, horizon)
        return None if lived is None else Dreamt(self.tick, self.serial, self.feels, lived, *self.returns, self.value)


def surprising(dreamt: Sequence[Dreamt], most: int) -> list[Dreamt]:
    """The moments that dreams say most about, the most surprising first; of equal ones the earlier (the published rule)."""
    return sorted(dreamt, key=lambda moment: (-moment.surprise, moment.tick))[:most]


def _to_others(command: Command, fork: Universe, slot: int, own: Command) -> Command | None:
    """What is left of a command when the mind in *slot* does *own* instead: None, when it is told to that mind alone."""
    if command.verb == "minds.act":
        acts = bytearray(command.data["acts"])
        if len(acts) > 3 * slot:
            acts[3 * slot : 3 * slot + 3] = bytes(own.data[name] for name in ("move", "act", "utter"))
        return Command(command.verb, command.key, {**command.data, "acts": bytes(acts)})
    if command.verb not in ("mind.act", "mind.join", "mind.leave"):
        return command
    led = int(command.key) if command.key.isdigit() else fork.slot_of(command.key)
    joins = command.verb == "mind.join" and command.data.get("slot") == slot
    return None if led == slot or joins else command
