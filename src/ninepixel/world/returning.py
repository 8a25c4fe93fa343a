"""Coming back to a host that went on without us: the commands that bring a universe up to date with a fresh survey."""

from __future__ import annotations

from ninepixel.ecs.ids import EntityId
from ninepixel.world.commands import Command
from ninepixel.world.host.survey import Survey
from ninepixel.world.identity import FileIdentity, ProcessIdentity
from ninepixel.world.laws.bodies import Kind, unpack_traits
from ninepixel.world.state import State


def difference(state: State, survey: Survey) -> tuple[list[Command], list[Command]]:
    """What has vanished from the host since *state*, and what has appeared or changed; the first go into an earlier tick.

    Every process has ended as far as the universe knows: those that still run are told anew by whoever watches them.

    :param survey: with ages counted from the same newest file as those in *state*, or every file would seem to have changed.
    """
    gone: list[Command] = []
    known: dict[bytes, FileIdentity] = {}
    for entity, file in state.cold.each(FileIdentity):
        row = survey.rows.get(file.path)
        if row is None or bool(survey.is_folder[row]) != _is_folder(state, entity):
            gone.append(Command("matter.vanish", file.path))
        else:
            known[file.path] = file
    gone += [Command("creature.exit", process.key) for _, process in state.cold.each(ProcessIdentity)]
    news: list[Command] = []
    for row, (path, size, age) in enumerate(zip(survey.path, survey.size.tolist(), survey.age.tolist(), strict=True)):
        before = known.get(path)
        if before is None:
            news.append(survey.command("matter.appear", row))
        elif (before.size, before.age) != (size, age):
            news.append(survey.command("matter.change", row))
    return gone, news


def _is_folder(state: State, entity: int) -> bool:
    return int(unpack_traits(state.bodies.get(EntityId(entity), "traits"))[0]) == Kind.FOLDER
