#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Builds everything and runs all tests. Options of its own for CMake can follow: sh tests/run.sh -DCMAKE_CXX_COMPILER=clang++
# METAPOOL_BUILD_DIR names another build folder than build/tests; METAPOOL_CTEST holds options for ctest, such as '-L math'.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/cmake/setup.sh"
out=${METAPOOL_BUILD_DIR:-$root/build/tests}

say "Looking for a compiler, CMake, Boost, Eigen, doctest and nlohmann-json"
need compiler cmake ninja boost eigen doctest json
say "Configuring in ${out#"$root/"}"
configure "$out" -DMETAPOOL_BUILD_TESTS=ON -DMETAPOOL_BUILD_EXAMPLES=ON -DMETAPOOL_BUILD_BENCHMARKS=OFF "$@"
say "Building"
broken=0
build_all "$out" || broken=1
say "Testing"
rm -f "$out/results.xml" "$out/cases.txt"
status=0
# shellcheck disable=SC2086
(cd "$out" && METAPOOL_CASES="$out/cases.txt" ctest --output-on-failure --no-tests=error --parallel "$(jobs)" --output-junit results.xml ${METAPOOL_CTEST:-}) || status=$?
# The counts of the test suite, the first element. What did not run is no pass; it is a failure unless the test skipped itself.
count() { sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p" "$out/results.xml" | head -n 1; }
total=$(count tests) failures=$(count failures) idle=$(($(count skipped) + $(count disabled)))
skipped=$(grep -c 'message="SKIP_' "$out/results.xml") || skipped=0
if [ "$skipped" != 0 ]; then say "$skipped tests skipped themselves"; fi
if [ $broken = 1 ]; then say "The build failed (see above): counted as one failure"; fi
passed=$((total - failures - idle)) failed=$((failures + idle - skipped + broken))
# An entry may hold many test cases: each program that came to its end wrote how many of them passed and failed, and these are what counts.
if [ -s "$out/cases.txt" ]; then
  set -- $(awk '{ p += $1; f += $2; if ($2 > 0) ++bad; else ++good } END { print p + 0, f + 0, good + 0, bad + 0 }' "$out/cases.txt")
  passed=$((passed - $3 + $1)) failed=$((failed - $4 + $2))
fi
echo "$passed passed, $failed failed"
[ $status = 0 ] && [ $broken = 0 ]
