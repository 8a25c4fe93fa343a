"""What every test has: a store of its own, and a hypothesis that does not mind a busy machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Timings never decide a test.
settings.register_profile("ninepixel", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ninepixel")


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the store of whoever runs it; tests of one process share the sample tree in theirs."""
    monkeypatch.setenv("NINEPIXEL_STORE", str(_store(tmp_path_factory)))


def _store(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp() / "ninepixel-store"
    base.mkdir(exist_ok=True)
    return base
