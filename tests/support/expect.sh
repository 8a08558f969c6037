# SPDX-License-Identifier: BSL-1.0
# Sourced by the tests of programs: ends at the first thing that does not hold.
set -eu
fail() { echo "$*"; exit 1; }
# expect CODE COMMAND...: runs it, what it says on standard error in `said`.
expect() {
  code=$1
  shift
  status=0
  "$@" 2>said || status=$?
  [ $status = "$code" ] || { cat said; fail "exit code $status, not $code: $*"; }
}
