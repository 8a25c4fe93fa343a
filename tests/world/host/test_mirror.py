"""The mirror: what it says about changes, applied to what was known, is always what a fresh scan would find."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from host_trees import plant
from ninepixel.world.commands import Command
from ninepixel.world.host import listing
from ninepixel.world.host.live import Outbox
from ninepixel.world.host.mirror import Mirror
from ninepixel.world.host.options import HostOptions
from ninepixel.world.host.scan import finish, scan, walk
from ninepixel.world.host.secrets import sealed_name
from ninepixel.world.host.survey import Survey

World = dict[bytes, dict[str, Any]]


def world_of(survey: Survey) -> World:
    """What a universe knows of a survey."""
    return {path: survey.data(row) for path, row in survey.rows.items()}


def apply(world: World, commands: Sequence[Command]) -> None:
    """Apply commands as a universe does, and insist that they make sense."""
    for command in commands:
        if command.verb == "matter.appear":
            assert command.key not in world
            assert command.data["parent"] in world
            assert world[command.data["parent"]]["folder"]
            world[command.key] = dict(command.data)
        elif command.verb == "matter.change":
            assert world[command.key]["folder"] == command.data["folder"]
            world[command.key] = dict(command.data)
        else:
            assert command.verb == "matter.vanish"
            del world[command.key]


def fresh(root: Path, newest: int, options: HostOptions) -> World:
    return world_of(finish(walk(os.fsencode(root), options, None), options, newest))


def everything(root: Path) -> list[bytes]:
    return [os.fsencode(p.relative_to(root)) for p in root.rglob("*")]


class Host:
    """A tree, its mirror, and a universe that believes it."""

    def __init__(self, root: Path, options: HostOptions | None = None) -> None:
        self.root, self.options = root, options or HostOptions()
        survey = scan(root, self.options)
        self.newest = survey.newest
        self.mirror = Mirror(os.fsencode(root), survey, self.options)
        self.world = world_of(survey)

    def look(self, *paths: str | bytes, renewed: Sequence[bytes] = ()) -> list[str]:
        raw = [os.fsencode(p) for p in paths]
        commands = self.mirror.look(raw, renewed)
        apply(self.world, commands)
        return [f"{c.verb.removeprefix('matter.')} {os.fsdecode(c.key)}" for c in commands if c.key]

    def check(self) -> None:
        assert self.world == fresh(self.root, self.newest, self.options)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    old = plant(tmp_path / "tree", {"a.py": "1", "src/b.py": "22", "src/deep/c.md": "333", ".env": "x", "z/id_rsa": "k"})
    for path in [*old.rglob("*"), old]:
        os.utime(path, (1_500_000_000 if path.is_dir() else 1_600_000_000,) * 2)
    return Host(old)


def test_a_new_file_appears_as_a_scan_would_find_it(host: Host) -> None:
    plant(host.root, {"src/new.csv": "1,2"})
    assert host.look("src/new.csv") == ["change src", "appear src/new.csv"]
    host.check()


def test_a_new_folder_appears_with_all_below_it_even_when_only_a_leaf_was_heard_of(host: Host) -> None:
    plant(host.root, {"n/e/w/x.txt": "1", "n/e/y.txt": "2", "n/.ssh/id_rsa": "k"})
    told = host.look("n/e/w/x.txt")
    assert f"appear n/{sealed_name(b'.ssh', b'n').decode()}" in told
    assert told[:3] == ["appear n", "appear n/e", "appear n/e/w"]
    host.check()
    assert b"n/e/w" in host.mirror.folders()
    assert not [f for f in host.mirror.folders() if b"ssh" in f]


def test_a_folder_that_goes_takes_all_below_it_along(host: Host) -> None:
    shutil.rmtree(host.root / "src")
    assert host.look("src") == ["vanish src/deep/c.md", "vanish src/deep", "vanish src/b.py", "vanish src"]
    host.check()


def test_a_moved_folder_vanishes_here_and_appears_there(host: Host) -> None:
    (host.root / "src").rename(host.root / "lib")
    host.look("src", "lib")
    host.check()


def test_secrets_come_and_go_under_their_sealed_names_and_are_not_entered(host: Host) -> None:
    plant(host.root, {"src/server.pem": "k", ".ssh/id_rsa": "k"})
    told = host.look("src/server.pem", ".ssh", ".ssh/id_rsa")
    assert not [line for line in told if "pem" in line or "rsa" in line or "ssh" in line]
    host.check()
    (host.root / ".env").unlink()
    (host.root / "src/server.pem").unlink()
    assert len([line for line in host.look(".env", "src/server.pem") if line.startswith("vanish")]) == 2
    host.check()


def test_a_file_may_become_a_folder_or_a_link(host: Host) -> None:
    (host.root / "a.py").unlink()
    plant(host.root, {"a.py/inside.txt": "x"})
    assert host.look("a.py") == ["vanish a.py", "appear a.py", "appear a.py/inside.txt"]
    host.check()
    shutil.rmtree(host.root / "a.py")
    (host.root / "a.py").symlink_to("src/b.py")
    host.look("a.py")
    host.check()


def test_a_link_that_replaced_a_folder_is_not_looked_through(host: Host) -> None:
    shutil.move(host.root / "src", host.root.parent / "outside")
    (host.root / "src").symlink_to(host.root.parent / "outside")
    host.look("src/b.py", "src/deep/c.md", "src")
    host.check()
    assert b"src" not in host.world


def test_another_folder_under_the_same_name_is_looked_through(host: Host) -> None:
    shutil.rmtree(host.root / "src")
    plant(host.root, {"src/other.txt": "x"})
    commands = host.mirror.look([b"src"], [b"src"])
    outbox = Outbox(scan(host.root))
    outbox._told = {path: data["folder"] for path, data in host.world.items()}
    outbox.put(commands)
    apply(host.world, outbox.take(1000))
    host.check()


def test_permissions_say_nothing_but_every_write_does(host: Host) -> None:
    host.look("a.py")
    os.chmod(host.root / "a.py", 0o600)
    assert host.look("a.py") == []
    (host.root / "a.py").write_text("2")
    assert host.look("a.py") == ["change a.py"]
    host.check()


def test_a_rescan_says_only_what_changed(host: Host) -> None:
    assert host.mirror.rescan() == []
    plant(host.root, {"src/new.csv": "1", "src/b.py": "longer than before"})
    shutil.rmtree(host.root / "src" / "deep")
    commands = host.mirror.rescan()
    assert sorted(f"{c.verb} {c.key.decode()}" for c in commands) == [
        "matter.appear src/new.csv",
        "matter.change src",
        "matter.change src/b.py",
        "matter.vanish src/deep",
        "matter.vanish src/deep/c.md",
    ]
    assert host.mirror.rescan() == []


def test_live_matter_obeys_the_cap(tmp_path: Path) -> None:
    host = Host(plant(tmp_path, {"a": "", "b": ""}), HostOptions(max_files=4))
    plant(tmp_path, {"c": "", "d": ""})
    host.look("c", "d")
    assert len(host.world) == 4
    assert host.mirror.left_out[listing.OVER_CAP] == 1


def test_consented_content_is_sampled_live_too(tmp_path: Path) -> None:
    host = Host(plant(tmp_path, {"ok/a": "", "no/a": ""}), HostOptions(consent=frozenset([b"ok"])))
    plant(tmp_path, {"ok/noise.bin": bytes(range(256)), "no/noise.bin": bytes(range(256))})
    host.look("ok/noise.bin", "no/noise.bin")
    assert host.world[b"ok/noise.bin"]["genes"][5] == 255
    host.check()


@pytest.mark.parametrize("seed", range(12))
def test_any_story_ends_as_a_fresh_scan(tmp_path: Path, seed: int) -> None:
    """Random changes, looked at path by path or all at once, through the outbox and its small drains."""
    chance = random.Random(seed)
    names = ["a", "b.py", ".env", "c.md", ".ssh", "tmp", "deep", "\udcff"]
    root = tmp_path / "tree"
    plant(root, {"a/b.py": "1", "c.md": "2", "deep/deep/deep/c.md": "3"})
    host = Host(root)
    outbox = Outbox(scan(root))
    for _ in range(25):
        heard: set[bytes] = set()
        for _ in range(chance.randrange(1, 4)):
            path = root.joinpath(*(chance.choice(names) for _ in range(chance.randrange(1, 4))))
            heard.add(os.fsencode(path.relative_to(root)))
            _do_something(chance, path)
        if chance.random() < 0.2:
            outbox.put(host.mirror.rescan())
        else:
            outbox.put(host.mirror.look(heard | {h.rpartition(b"/")[0] for h in heard}, heard))
        if chance.random() < 0.5:
            apply(host.world, outbox.take(chance.randrange(1, 6)))
    outbox.put(host.mirror.rescan())
    while len(outbox):
        apply(host.world, outbox.take(3))
    assert host.world.keys() == fresh(root, host.newest, host.options).keys()
    host.check()


def _do_something(chance: random.Random, path: Path) -> None:
    try:
        match chance.randrange(4):
            case 0:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x" * chance.randrange(5000))
            case 1:
                path.mkdir(parents=True)
            case 2:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            case _:
                path.rename(path.with_name("moved"))
    except OSError:
        pass  # not possible just now: another thing will be
