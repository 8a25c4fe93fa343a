"""The lineage of a universe: every life, whose child it is, when it lived, what it inherited and what latched in it.

Everybody has two parents, so it is no tree but a directed acyclic graph; :meth:`Tree.children` goes down both lines. Where a tree
is wanted (Newick, the picture), the mother's line is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ninepixel.world.life.census import GENOME_BYTES, Birth, Death

#: Who somebody is: episode and serial.
Name = tuple[int, int]
#: Lives whose descendants are counted at once, a bit each.
_BLOCK = 4096


@dataclass(slots=True)
class Life:
    """A life of the lineage.

    :ivar birth: how it began. :ivar died: the tick at which it was no more, None while it lives.
    :ivar children: its children, in the order of their births.
    """

    birth: Birth
    died: int | None = None
    children: list[Name] = field(default_factory=list)

    @property
    def name(self) -> Name:
        """Episode and serial."""
        return self.birth.episode, self.birth.serial

    def parents(self) -> tuple[Name, ...]:
        """Mother and father; nobody, for a founder."""
        birth = self.birth
        return tuple((birth.episode, parent) for parent in (birth.mother, birth.father) if parent)


class Tree:
    """All lives that were told, by name, in the order of their births.

    Parents may be unknown: they lived before the record began.
    """

    def __init__(self) -> None:
        self.lives: dict[Name, Life] = {}

    def __len__(self) -> int:
        return len(self.lives)

    def __iter__(self) -> Iterator[Life]:
        return iter(self.lives.values())

    def add(self, births: Iterable[Birth], deaths: Iterable[Death] = ()) -> None:
        """Enter what a census found, parents before their children; who is known stays as known, and dies once.

        :raises ValueError: for a genome that has not nine bases, or the death of nobody.
        """
        for death in deaths:
            who = self.lives.get((death.episode, death.serial))
            if who is None:
                raise ValueError(f"nobody is called {death.serial} in episode {death.episode} who could die at tick {death.tick}")
            if who.died is None:
                who.died = death.tick
        for birth in sorted(births, key=lambda birth: (birth.episode, birth.serial)):
            if len(birth.genome) != GENOME_BYTES:
                raise ValueError(f"a genome has {GENOME_BYTES} bases, that of birth {birth.serial} has {len(birth.genome)}")
            life = Life(birth)
            if life.name in self.lives:
                continue
            self.lives[life.name] = life
            for parent in dict.fromkeys(life.parents()):
                if parent in self.lives:
                    self.lives[parent].children.append(life.name)

    def latched(self, life: Life) -> tuple[bool, ...]:
        """Which of the nine bases are a mutation that latched: they differ from both parents. None are where one is unknown."""
        parents = [self.lives.get(parent) for parent in life.parents()]
        known = [parent.birth.genome for parent in parents if parent is not None]
        if len(known) < 2:
            return (False,) * GENOME_BYTES
        return tuple(base not in theirs for base, theirs in zip(life.birth.genome, zip(*known, strict=True), strict=True))

    def descendants(self) -> dict[Name, int]:
        """How many descend from everybody, each counted once however many lines lead to it."""
        names = list(self.lives)
        found = dict.fromkeys(names, 0)
        for start in range(0, len(names), _BLOCK):
            bit = {name: 1 << i for i, name in enumerate(names[start : start + _BLOCK])}
            below: dict[Name, int] = {}
            for name in reversed(names):  # children are entered after their parents
                mask = 0
                for child in self.lives[name].children:
                    mask |= below[child] | bit.get(child, 0)
                below[name] = mask
                found[name] += mask.bit_count()
        return found

    def mothers(self) -> dict[Name | None, list[Name]]:
        """The mother's line: the children of every mother, and under None all whose mother is unknown or nobody."""
        line: dict[Name | None, list[Name]] = {None: []}
        for life in self:
            mother = (life.birth.episode, life.birth.mother)
            line.setdefault(mother if mother in self.lives else None, []).append(life.name)
        return line

    def generations(self) -> int:
        """The highest generation, 0 for founders alone."""
        return max((life.birth.generation for life in self), default=0)

    def minds(self) -> Sequence[Life]:
        """All that are minds."""
        return [life for life in self if life.birth.mind]
