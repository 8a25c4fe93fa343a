"""What a mind can do and what it can sense, as spaces; and the reading of actions that come from outside.

``actions="multi"``: ``MultiDiscrete([9, 9, 9])``, a move, an act and a word at once (:mod:`ninepixel.world.laws.lives`).
``actions="flat"``: ``Discrete(33)``, one number for those who need one; :data:`FLAT` says what each stands for: 0-8 the nine
moves while grazing, 9-17 the nine moves and nothing else, 18-24 the other seven acts on the spot, 25-32 the eight words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import Space, spaces
from gymnasium.error import InvalidAction

from ninepixel.agents.tasks import BadOption
from ninepixel.world.laws.lives import ACTS, DEEDS, MOVES, WORDS, Act
from ninepixel.world.life.senses import RETINA_BYTES

ACTIONS = ("multi", "flat")
OBSERVATIONS = ("retina", "compact", "pixels")
#: Cells along the side of what ``pixels`` shows, and pixels along the side of a cell.
VIEW_CELLS, CELL_PIXELS = 21, 3
VIEW = VIEW_CELLS * CELL_PIXELS
COMPACT = 128
#: The flat actions: uint8 (33, 3), a move, an act and a word each.
FLAT: npt.NDArray[np.uint8] = np.asarray(
    [(move, act, 0) for act in (Act.GRAZE, Act.REST) for move in range(MOVES)]
    + [(0, act, 0) for act in Act if act not in (Act.GRAZE, Act.REST)]
    + [(0, 0, word) for word in range(1, WORDS)],
    np.uint8,
)
_FLAT_ACTS = FLAT[:, 1].astype(np.intp)
_SIZES = (MOVES, ACTS, WORDS)
_LIMIT = 9


def action_space(actions: str) -> Space[Any]:
    """The space of one mind's actions.

    :raises BadOption: when there is no such kind.
    """
    if actions == "multi":
        return spaces.MultiDiscrete(list(_SIZES))
    if actions == "flat":
        return spaces.Discrete(len(FLAT))
    raise BadOption(f"option actions is one of {', '.join(ACTIONS)}, not {actions!r}")


def observation_space(obs: str) -> spaces.Box:
    """The space of one mind's observations.

    :raises BadOption: when there is no such kind.
    """
    if obs == "retina":
        return spaces.Box(0, 255, (RETINA_BYTES,), np.uint8)
    if obs == "compact":
        return spaces.Box(-1.0, 1.0, (COMPACT,), np.float32)
    if obs == "pixels":
        return spaces.Box(0, 255, (VIEW, VIEW, 3), np.uint8)
    raise BadOption(f"option obs is one of {', '.join(OBSERVATIONS)}, not {obs!r}")


def mask_table(actions: str) -> npt.NDArray[np.int64]:
    """For every entry of a mask the act that decides about it: int64 (n,); -1 where being alive is enough.

    The mask of ``multi`` is that of moves, acts and words one after the other, 27 entries.
    """
    if actions == "flat":
        return _FLAT_ACTS.astype(np.int64)
    return np.asarray([-1] * MOVES + list(range(ACTS)) + [-1] * WORDS, np.int64)


def read_action(action: Any, flat: bool, into: npt.NDArray[np.uint8]) -> None:
    """Write one mind's action into *into*, uint8 (3,).

    :raises InvalidAction: when it is none.
    """
    if flat:
        number = _integer(action)
        if not 0 <= number < len(FLAT):
            raise InvalidAction(f"action is an integer from 0 to {len(FLAT) - 1}, not {action!r:.80}")
        into[:] = FLAT[number]
        return
    if not (type(action) is np.ndarray and action.dtype.kind in "iu" and action.shape == (3,)):
        action = _array(action, (3,))
    move, act, word = action.tolist()
    if not (0 <= move < _LIMIT and 0 <= act < _LIMIT and 0 <= word < _LIMIT):
        raise InvalidAction(f"action is (move, act, word), each from 0 to 8, not {(move, act, word)}")
    into[0], into[1], into[2] = move, act, word


def read_actions(actions: Any, flat: bool, into: npt.NDArray[np.uint8], name: str = "actions") -> None:
    """Write the actions of many minds into *into*, uint8 (..., 3), contiguous.

    :raises InvalidAction: when they have another shape, are no integers or out of range.
    """
    rows = into.reshape(-1, 3)
    shape = (len(rows),) if flat else rows.shape
    if not (type(actions) is np.ndarray and actions.dtype.kind in "iu" and actions.shape == shape):
        actions = _array(actions, shape, name)
    limit = len(FLAT) if flat else _LIMIT
    if len(rows) and int(_unsigned(actions).max()) >= limit:
        bad = int(np.argmax(((actions < 0) | (actions >= limit)).reshape(len(rows), -1).any(axis=1)))
        raise InvalidAction(f"{name}[{bad}] holds {actions[bad].tolist()}: every number is from 0 to {limit - 1}")
    if flat:
        np.take(FLAT, actions, axis=0, out=rows, mode="clip")
    else:
        np.copyto(rows, actions, casting="unsafe")


def deeds_of(bits: int) -> tuple[str, ...]:
    """The names of the achievements whose bits are set."""
    return tuple(deed.name for i, deed in enumerate(DEEDS) if bits >> i & 1)


def _unsigned(actions: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same bytes without sign: what is negative is then very large."""
    return actions if actions.dtype.kind == "u" else actions.view(f"u{actions.dtype.itemsize}")


def _array(given: Any, shape: tuple[int, ...], name: str = "action") -> npt.NDArray[Any]:
    try:
        array = np.asarray(given)
    except ValueError:
        raise InvalidAction(f"{name} has the shape {shape}; its parts are of unequal length") from None
    if array.shape != shape:
        raise InvalidAction(f"{name} has the shape {shape}, not {array.shape}")
    if array.dtype.kind not in "iu":
        raise InvalidAction(f"{name} holds integers, not {array.dtype}")
    return array


def _integer(given: Any) -> int:
    if type(given) is int:
        return given
    if isinstance(given, np.ndarray) and given.shape not in ((), (1,)):
        raise InvalidAction(f"action is one integer, not an array of shape {given.shape}")
    if isinstance(given, (np.integer, np.ndarray)) and given.dtype.kind in "iu":
        return int(given.item())
    raise InvalidAction(f"action is an integer from 0 to {len(FLAT) - 1}, not {given!r:.80}")
