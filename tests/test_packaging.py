"""What is shipped: the wheel, the sdist, the links at the top, the import contracts."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from ninepixel import __version__

ROOT = Path(__file__).parent.parent
LINKS = ("agents", "assets", "client", "ecs", "server", "shaders", "world")


def tracked(*paths: str) -> set[str]:
    """What git has of *paths*: files that were removed but not yet committed do not count."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run(["git", "ls-files", "-z", *paths], cwd=ROOT, capture_output=True, check=True).stdout
    return {name for name in os.fsdecode(listed).split("\0") if name and os.path.lexists(ROOT / name)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist made from what git has (others may be editing here)."""
    files = tracked()
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in files:
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to(os.readlink(ROOT / name))
        else:
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def test_the_wheel_is_the_package_as_git_has_it(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if not name.startswith(f"ninepixel-{__version__}.dist-info/")}
    assert shipped == {name.removeprefix("src/") for name in tracked("src")}


def test_the_sdist_is_everything_but_the_links(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    assert shipped - {"PKG-INFO"} == tracked() - set(LINKS)


def test_the_wheel_names_the_command_and_the_licence(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert f"-{__version__}-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        info = f"ninepixel-{__version__}.dist-info"
        assert "ninepixel = ninepixel.cli:main" in archive.read(f"{info}/entry_points.txt").decode()
        assert "License-Expression: MIT" in archive.read(f"{info}/METADATA").decode()
        assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("name", LINKS)
def test_the_repository_opens_on_its_map(name: str) -> None:
    link = ROOT / name
    if not link.is_symlink():
        pytest.skip("a checkout without links: nothing depends on them")
    assert os.readlink(link) == f"src/ninepixel/{name}"
    assert (link / "__init__.py").is_file()


def test_imports_keep_their_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_library_of_the_project_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [name for extra in (project["dependencies"], *project["optional-dependencies"].values()) for name in extra]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = {_plain(line.partition("==")[0]) for line in lines if "==" in line and not line.startswith("#")}
    assert {_plain(name) for name in wanted} - {"ninepixel"} <= pins


def test_the_wheel_runs_where_nothing_can_be_written_into_it(built: Path, tmp_path: Path) -> None:
    """Shaders, sample and kernels are found in an installed package, and it stays as it was installed."""
    (wheel,) = built.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    before = sorted(site.rglob("*"))
    for folder in [site, *(p for p in before if p.is_dir())]:
        folder.chmod(0o555)
    environment = os.environ | {
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NINEPIXEL_STORE": str(tmp_path / "store"),
    }
    probe = "import ninepixel; assert ninepixel.__file__.startswith(__import__('sys').argv[1]), ninepixel.__file__"
    picture = str(tmp_path / "p.png")
    for command in (["-c", probe, str(site)], ["-m", "ninepixel", "run", "--still", "--ticks", "2", "--snapshot", picture]):
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    assert Path(picture).exists()
    assert sorted(site.rglob("*")) == before


def _plain(requirement: str) -> str:
    name = requirement
    for sign in "<>=!~;[ ":
        name = name.partition(sign)[0]
    return name.lower().replace("_", "-")
