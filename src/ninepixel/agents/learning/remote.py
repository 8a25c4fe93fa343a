"""Rollouts that others lived: groups whose worlds are acted in elsewhere, by the policy in integers, and stepped again here.

What comes back is what everybody did, and sums of rewards. A group steps its own worlds by that, which rebuilds all observations,
and computes chances and values with its own network, from a memory that it keeps itself. So nothing that is learned from was
said by somebody else but the actions, and these are held against

- what can be done at all, for every decision;
- what the policy would have done, for all decisions of some lives, which are chosen by a coin that nobody else can know;
- the rewards and the state that they lead to, to the bit.

Who acts rounds to integers and who learns does not: the ratio of PPO counts from the network's own chances (docs/POLICIES.md says
how near they are). What a life remembers in integers is only known here of the lives that are watched. When worlds go to somebody
else, the others' memories go there as the network has them, rounded.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ninepixel.agents.envs.base import Snapshot
from ninepixel.agents.learning.experience import Group, Lived
from ninepixel.agents.learning.network import Folded
from ninepixel.agents.learning.settings import Settings
from ninepixel.agents.rollouts.shard import Dice
from ninepixel.agents.rollouts.standing import Standing, mark, take_down
from ninepixel.agents.rollouts.work import Result, Work, options_of
from ninepixel.agents.tasks import Task
from ninepixel.world.laws.lives import ACTS, Act
from ninepixel.world.life.columns import EPISODE
from ninepixel.world.thought import IntegerPolicy, Policy
from ninepixel.world.thought.shape import MASK_AT
from ninepixel.world.thought.tables import CURVE

#: Of the lives in worlds that others act in, the share whose every decision is made again here.
WATCHED = 1 / 8


class Office(Protocol):
    """Who gives work to others. Its methods may be called by any thread."""

    def publish(self, hash: bytes, policy: bytes) -> None:
        """The policy of all work that is posted from now on."""

    def post(self, shard: int, work: Work, standing: Callable[[], Standing]) -> None:
        """Somebody is to do that. *standing* is asked, while the work is out, for worlds that are not where they are needed."""

    def result(self, shard: int) -> Result | None:
        """Wait for what came of it; None when nobody does it: then it is not given out any more."""

    def verdict(self, shard: int, wrong: str | None) -> None:
        """Whether the last result was right; when it was not, the work is given out again."""

    def facts(self) -> dict[str, Any]:
        """What came of everything that was given out, as plain values."""


class Wrong(Exception):
    """A result is not what came of the work; the message says what differs: ``actions``, ``rewards`` or ``state``."""


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A group as it was before a rollout."""

    snapshot: Snapshot
    memory: Tensor
    chance: Tensor
    arrays: dict[str, npt.NDArray[Any]]


