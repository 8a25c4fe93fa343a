#!/usr/bin/env bash
# An environment of its own, .venv-nmmo, for Neural MMO 2: one of the peers that `ninepixel bench env` is measured beside, which
# finds it there. Neural MMO pins numpy 1.23, so it cannot stand beside ninepixel, and needs Python 3.11 or older.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'install-nmmo: %s\n' "$*" >&2; }
fail() { printf 'install-nmmo: error: %s\n' "$*" >&2; exit 1; }

venv=.venv-nmmo
fits() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 11))' >/dev/null 2>&1; }

python=
for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.10 python3; do
  if command -v "$candidate" >/dev/null && fits "$candidate"; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "Neural MMO 2 needs Python 3.10 or 3.11; set PYTHON to one"
command -v cc >/dev/null || fail "a C compiler is needed (on Debian: apt-get install build-essential python3-dev)"

start=$SECONDS
say "making $venv with $("$python" --version)"
rm -rf "$venv"
"$python" -m venv "$venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
# vec-noise, which it needs, is built by a setup.py of 2017 that assumes numpy beside it and a pip that runs it the old way.
"$venv/bin/python" -m pip install -qq 'pip<25' 'setuptools<66' wheel numpy==1.23.3
"$venv/bin/python" -m pip install -qq --no-use-pep517 --no-build-isolation vec-noise==1.1.4
"$venv/bin/python" -m pip install -qq nmmo==2.1.1
"$venv/bin/python" -c 'import nmmo' || fail "Neural MMO is installed but cannot be imported; see above"
say "done in $((SECONDS - start)) s"
