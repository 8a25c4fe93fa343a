"""Train the policies that are shipped, each by its recipe (``agents/learning/recipes.py``): ``make policies``.

Runs that were interrupted go on where they stood. With ``--write`` what comes out replaces what is shipped; without it the hash
of what comes out is compared with that of what is shipped. On the same kind of processor with the same torch they are equal;
other processors round otherwise, and then the policy is another one that is about as good.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from ninepixel.agents.learning.recipes import RECIPES
from ninepixel.world.store.files import write_whole
from ninepixel.world.thought import Policy
from ninepixel.world.thought.artefact import SUFFIX

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "src" / "ninepixel" / "assets" / "policies"


@click.command(help=__doc__)
@click.argument("tasks", nargs=-1, type=click.Choice(list(RECIPES)))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=ROOT / "build" / "policies", show_default=True)
@click.option("--write", is_flag=True, help="Ship what comes out.")
def main(tasks: tuple[str, ...], out: Path, write: bool) -> None:
    """Train, and compare or ship."""
    differ = []
    for task in tasks or RECIPES:
        found = trained(task, out / task)
        shipped = SHIPPED / f"{task}{SUFFIX}"
        if write:
            SHIPPED.mkdir(exist_ok=True)
            write_whole(shipped, [found.read_bytes()])
        same = shipped.exists() and Policy.load(shipped).hash == Policy.load(found).hash
        print(f"{task}: {Policy.load(found).hash} {'is' if same else 'is not'} what is shipped")
        differ += [] if same else [task]
    sys.exit(1 if differ else 0)


def trained(task: str, out: Path) -> Path:
    """The policy of a task, trained in a folder of its own, or gone on with there."""
    policy = out / f"{task}{SUFFIX}"
    if not policy.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        begun = ["--resume"] if (out / "run.json").exists() else []
        command = [
            sys.executable,
            "-m",
            "ninepixel",
            "train",
            task,
            "--out",
            str(out),
            "--device",
            "cpu",
            "--threads",
            "1",
            *begun,
        ]
        subprocess.run(command, check=True)
    return policy


if __name__ == "__main__":
    main()
