#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# meta_filter.sh PROGRAM DATA SCRATCH: what the program promises of pieces, threads, exit codes and full disks.
. "$(dirname "$0")/../support/expect.sh"
program=$1 data=$2 scratch=$3
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

# 3500 lines: the example's again and again
head -n 1 "$data" >in.tsv
i=0
while [ $i -lt 500 ]; do
  tail -n +2 "$data"
  i=$((i + 1))
done >>in.tsv

expect 2 "$program" in.tsv whole.tsv
grep -q "line 7: column 'sei2': 'o.7' is not a number" said || fail "the first malformed line is not named"
[ "$(wc -l <whole.tsv)" = 3501 ] || fail "lines were lost"
[ "$(grep -c 'malformed$' whole.tsv)" = 500 ] || fail "malformed lines have no row"
expect 0 "$program" --allow-malformed in.tsv whole_again.tsv
cmp whole.tsv whole_again.tsv

for threads in 1 2 4; do
  expect 2 "$program" --threads $threads in.tsv out.tsv
  cmp whole.tsv out.tsv
done
expect 2 sh -c "\"$program\" <in.tsv >out.tsv"
cmp whole.tsv out.tsv
for parts in 2 7; do
  : >out.tsv
  for part in $(seq $parts); do expect 2 sh -c "\"$program\" --part $part/$parts in.tsv >>out.tsv"; done
  cmp whole.tsv out.tsv
done
# pieces without a line of names, as GNU parallel hands them out
columns=$(head -n 1 in.tsv)
tail -n +2 in.tsv >lines.tsv
head -n 1000 lines.tsv >piece1.tsv
tail -n +1001 lines.tsv >piece2.tsv
head -n 1 in.tsv | "$program" >out.tsv
for piece in piece1.tsv piece2.tsv; do expect 2 sh -c "\"$program\" --columns '$columns' <$piece >>out.tsv"; done
cmp whole.tsv out.tsv

head -n 3 in.tsv >small_in.tsv
# errors: exit code 1, no output file, or the old one
expect 0 sh -c "\"$program\" --help >help"
grep -q -- '--part' help || fail "--help does not say what it takes"
expect 1 "$program" no_such_file.tsv none.tsv
expect 1 "$program" --model nonsense in.tsv none.tsv
expect 1 "$program" --columns "id y1" in.tsv none.tsv
expect 1 "$program" --part 3/2 in.tsv none.tsv
cp small_in.tsv same.tsv
expect 1 "$program" same.tsv ./same.tsv
grep -q 'would replace the file that is read' said || fail "the input as output is not named"
cmp small_in.tsv same.tsv
[ ! -e none.tsv ] || fail "an output file after an error"
if [ -w /dev/full ]; then
  expect 1 sh -c "\"$program\" in.tsv >/dev/full"
  grep -q 'disk full' said || fail "a full disk is not named"
fi
echo old >small.tsv
expect 1 sh -c "trap '' XFSZ; ulimit -f 64; exec \"$program\" in.tsv small.tsv"
grep -q 'disk full' said || fail "a full disk is not named"
[ "$(cat small.tsv)" = old ] || fail "a full disk has changed the output file"
[ "$(ls | grep -c part$)" = 0 ] || fail "half a file was left: $(ls)"

# killed in the middle: no output file
mkfifo pipe
"$program" - killed.tsv <pipe 2>/dev/null &
victim=$!
exec 3>pipe
cat in.tsv >&3
tries=0
while [ ! -e killed.tsv.0.part ] && [ $tries -lt 50 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
[ -e killed.tsv.0.part ] || fail "it was not killed in the middle"
kill -9 $victim
exec 3>&-
wait $victim 2>/dev/null && fail "it was not killed"
[ ! -e killed.tsv ] || fail "a killed program has left a result"
