#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# ranks.sh killed MPIRUN FLAG PROGRAM SCRATCH
# ranks.sh program MPIRUN FLAG METAPOOL_RANKS SCRATCH META_FILTER DATA GWAS_META
. "$(dirname "$0")/../support/expect.sh"
what=$1 mpirun=$2 flag=$3 program=$4 scratch=$5
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

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

filter=$6 data=$7 gwas=$8
head -n 1 "$data/many_outcomes.tsv" >in.tsv
i=0
while [ $i -lt 300 ]; do
  tail -n +2 "$data/many_outcomes.tsv"
  i=$((i + 1))
done >>in.tsv
# two scripts of two jobs each, and a script that cannot be run
cp "$data/gwas_cohort_a.txt" "$data/gwas_cohort_b.tsv" .
for script in 1 2; do
  cat <<END
SCHEME STDERR
MARKER SNP
ALLELE EFFECT_ALLELE OTHER
EFFECT BETA
STDERR SE
PROCESS gwas_cohort_a.txt
MARKER rsid
ALLELE effect_allele other_allele
EFFECT beta
STDERR standard_error
PROCESS gwas_cohort_b.tsv
OUTFILE result$script. .tbl
ANALYZE HETEROGENEITY
MINWEIGHT 4000
ANALYZE
END
done >both.txt
sed -n 1,15p both.txt >script1.txt
sed -n '16,$p' both.txt >script2.txt
sed 's/gwas_cohort_b/no_such_cohort/; s/result2/result3/' script2.txt >script3.txt
# one job of files sorted by position, for all ranks
for file in 1 2; do
  awk -v file=$file 'BEGIN { print "SNP CHR BP A1 A2 BETA SE"; for (i = file; i < 400; i += file) print "rs" i, 1 + int(i / 150), 10 * i, "A", "G", (i * file % 7 - 3) / 10, i % 50 == 0 ? "x" : 0.1 }' >sorted$file.txt
done
cat >script4.txt <<END
SCHEME STDERR
PROCESS sorted1.txt
PROCESS sorted2.txt
JOIN POSITION
OUTFILE resultsorted .tbl
ANALYZE HETEROGENEITY
END
expect 0 "$gwas" --quiet --script script4.txt
for part in 1 2 3; do expect 0 "$gwas" --quiet --scheme stderr --heterogeneity --join position --part $part/3 --out part$part.tbl sorted1.txt sorted2.txt; done
cat part1.tbl part2.tbl part3.tbl | cmp - resultsorted1.tbl
expect 1 "$gwas" --quiet --join position --part 4/3 --out part4.tbl sorted1.txt
expect 0 "$gwas" --quiet --script script1.txt
expect 0 "$gwas" --quiet --script script2.txt
mkdir plain
mv result* plain
[ "$(ls plain | wc -l)" -ge 10 ] || fail "the jobs of one process are not there: $(ls plain)"
expect 2 "$filter" --model DL --interval HK in.tsv whole.tsv
for ranks in 1 2 4; do
  rm -f out.tsv
  expect 2 "$mpirun" "$flag" $ranks "$program" filter --model DL --interval HK --threads $((4 / ranks)) in.tsv out.tsv
  cmp whole.tsv out.tsv
  grep -q "line 7: column 'sei2': 'o.7' is not a number" said || fail "the first malformed line is not named"
  expect 0 "$mpirun" "$flag" $ranks "$program" simulate --replicates 130 --threads $ranks "$data/hydroxychloroquine_trials.csv" simulated$ranks.tsv
  cmp simulated1.tsv simulated$ranks.tsv
  rm -f result*
  expect 0 sh -c "\"$mpirun\" \"$flag\" $ranks \"$program\" gwas script1.txt script2.txt >report$ranks"
  expect 0 sh -c "\"$mpirun\" \"$flag\" $ranks \"$program\" gwas script4.txt >sorted_report$ranks"
  for file in plain/*; do cmp "$file" "$(basename "$file")"; done
  cmp report1 report$ranks
  cmp sorted_report1 sorted_report$ranks
done
rm -f result*
expect 1 "$mpirun" "$flag" 2 "$program" gwas script1.txt script3.txt
grep -q no_such_cohort said || fail "the cohort that is not there is not named"
expect 0 "$mpirun" "$flag" 2 "$program" filter --allow-malformed --model DL --interval HK in.tsv out.tsv
cmp whole.tsv out.tsv
[ "$(wc -l <simulated1.tsv)" -gt 5 ] || fail "there is no simulation"
expect 1 "$mpirun" "$flag" 2 "$program" filter no_such_file.tsv none.tsv
grep -q no_such_file said || fail "the file that is not there is not named"
cp in.tsv same.tsv
expect 1 "$mpirun" "$flag" 2 "$program" filter same.tsv ./same.tsv
grep -q 'would replace the file that is read' said || fail "the input as output is not named"
cmp in.tsv same.tsv
expect 1 "$mpirun" "$flag" 2 "$program" nonsense
[ ! -e none.tsv ] || fail "an output file after an error"
