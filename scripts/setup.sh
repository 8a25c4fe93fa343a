#!/usr/bin/env bash
# Set up everything that ninepixel needs, inside this folder: a virtual environment in .venv with the pinned libraries. System
# libraries for OpenGL without a display come from apt when this runs as root; otherwise the command that installs them is
# printed and set-up goes on, because everything but the picture works without them. A second call returns at once.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

venv=.venv
stamp=$venv/.ninepixel-setup
mkdir -p "$venv"
if command -v flock >/dev/null; then # two `make`s at once: the second waits
  exec 9>"$venv/.ninepixel-lock"
  flock 9
fi

fingerprint() { cat pyproject.toml constraints.txt scripts/setup.sh | cksum; pwd; }

# -- system libraries -------------------------------------------------------------------------------------------------------
packages=(libegl1 libgl1 libgles2 libegl-mesa0 libgl1-mesa-dri libglx-mesa0 xvfb xauth fonts-dejavu-core strace)

# The spectator page is tested in it; not every system has it under this name, and the tests do without.
browser=chromium-headless-shell

system_libraries() {
  install_missing "${packages[@]}"
  [ "$(id -u)" != 0 ] || install_missing "$browser"
}

install_missing() {
  command -v dpkg-query >/dev/null || {
    say "this is not a Debian-like system: for pictures, install Mesa's EGL and OpenGL drivers with your package manager"
    return
  }
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then
    say "installing ${missing[*]}"
    if (apt-get -qq -o Acquire::http::Timeout=30 update \
        && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}") >"$venv/apt.log" 2>&1; then
      return 0
    fi
    tail -n 5 "$venv/apt.log" >&2
    say "these could not be installed; pictures may not work. Later: $command"
  else
    say "pictures and some tests need system libraries that are missing. To install them: sudo sh -c '$command'"
  fi
}

# -- Python -----------------------------------------------------------------------------------------------------------------
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
    if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed; set PYTHON=/path/to/python3 when it is not on the PATH"
}

make_venv() {
  local python=$1
  "$python" -m venv "$venv" 2>"$venv/venv.log" && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing python3-venv"
    apt-get -qq update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y python3-venv >/dev/null
    "$python" -m venv "$venv" && return
  fi
  cat "$venv/venv.log" >&2
  fail "$python cannot make a virtual environment; on Debian: sudo apt-get install -y python3-venv"
}

if [ -f "$stamp" ] && [ -x "$venv/bin/ninepixel" ] && [ "$(fingerprint)" = "$(cat "$stamp")" ]; then
  exit 0
fi
start=$SECONDS
system_libraries
if ! { [ -x "$venv/bin/python" ] && new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
  python=$(find_python)
  say "making $venv with $("$python" --version 2>&1)"
  make_venv "$python"
fi
say "installing ninepixel and the libraries pinned in constraints.txt"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
# The build tool is pinned like everything else, so the package is built with the one that was just installed. torch comes first
# and alone, by its exact version: where a CPU build of it is at hand (a wheel in pip's find-links), that one is taken, and what
# needs torch is content with it. Elsewhere on Linux the plain package is fine too, but brings gigabytes of CUDA and takes its
# time; who wants the small one sets PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds.
torch=$(grep -m 1 '^torch==' constraints.txt) || fail "constraints.txt pins no torch"
"$venv/bin/python" -m pip install -qq -c constraints.txt hatchling "$torch" || fail "pip could not install the libraries; see above"
"$venv/bin/python" -m pip install -qq -c constraints.txt --no-build-isolation -e '.[dev]' \
  || fail "pip could not install the libraries; see above"
fingerprint >"$stamp"
say "done in $((SECONDS - start)) s"
