"""``ninepixel lineage``: who was born of whom, from a lineage that ``run`` recorded or from a save, which is run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ninepixel.cli import VERBS
from ninepixel.cli.folders import check_output
from ninepixel.cli.options import FILE, backend_option, json_option

if TYPE_CHECKING:
    from rich.tree import Tree as RichTree

    from ninepixel.agents.evolution.tree import Life, Name, Tree
    from ninepixel.world.universe import Universe

#: The endings of a lineage, as :data:`ninepixel.agents.evolution.formats.WRITERS` has them; that is loaded with the kernels.
ENDINGS = (".json", ".jsonl", ".nwk", ".graphml", ".png")
#: Founders, children of one mother and generations that the tree on the screen shows at most.
FOUNDERS, SIBLINGS, DEPTH = 6, 5, 6


@click.command(help=VERBS["lineage"][1], short_help=VERBS["lineage"][1])
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", type=FILE, metavar="F", help=f"Write it too: {', '.join(ENDINGS)} (docs/EVOLUTION.md).")
@backend_option
@json_option
def lineage(file: Path, out: Path | None, backend: str, as_json: bool) -> None:
    """FILE is a lineage (.json), or a save (.9px), which is run again from its beginning."""
    check_output(out, ENDINGS)
    from ninepixel.agents.evolution.formats import as_row, read_lineage, write_lineage
    from ninepixel.cli.report import log, row

    tree, about = _replayed(file, backend) if file.suffix.lower() == ".9px" else read_lineage(file)
    if out is not None:
        write_lineage(tree, out, about)
        log.info("wrote %s", out)
    descendants = tree.descendants()
    if as_json:
        for life in tree:
            row({"event": "life", **as_row(tree, life, descendants[life.name])})
        row({"event": "end", **summary(tree, descendants)})
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_said(summary(tree, descendants)), soft_wrap=True)
    if tree.minds():
        console.print(_drawn(tree, descendants))


class Recording:
    """Records the lineage of a universe while it runs: call :meth:`look` after every tick."""

    def __init__(self, universe: Universe) -> None:
        from ninepixel.agents.evolution.tree import Tree
        from ninepixel.world.life.census import Census

        self.tree, self._census = Tree(), Census()
        self.look(universe)

    def look(self, universe: Universe) -> None:
        """Enter who was born and who died in the last tick."""
        if universe.lives is None:
            return  # the state may be on a device: do not ask for it in vain
        self.tree.add(*self._census.look(universe.pull()))

    def write(self, universe: Universe, file: Path, title: str) -> None:
        """Write it in the format of the file's ending."""
        from ninepixel.agents.evolution.formats import write_lineage

        write_lineage(self.tree, file, about(universe, title))


def about(universe: Universe, title: str) -> dict[str, Any]:
    """What the header of a lineage says."""
    return {"title": title, "tick": universe.tick, "seed": universe.pull().params.seed}


def summary(tree: Tree, descendants: dict[Name, int]) -> dict[str, Any]:
    """A lineage in a few numbers."""
    from ninepixel.agents.evolution.formats import called

    minds = tree.minds()
    dead = [life.died - life.birth.tick for life in minds if life.died is not None]
    latched = [sum(tree.latched(life)) for life in minds]
    most = max(minds, key=lambda life: descendants[life.name], default=None)
    return {
        "lives": len(tree),
        "minds": len(minds),
        "guardians": len(tree) - len(minds),
        "founders": sum(not life.parents() for life in minds),
        "hatched": sum(bool(life.parents()) for life in minds),
        "alive": len(minds) - len(dead),
        "generations": tree.generations(),
        "mean_age_at_death": round(sum(dead) / len(dead), 1) if dead else None,
        "mutations_latched": sum(latched),
        "most_descendants": None if most is None else {"of": called(most.name), "number": descendants[most.name]},
    }


def _replayed(file: Path, backend: str) -> tuple[Tree, dict[str, Any]]:
    """The lineage of a save."""
    from ninepixel.cli.replay import recorded_ticks
    from ninepixel.cli.report import Progress
    from ninepixel.world.state import State
    from ninepixel.world.store.errors import shown
    from ninepixel.world.store.replay import replay
    from ninepixel.world.store.save import Save
    from ninepixel.world.universe import Universe

    with Save(file) as save:
        begin, total = save.snapshots[0].tick, recorded_ticks(save)
    made, recording = list[Universe](), list[Recording]()

    def make(state: State) -> Universe:
        made.append(Universe.from_state(state, backend))
        return made[-1]

    try:
        with Progress("replaying", total) as progress:

            def on_tick(universe: Universe) -> None:
                if recording:
                    recording[0].look(universe)
                else:
                    recording.append(Recording(universe))
                progress.to(universe.tick - begin)

            replay(file, make, on_tick)
        return recording[0].tree, about(made[0], shown(file.name))
    finally:
        for universe in made:
            universe.close()


def _said(found: dict[str, Any]) -> str:
    mean = found["mean_age_at_death"]
    age = "nobody has died" if mean is None else f"{mean:,.0f} ticks old at death on average"
    minds = ", ".join(f"{found[what]:,} {what}" for what in ("founders", "hatched", "alive"))
    return (
        f"{found['minds']:,} minds ({minds}), {age} · highest generation {found['generations']:,} · "
        f"{found['mutations_latched']:,} mutations latched · {found['guardians']:,} guardians"
    )


def _drawn(tree: Tree, descendants: dict[Name, int]) -> RichTree:
    """The mothers' lines of the founders with most descendants, the largest families first."""
    from rich.tree import Tree as RichTree

    line = tree.mothers()
    root = RichTree("the mothers' lines with most descendants")
    stack = [(root, line[None], 0)]
    while stack:
        branch, names, depth = stack.pop()
        minds = [name for name in names if tree.lives[name].birth.mind]
        largest = sorted(minds, key=lambda name: (-descendants[name], name))
        shown = largest[: SIBLINGS if depth else FOUNDERS]
        for name in shown:
            below = branch.add(_label(tree, tree.lives[name], descendants[name]))
            children = line.get(name, [])
            if children and depth + 1 < DEPTH:
                stack.append((below, children, depth + 1))
            elif children:
                below.add(f"[dim]{len(children):,} more[/dim]")
        if len(minds) > len(shown):
            branch.add(f"[dim]{len(minds) - len(shown):,} more[/dim]")
    return root


def _label(tree: Tree, life: Life, descendants: int) -> str:
    """One line about a life; its name is in the colour of its genome."""
    import numpy as np

    from ninepixel.agents.evolution.formats import called
    from ninepixel.agents.evolution.picture import colours_of

    birth, latched = life.birth, sum(tree.latched(life))
    r, g, b = colours_of(np.frombuffer(birth.genome, np.uint8).reshape(1, -1))[0]
    until = "" if life.died is None else f"{life.died:,}"
    father = f" · father {called((birth.episode, birth.father))}" if birth.father else ""
    return (
        f"[rgb({r},{g},{b})]{called(life.name)}[/] {birth.tick:,} .. {until}{father} · {birth.genome.hex(' ', 3)}"
        f"{f' · {latched} latched' if latched else ''}{f' · {descendants:,} descendants' if descendants else ''}"
    )
