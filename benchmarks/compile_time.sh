#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# What the headers cost those who include them: CPU seconds and peak memory of the compiler, for each header, the umbrella, a typical
# program at -O2 and a test at -O0, beside the budget. Run by hand on a quiet computer; takes a few minutes.
#   sh benchmarks/compile_time.sh [g++|clang++]...       (both, where they are there, if none is named)
# REPEAT=3 takes the best of three. Exit code 1 if something takes more than twice its budget (less than that may be noise).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repeat=${REPEAT:-1}
memory_budget=700
over=0

compilers=${*:-}
if [ -z "$compilers" ]; then
  for c in g++ clang++; do
    if command -v "$c" >/dev/null 2>&1; then compilers="$compilers $c"; fi
  done
fi
includes="-I$root/include -I$root/tests"
for d in /usr/include/eigen3 /usr/local/include/eigen3 /opt/homebrew/include /opt/homebrew/include/eigen3; do
  if [ -d "$d" ]; then includes="$includes -isystem $d"; fi
done

# CPU seconds and peak memory in MB of a command, by the wait4 of a tiny runner.
cat >"$work/cost.cpp" <<'CODE'
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int, char** argv) {
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  rusage use{};
  wait4(child, &status, 0, &use);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
#ifdef __APPLE__
  const double mb = static_cast<double>(use.ru_maxrss) / 1e6;
#else
  const double mb = static_cast<double>(use.ru_maxrss) / 1e3;
#endif
  std::printf("%.2f %.0f\n", seconds(use.ru_utime) + seconds(use.ru_stime), mb);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
CODE

# measure NAME BUDGET COMMAND...: one line of the table.
measure() {
  name=$1 budget=$2
  shift 2
  best=
  i=0
  while [ "$i" -lt "$repeat" ]; do
    i=$((i + 1))
    if ! cost=$("$work/cost" "$@" 2>"$work/errors"); then
      printf '%-52s does not compile: %s\n' "$name" "$(grep -m 1 error "$work/errors" || head -n 1 "$work/errors")"
      over=1
      return 0
    fi
    best=$(printf '%s\n%s\n' "$best" "$cost" | grep . | sort -n | head -n 1)
  done
  # 0: within the budget, 1: above, 2: above twice the budget
  mark=$(echo "$best" | awk -v b="$budget" -v m="$memory_budget" '{ print ($1 > 2 * b || $2 > 2 * m) ? 2 : ($1 > b || $2 > m) ? 1 : 0 }')
  case $mark in
    0) note= ;;
    1) note='  above' ;;
    2) note='  above twice' over=1 ;;
  esac
  # shellcheck disable=SC2086
  printf '%-52s %6.2f s of %4.1f   %4d MB of %d%s\n' "$name" ${best% *} "$budget" ${best#* } "$memory_budget" "$note"
}

# The budget of a header: dear only where it brings a Boost distribution along.
budget_of() {
  printf '#include <metapool/%s>\n' "$1" >"$work/deps.cpp"
  # shellcheck disable=SC2086
  if "$compiler" -std=c++20 $includes -M "$work/deps.cpp" 2>/dev/null | grep -q 'boost/math'; then echo 1.6; return; fi
  case $1 in
    data/* | effect/* | version.hpp) echo 0.5 ;;
    *) echo 1.0 ;;
  esac
}

for compiler in $compilers; do
  "$compiler" -O1 -o "$work/cost" "$work/cost.cpp"
  printf '\n%s\n' "$("$compiler" --version | head -n 1)"
  (cd "$root/include/metapool" && find . -name '*.hpp' ! -path ./metapool.hpp | sed 's|^\./||' | LC_ALL=C sort) >"$work/headers"
  while read -r header; do
    printf '#include <metapool/%s>\n' "$header" >"$work/one.cpp"
    # shellcheck disable=SC2086
    measure "$header" "$(budget_of "$header")" "$compiler" -std=c++20 $includes -fsyntax-only "$work/one.cpp"
  done <"$work/headers"
  if [ -f "$root/include/metapool/metapool.hpp" ]; then
    echo '#include <metapool/metapool.hpp>' >"$work/one.cpp"
    # shellcheck disable=SC2086
    measure 'the umbrella, include only' 2.5 "$compiler" -std=c++20 $includes -fsyntax-only "$work/one.cpp"
  fi
  program=$root/examples/msc_mortality.cpp
  if [ -f "$program" ]; then
    # shellcheck disable=SC2086
    measure 'a typical program (examples/msc_mortality.cpp), -O2' 5 "$compiler" -std=c++20 $includes -O2 -c "$program" -o "$work/one.o"
  fi
  # The dearest test cannot be known before it is compiled: the longest one stands for it.
  # shellcheck disable=SC2012
  test=$(find "$root/tests/model" "$root/tests/inference" "$root/tests/tau2" -name '*.cpp' -exec ls -S {} + 2>/dev/null | head -n 1)
  if [ -n "$test" ]; then
    # shellcheck disable=SC2086
    measure "a test (${test#"$root/"}), -O0" 6 "$compiler" -std=c++20 $includes "-DMETAPOOL_SOURCE_DIR=\"$root\"" -O0 -c "$test" -o "$work/one.o"
  fi
done
exit $over
