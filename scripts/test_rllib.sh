#!/usr/bin/env bash
# The RLlib tests, in an environment of their own: .venv-rllib. RLlib pins an older gymnasium (2.60: 1.2.2), which cannot stand
# beside the one that everything else is tested with. Everything that RLlib leaves open is what constraints.txt pins.
# Arguments go to pytest: scripts/test_rllib.sh -k checkpoint
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'test-rllib: %s\n' "$*" >&2; }
fail() { printf 'test-rllib: error: %s\n' "$*" >&2; exit 1; }

venv=.venv-rllib
stamp=$venv/.ninepixel-setup
ray='ray[rllib]==2.60.*'
[ -d tests/rllib ] || fail "there is no tests/rllib in this checkout"
mkdir -p "$venv"
if command -v flock >/dev/null; then # two calls at once: the second waits
  exec 9>"$venv/.ninepixel-lock"
  flock 9
fi

fingerprint() { cat pyproject.toml constraints.txt scripts/test_rllib.sh | cksum; pwd; }

if ! { [ -f "$stamp" ] && [ "$(fingerprint)" = "$(cat "$stamp")" ]; }; then
  start=$SECONDS
  python=${PYTHON:-python3}
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; set PYTHON to one"
  say "making $venv"
  "$python" -m venv "$venv"
  export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
  grep -v '^gymnasium==' constraints.txt >"$venv/constraints.txt"
  torch=$(grep -m 1 '^torch==' constraints.txt) || fail "constraints.txt pins no torch"
  "$venv/bin/python" -m pip install -qq -c "$venv/constraints.txt" hatchling "$torch" || fail "pip could not install torch; see above"
  "$venv/bin/python" -m pip install -qq -c "$venv/constraints.txt" --no-build-isolation "$ray" hypothesis pytest -e '.[envs]' \
    || fail "pip could not install $ray; see above"
  fingerprint >"$stamp"
  say "done in $((SECONDS - start)) s"
fi
exec 9>&- # pytest, and the daemons of Ray, must not hold the lock

# RLlib warns about itself; that our own code does not is held by `make test`, where warnings are errors.
# Ray sends nothing home. Left alone it would write the token of its local cluster into the home folder: it gets one of its own here.
token=$PWD/$venv/ray-token
[ -s "$token" ] || (umask 077 && "$venv/bin/python" -c 'import secrets; print(secrets.token_hex(32), end="")' >"$token")
export RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_TOKEN_PATH="$token" RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO=0
exec "$venv/bin/python" -m pytest -o filterwarnings=default tests/rllib "$@"
