"""A policy's actions are pinned: whoever changes one of them by accident is told."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from ninepixel.world.life.senses import RETINA_BYTES
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.thought.quantise import quantise

TESTS = Path(__file__).parents[2]
#: Of minds that sense noise: says whether the integers are what they were.
NOISE = "892533bb61f4a4091f41ab4070d0cab7"
#: Of minds that live in a world by what they decide: changes also when a law does.
LIVES = "31fed259999d88f1114ccbed893c34bb"
BEGIN = """
from hashlib import blake2b
import numpy as np
from ninepixel.world.thought import IntegerPolicy, Policy, Shape
from ninepixel.world.physics.cpu.team import Team
from some_policies import noise, tempered

policy = IntegerPolicy(tempered(Policy.random(Shape(64), 7), body=2, heads=64 * 3))
team = Team({threads}) if {threads} > 1 else None
mix = blake2b(digest_size=16)
"""
SENSE_NOISE = """
memory = policy.memory(600)
for tick in range(12):
    acts = policy.decide(noise(600, tick), memory, seed=9, tick=tick, team=team)
    mix.update(acts.tobytes() + memory.astype("<i2").tobytes())
print(mix.hexdigest())
"""
LIVE = """
from ninepixel.agents.arena import Arena
from ninepixel.agents.tasks import TASKS

arena, memory = Arena(TASKS["survive"], worlds=8, seed=9, threads={threads}), policy.memory(64)
arena.reset()
for tick in range(200):
    acts = policy.decide(arena.seen.reshape(64, -1), memory, seed=9, tick=tick, team=team)
    arena.step(acts.reshape(8, 8, 3))
    memory[~arena.alive.reshape(-1)] = 0
    mix.update(acts.tobytes() + memory.astype("<i2").tobytes())
arena.close()
print(mix.hexdigest())
"""


def told(code: str, threads: int, other: dict[str, str]) -> str:
    """What another process makes of it."""
    whole = (BEGIN + code).replace("{threads}", str(threads))
    env = {**os.environ, **other, "PYTHONPATH": str(TESTS)}
    done = subprocess.run([sys.executable, "-c", whole], env=env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("threads", "seed"), [(1, "1"), (2, "77")])
@pytest.mark.parametrize(("code", "golden"), [(SENSE_NOISE, NOISE), (LIVE, LIVES)], ids=["noise", "lives"])
def test_the_actions_are_those_of_every_machine(code: str, golden: str, threads: int, seed: str) -> None:
    assert told(code, threads, {"PYTHONHASHSEED": seed}) == golden


def test_a_cpu_without_vectors_decides_the_same() -> None:
    """What LLVM makes of the kernels for a CPU without AVX2."""
    assert told(SENSE_NOISE, 1, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}) == NOISE


def test_the_document_tells_the_same() -> None:
    """Whoever writes this in another language finds there what to compare with."""
    page = " ".join((TESTS.parent / "docs" / "POLICIES.md").read_text("utf-8").split())
    policy = Policy.random(Shape(64), 7)
    minds, seen = IntegerPolicy(policy), (37 * np.arange(RETINA_BYTES) & 255).astype(np.uint8)
    memory = minds.memory(1)
    logits = minds.explain(seen, memory[0]).logits
    action = minds.decide(seen[None], memory, seed=9, tick=5, ids=np.asarray([2], np.uint32))[0]
    remembered = blake2b(memory.astype("<i2").tobytes(), digest_size=16).hexdigest()
    for found in (policy.hash, quantise(policy).hash, tuple(action.tolist()), remembered):
        assert f"`{found}`" in page
    assert " ".join(map(str, logits.tolist())) in page
