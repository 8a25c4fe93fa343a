"""The command line: one module per verb, each loaded only when it is called, so that ``--help`` is instant."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from ninepixel import __version__

#: Verb: (module, one line of help). The module has a click command of the verb's name.
VERBS = {
    "run": ("ninepixel.cli.run", "Run the universe of a folder without a window, and report what became of it."),
    "play": ("ninepixel.cli.play", "Look at the universe of a folder in a window, or headless with a picture at the end."),
    "serve": ("ninepixel.cli.serve", "Share the universe of a folder: players and watchers join over the network."),
    "admin": ("ninepixel.cli.admin", "Give orders to a running server: see who is there, keep people out, pause, stop."),
    "swarm": ("ninepixel.cli.swarm", "Load a server with bots that check what they see, and measure how it bears them."),
    "replay": ("ninepixel.cli.replay", "Run a saved universe again, exactly; with --verify compare every mark on the way."),
    "render": ("ninepixel.cli.render", "Draw a saved universe: a picture of its end or a film of its history."),
    "why": ("ninepixel.cli.why", "Ask a mind why: what it senses, its stores, the odds of its choices, its reward, its reasons."),
    "doctor": ("ninepixel.cli.doctor", "Say what this machine has, what it lacks, and the command that mends it."),
    "evaluate": ("ninepixel.cli.evaluate", "Score a policy in a task: achievements, returns, intervals."),
    "train": ("ninepixel.cli.train", "Learn a task: recurrent PPO, checkpoints to resume from, a policy at the end."),
    "affect": ("ninepixel.cli.affect", "Measure what minds feel: how often, and whether who is afraid comes to harm."),
    "birth": ("ninepixel.cli.birth", "The birth test: do minds face what they fear, and learn whether it was real?"),
    "dream": ("ninepixel.cli.dream", "Let a mind of a save dream: live moments of its past again, otherwise, in forks."),
    "node": ("ninepixel.cli.node", "Lend this machine to a learner: live rollouts for it, which it verifies."),
    "lineage": ("ninepixel.cli.lineage", "Show who was born of whom: of a recorded lineage, or of a save, which is run again."),
    "evolve": ("ninepixel.cli.evolve", "Let minds breed in different worlds, and measure which genomes each world selects."),
    "bench": ("ninepixel.cli.bench", "Measure this machine: physics, fields, env, render, scan, server or recovery."),
}

#: Exit codes: the job was not done; the command line makes no sense; Ctrl-C.
FAILED, USAGE, INTERRUPTED = 1, 2, 130


class Verbs(click.Group):
    """A group that imports a verb only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of a first visit."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        command = getattr(importlib.import_module(VERBS[cmd_name][0]), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{VERBS[cmd_name][0]}.{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="ninepixel")
@click.option("--debug", is_flag=True, help="Show where an error came from, and log more.")
def cli(debug: bool) -> None:
    """One deterministic, integer universe: your files are its matter, your processes its creatures.

    It reads metadata and writes nothing but what you ask for.
    """
    from ninepixel.cli.report import set_up_logging

    set_up_logging(debug)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. An error is one line on stderr; ``--debug`` shows where it came from."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    if debug:  # wherever it was typed
        given = ["--debug", *(a for a in given if a != "--debug")]
    for stream in (sys.stdout, sys.stderr):  # file names hold any bytes; a terminal may know only ASCII
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(args=given, prog_name="ninepixel", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return USAGE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "ninepixel"
        return _say(f"{error.format_message()} (see {where} --help)", USAGE)
    except click.ClickException as error:
        return _say(error.format_message(), FAILED)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has gone; nothing can be said any more, also not at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    except Exception as error:
        if debug:
            raise
        return _say(_one_line(error), FAILED)


def _say(message: str, code: int) -> int:
    print(f"ninepixel: error: {message}", file=sys.stderr)
    return code


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"not enough memory{': ' + text if text else ''}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename is not None else error.strerror
    if type(error).__module__.startswith("ninepixel.") and text:
        return text
    return f"{type(error).__name__}: {text} (this is a defect; ninepixel --debug ... shows where)"
