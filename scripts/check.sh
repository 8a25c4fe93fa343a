#!/usr/bin/env bash
# Everything that CI checks. Each check runs even when one before it failed, so that one run tells all; fails when any failed.
# Arguments go to pytest: scripts/check.sh -k doctor
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()

check() { # title, command...
  local title=$1 start=$SECONDS
  shift
  printf '== %s\n' "$title"
  if "$@"; then
    printf '== %s: ok, %s s\n' "$title" $((SECONDS - start))
  else
    printf '== %s: FAILED, %s s\n' "$title" $((SECONDS - start))
    failed+=("$title")
  fi
}

bin=.venv/bin
check lint "$bin/ruff" check
check format "$bin/ruff" format --check
check types "$bin/mypy"
check imports "$bin/lint-imports"
check tests "$bin/python" -m pytest -n "${PYTEST_WORKERS:-2}" -m "not soak" "$@"

if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]}" >&2
  exit 1
fi
echo "all checks passed in $SECONDS s"
