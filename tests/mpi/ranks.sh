#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# ranks.sh killed MPIRUN FLAG PROGRAM SCRATCH
# ranks.sh program MPIRUN FLAG METAPOOL_RANKS SCRATCH META_FILTER DATA
set -eu
what=$1 mpirun=$2 flag=$3 program=$4 scratch=$5
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"
fail() { echo "$*"; exit 1; }
# expect CODE COMMAND...
expect() {
  code=$1
  shift
  status=0
  "$@" 2>said || status=$?
  [ $status = "$code" ] || { cat said; fail "exit code $status, not $code: $*"; }
}

if [ "$what" = killed ]; then
  for ranks in 2 4; do
    status=0
    "$mpirun" "$flag" $ranks "$program" die "$scratch/run" >said 2>&1 || status=$?
    if grep 'complete before' said || [ $status = 0 ]; then fail "it was not killed in the middle: $status"; fi
    [ -e run/in.tsv ] || fail "it did not begin"
    [ ! -e run/out.tsv ] || fail "a killed rank has left a result"
  done
  exit 0
fi

filter=$6 data=$7
head -n 1 "$data/many_outcomes.tsv" >in.tsv
i=0
while [ $i -lt 300 ]; do
  tail -n +2 "$data/many_outcomes.tsv"
  i=$((i + 1))
done >>in.tsv
expect 2 "$filter" --model DL --interval HK in.tsv whole.tsv
for ranks in 1 2 4; do
  rm -f out.tsv
  expect 2 "$mpirun" "$flag" $ranks "$program" filter --model DL --interval HK --threads $((4 / ranks)) in.tsv out.tsv
  cmp whole.tsv out.tsv
  grep -q "line 7: column 'sei2': 'o.7' is not a number" said || fail "the first malformed line is not named"
  expect 0 "$mpirun" "$flag" $ranks "$program" simulate --replicates 130 --threads $ranks "$data/hydroxychloroquine_trials.csv" simulated$ranks.tsv
  cmp simulated1.tsv simulated$ranks.tsv
done
expect 0 "$mpirun" "$flag" 2 "$program" filter --allow-malformed --model DL --interval HK in.tsv out.tsv
cmp whole.tsv out.tsv
[ "$(wc -l <simulated1.tsv)" -gt 5 ] || fail "there is no simulation"
expect 1 "$mpirun" "$flag" 2 "$program" filter no_such_file.tsv none.tsv
grep -q no_such_file said || fail "the file that is not there is not named"
expect 1 "$mpirun" "$flag" 2 "$program" nonsense
[ ! -e none.tsv ] || fail "an output file after an error"
