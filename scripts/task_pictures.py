"""Draw the four tasks for their pages: ``python scripts/task_pictures.py`` writes docs/tasks/<task>.png.

Each is world 0 of the task under the built-in script, from one seed; the text inside the file names task, seed, tick and digest.
"""

from __future__ import annotations

from pathlib import Path

from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS, Task
from ninepixel.world.laws.lives import Role
from ninepixel.world.picture.camera import Camera
from ninepixel.world.picture.export import Studio, save_png

PAGES = Path(__file__).resolve().parent.parent / "docs" / "tasks"
SEED, TICKS, TRAIL = 5, 420, 24
SIZE = (720, 720)


def draw(task: Task, studio: Studio) -> None:
    """Live for a while, then draw the whole world, with the trails of the last ticks."""
    arena = Arena(task, seed=SEED, roles=[int(Role.INSTINCT)] * task.agents)
    arena.reset()
    nobody = arena.life.seen[:, :, :3] * 0  # residents need no actions
    for tick in range(TICKS):
        arena.step(nobody)
        if tick >= TICKS - TRAIL:
            image = studio.shoot(arena.state, Camera.whole(task.side), trails=True, title=task.name)
    about = {"task": task.id, "seed": SEED, "tick": arena.tick, "digest": arena.state_hash()}
    save_png(image, PAGES / f"{task.name}.png", about)


def main() -> None:
    """All four."""
    PAGES.mkdir(parents=True, exist_ok=True)
    with Studio(SIZE) as studio:
        for task in TASKS.values():
            draw(task, studio)
            print(f"docs/tasks/{task.name}.png")


if __name__ == "__main__":
    main()
