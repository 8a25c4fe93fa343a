"""What a task pays for, as ``Why?`` shows it."""

from __future__ import annotations

from ninepixel.agents.tasks import TASKS, UNIVERSE
from ninepixel.world.state import State
from ninepixel.world.why import Prices


def prices_of(state: State) -> Prices:
    """The weights of the task that the policy of *state* was trained for; those of Universe for a task that is none of the four.

    They are also what who acts by instinct, or by somebody's hand, is measured by.
    """
    wanted = ""
    if state.thoughts is not None:
        from ninepixel.world.why.deciding import policy_in

        wanted = str(policy_in(state.thoughts.policy).policy.manifest["task"])
    task = next((task for task in TASKS.values() if task.id == wanted), UNIVERSE)
    w = task.weights
    return Prices(task.id, w.drive, w.deed, w.section, w.death, frozenset(task.deeds))