class RemoteGroup(Group):
    """A group whose actions come from elsewhere, and from its own integer policy where nobody does the work.

    :param share: of lives that are watched.

    :ivar minds: int16 (n, hidden): what lives remember in integers, right for those that are *known*, bool (n,).
    :ivar watched: bool (n,): lives whose decisions are made again here; all of them are known.
    """

    def __init__(
        self,
        task: Task,
        settings: Settings,
        number: int,
        seed: int,
        device: torch.device,
        threads: int,
        office: Office,
        share: float = WATCHED,
    ) -> None:
        super().__init__(task, settings, number, seed, device, threads)
        self.number, self.office, self.share = number, office, share
        self._task, self._options, self._first_world = task, options_of(task), self.seed
        self._coin = np.random.default_rng(secrets.randbits(128))  # what it decides changes nothing that is learned
        self._dice = Dice(self.seed, self.worlds, self.env.arena.minds)
        self.minds = np.zeros((self.n, settings.hidden), np.int16)
        self.known = self.watched = np.zeros(self.n, np.bool_)
        self._elsewhere = False
        self._policy: IntegerPolicy | None = None
        self._given: Result | None = None

    # -- before a rollout ---------------------------------------------------------------------------------------------

    def post(self, policy: IntegerPolicy) -> None:
        """Give the next rollout out, by *policy*."""
        founded = self._found()
        self._policy = policy
        remembered = self.memory.cpu().numpy() * np.float32(1 << CURVE)
        limits = np.iinfo(np.int16)
        self.minds[~self.known] = np.rint(remembered).clip(limits.min, limits.max).astype(np.int16)[~self.known]
        if not self._elsewhere:  # whoever gets it gets all memories too
            self.watched = self._coin.random(self.n) < self.share
            self._elsewhere = True
        arena, ticks = self.env.arena, self.settings.ticks
        start, hash = mark(self.env, self.over, self.fresh), bytes.fromhex(policy.policy.hash)
        work = Work(
            *(self._task.id, self._options, self.n, self._first_world, founded),
            *(arena.tick, ticks, start, hash, self._first_world),
        )
        minds = self.minds.copy()
        self.office.post(self.number, work, lambda: take_down(self.env, self.over, self.fresh, minds))

    def _found(self) -> bytes:
        """Found worlds once more where that is due; which, a bit each."""
        before = self.env.arena.state.chronicle[:, EPISODE].copy()
        super()._stagger()
        return np.packbits(self.env.arena.state.chronicle[:, EPISODE] != before).tobytes()

    def _stagger(self) -> None:
        """Done already when the work was posted."""

    # -- the rollout --------------------------------------------------------------------------------------------------

    def collect(self, net: Folded) -> Lived:
        """Fill :attr:`rollout` by the first result that is right, or by acting here when nobody does the work."""
        beginning = self._beginning()
        while True:
            given = self._given = self.office.result(self.number)
            try:
                lived = super().collect(net)
                if given is not None:
                    self._compare(given)
            except Wrong as wrong:
                self._go_back(beginning)
                self.office.verdict(self.number, str(wrong))
                continue
            if given is None:
                self.known, self._elsewhere = np.ones(self.n, np.bool_), False
            else:
                self.known = self.watched.copy()
                self.office.verdict(self.number, None)
            return lived

    def _choose(self, t: int, chances: Tensor, noise: Tensor) -> Tensor:
        """What everybody does in tick *t*, int64 (3, n)."""
        acts = self._decided(t)
        return torch.from_numpy(acts.T.astype(np.int64)).to(self.device)

    def _decided(self, t: int) -> npt.NDArray[np.uint8]:
        """Actions uint8 (n, 3); zeros for steps that only begin a life.

        :raises Wrong: when somebody did what they could not do, or one who is watched did something else than the policy.
        """
        assert self._policy is not None
        self.minds[self.fresh] = 0
        if self.fresh.any():
            coins = self._coin.random(self.n) < self.share
            self.watched = np.where(self.fresh, coins, self.watched)
        seen, given = np.ascontiguousarray(self._seen), self._given
        which = ~self.over if given is None else self.watched & ~self.over
        tick, dice = self.env.arena.tick, self._dice
        mine = self._policy.decide(seen, self.minds, seed=dice.seeds, tick=tick, ids=dice.ids, which=which)
        if given is None:
            return mine
        acts = np.where(self.over[:, None], np.uint8(0), given.actions[t])
        possible = seen[:, MASK_AT : MASK_AT + ACTS] != 0
        possible[:, Act.REST] = True
        if not possible[np.arange(self.n), acts[:, 1]].all() or (acts[which] != mine[which]).any():
            raise Wrong("actions")
        return acts

    def _compare(self, given: Result) -> None:
        """Hold what was claimed against what happened.

        :raises Wrong: when it differs.
        """
        sums = np.zeros(self.n, np.float32)
        for rewards in self.rollout.rewards.cpu().numpy():
            sums += rewards
        if sums.tobytes() != given.sums.tobytes():
            raise Wrong("rewards")
        if mark(self.env, self.over, self.fresh) != given.mark:
            raise Wrong("state")

    # -- and back -----------------------------------------------------------------------------------------------------

    def _beginning(self) -> _Beginning:
        arrays = {name: getattr(self, name).copy() for name in _KEPT}
        return _Beginning(self.env.snapshot(), self.memory.clone(), self.generator.get_state(), arrays)

    def _go_back(self, to: _Beginning) -> None:
        self.env.restore(to.snapshot)
        self.memory.copy_(to.memory)
        self.generator.set_state(to.chance)
        for name, array in to.arrays.items():
            setattr(self, name, array.copy())


def give_out(office: Office, policy: Policy, groups: Sequence[Group]) -> None:
    """Give the next rollouts of *groups* out, all by *policy*."""
    integers = IntegerPolicy(policy)
    office.publish(bytes.fromhex(policy.hash), policy.packed())
    for group in groups:
        if isinstance(group, RemoteGroup):
            group.post(integers)


_KEPT = ("over", "fresh", "minds", "known", "watched")
