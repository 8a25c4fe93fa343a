"""scripts/setup.sh on machines made of stubs: what it installs, what it only says, and that a second call does nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: A Python that can make a virtual environment with a pip that installs a command.
PYTHON = """#!/bin/bash
echo "python $*" >>"$LOG"
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; chmod +x "$3/bin/python" ;;
  "-m pip") case "$*" in *--version*) ;; *-e*) touch "$(dirname "$0")/ninepixel"; chmod +x "$(dirname "$0")/ninepixel" ;; esac ;;
  "--version "*) echo "Python 3.12.9" ;;
esac
"""


class Machine:
    """A copy of the repository's set-up with only stubs on its PATH, beside the plain tools."""

    def __init__(self, home: Path, *, root: bool, libraries: bool, apt_works: bool = True) -> None:
        self.repo, self.bin, self.log = home / "repo", home / "bin", home / "log"
        (self.repo / "scripts").mkdir(parents=True)
        self.bin.mkdir()
        for name in ("pyproject.toml", "constraints.txt", "scripts/setup.sh"):
            shutil.copy(ROOT / name, self.repo / name)
        for tool in ("bash", "cat", "cksum", "cp", "chmod", "dirname", "flock", "grep", "mkdir", "pwd", "tail", "touch"):
            found = shutil.which(tool)
            if found is not None:
                (self.bin / tool).symlink_to(found)
        self.stub("python3", PYTHON)
        self.stub("id", f"#!/bin/bash\necho {0 if root else 1000}\n")
        self.stub("dpkg-query", f"#!/bin/bash\necho {'installed' if libraries else 'not-installed'}\n")
        self.stub("apt-get", f'#!/bin/bash\necho "apt-get $*" >>"$LOG"\n{"" if apt_works else "echo E: offline >&2; exit 100"}\n')

    def stub(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def set_up(self) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        environment = {"PATH": str(self.bin), "LOG": str(self.log), "HOME": str(self.repo), "LANG": os.environ.get("LANG", "C")}
        bash = str(self.bin / "bash")
        return subprocess.run(
            [bash, "scripts/setup.sh"], cwd=self.repo, env=environment, capture_output=True, text=True, check=False
        )

    @property
    def did(self) -> str:
        return self.log.read_text()


def test_the_first_call_installs_what_is_pinned_and_the_second_does_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False, libraries=True)
    first = machine.set_up()
    assert first.returncode == 0, first.stderr
    assert "-c constraints.txt" in machine.did
    assert "--no-build-isolation -e .[dev]" in machine.did
    assert 0 < machine.did.index(" torch==") < machine.did.index("-e .[dev]"), "torch comes first, by its exact version"
    assert "apt-get" not in machine.did
    second = machine.set_up()
    assert (second.returncode, second.stderr, machine.did) == (0, "", "")


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "scripts/setup.sh"])
def test_a_change_of_what_is_wanted_sets_up_again(tmp_path: Path, name: str) -> None:
    machine = Machine(tmp_path, root=False, libraries=True)
    machine.set_up()
    with (machine.repo / name).open("a") as file:
        file.write("\n# changed\n")
    machine.set_up()
    assert "-m pip install" in machine.did


def test_root_gets_the_system_libraries(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=True, libraries=False)
    assert machine.set_up().returncode == 0
    assert "apt-get -qq install -y --no-install-recommends libegl1" in machine.did
    assert "strace" in machine.did


def test_others_get_the_exact_command_and_everything_else(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False, libraries=False)
    done = machine.set_up()
    assert done.returncode == 0
    assert "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends libegl1" in done.stderr
    assert "apt-get" not in machine.did
    assert (machine.repo / ".venv" / "bin" / "ninepixel").exists()


def test_without_a_network_for_apt_it_goes_on_and_says_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=True, libraries=False, apt_works=False)
    done = machine.set_up()
    assert done.returncode == 0
    assert "E: offline" in done.stderr
    assert "could not be installed" in done.stderr


def test_a_pip_that_fails_is_an_error_and_is_tried_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False, libraries=True)
    machine.stub("python3", PYTHON.replace('"-m pip") case', '"-m pip") [[ "$*" == *--version* ]] || exit 1; case'))
    failed = machine.set_up()
    assert failed.returncode == 1
    assert "setup: error: pip could not install" in failed.stderr
    (machine.repo / ".venv" / "bin" / "python").unlink()
    machine.stub("python3", PYTHON)
    assert machine.set_up().returncode == 0


def test_an_old_python_is_refused_in_words(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False, libraries=True)
    machine.stub("python3", "#!/bin/bash\nexit 1\n")
    done = machine.set_up()
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
