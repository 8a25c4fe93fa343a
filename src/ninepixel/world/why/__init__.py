"""Why does a mind do what it does? Answered from a state, before the next step; nothing is changed.

* :mod:`~ninepixel.world.why.sensed`   -- what it senses: the bytes of an observation as numbers with units.
* :mod:`~ninepixel.world.why.groups`   -- which bytes belong together, and what they are when they say nothing.
* :mod:`~ninepixel.world.why.deciding` -- what its dice are thrown for, and which groups speak for the likeliest choice.
* :mod:`~ninepixel.world.why.rules`    -- which rule of the built-in script decides for who acts by instinct.
* :mod:`~ninepixel.world.why.paying`   -- the parts of its reward in the last tick.
* :mod:`~ninepixel.world.why.saying`   -- the strongest reasons in one plain sentence.
* :mod:`~ninepixel.world.why.answer`   -- all of it in one answer, and the table of its fields (docs/WHY.md).

Every answer is whole numbers, texts, lists and maps, so that the same one is shown in the window, written as JSON, and sent by
a server, whose protocol knows no other values.
"""

from ninepixel.world.why.answer import FIELDS, NoMind, answer, ask, slot_named, sprite_slot
from ninepixel.world.why.paying import Before, Prices, Tick, tick_of

__all__ = ["FIELDS", "Before", "NoMind", "Prices", "Tick", "answer", "ask", "slot_named", "sprite_slot", "tick_of"]
