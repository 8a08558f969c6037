#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# gwas_meta beside PLINK 1.9 on the same made-up files, turn and turn about, and whether their answers are the same at PLINK's printed precision.
#
#     sh benchmarks/gwas/beside_plink.sh BIN FOLDER [variants] [studies] [repeats]
#
# BIN: where gwas_meta and metapool_make_studies are (build/bin), compiled with -DCMAKE_BUILD_TYPE=Release; FOLDER: for some 1.2 GB of files, which are made there if they are not, and stay. Prints wall seconds, user
# seconds and memory of each run, then the ratios of the least wall times. Run it on a machine that does nothing else.
set -eu
bin=$1 folder=$2 variants=${3:-1000000} studies=${4:-10} repeats=${5:-5}
if ! grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Rel' "$bin/../CMakeCache.txt" 2>/dev/null && [ "${METAPOOL_ANY_BUILD:-}" = '' ]; then
  echo "beside_plink.sh: $bin is of no build with -DCMAKE_BUILD_TYPE=Release, without which gwas_meta takes five times as long (METAPOOL_ANY_BUILD=1: measure it all the same)" >&2
  exit 2
fi
plink=$(command -v plink1.9 || command -v plink)
for order in same shuffled; do
  if [ ! -f "$folder/$order/study$studies.txt" ]; then
    mkdir -p "$folder/$order"
    "$bin/metapool_make_studies" "$folder/$order" "$variants" "$studies" $([ $order = same ] || echo shuffled)
  fi
done
log=$folder/times
: >"$log"
timed() {
  name=$1
  shift
  /usr/bin/time -a -o "$log" -f "$name %e %U %M" "$@" >/dev/null 2>&1
}
files() { for j in $(seq "$studies"); do echo "$folder/$1/study$j.txt"; done; }
i=0
while [ $i -lt "$repeats" ]; do
  for order in same shuffled; do
    # shellcheck disable=SC2046
    set -- $(files $order)
    timed "$order:plink" "$plink" --meta-analysis "$@" + qt --out "$folder/plink_$order"
    timed "$order:name" "$bin/gwas_meta" --quiet --heterogeneity --random-effects dl --out "$folder/$order.tbl" "$@"
    timed "$order:name,2_threads" "$bin/gwas_meta" --quiet --heterogeneity --random-effects dl --threads 2 --out "$folder/$order.tbl" "$@"
    timed "$order:name,4_digits" "$bin/gwas_meta" --quiet --heterogeneity --random-effects dl --digits 4 --out "$folder/${order}4.tbl" "$@"
    timed "$order:name,sums" "$bin/gwas_meta" --quiet --heterogeneity --out "$folder/sums.tbl" "$@"
    [ $order = same ] || continue
    for join in order position; do
      timed "$order:$join" "$bin/gwas_meta" --quiet --heterogeneity --random-effects dl --join $join --out "$folder/$join.tbl" "$@"
      timed "$order:$join,2_threads" "$bin/gwas_meta" --quiet --heterogeneity --random-effects dl --join $join --threads 2 --out "$folder/$join.tbl" "$@"
    done
    cmp "$folder/same.tbl" "$folder/order.tbl"
    cmp "$folder/same.tbl" "$folder/position.tbl"
  done
  i=$((i + 1))
done
# PLINK: CHR BP SNP A1 A2 N P P(R) BETA BETA(R) Q I; gwas_meta: MarkerName Allele1 Allele2 Effect StdErr P Direction I2 Q df p EffectDL StdErrDL P-valueDL TauSqDL
for order in same shuffled; do
  awk -v order=$order '
    function off(ours, theirs, unit) { d = ours - theirs; if (d < 0) d = -d; a = theirs < 0 ? -theirs : theirs; return d > unit + 6e-4 * a }
    FNR == 1 { next }
    NR == FNR { snp[$1] = toupper($2); effect[$1] = $4; p[$1] = $6; i2[$1] = $8; random[$1] = $12; random_p[$1] = $14; next }
    { ++n; s = snp[$3] == $4 ? 1 : -1
      if (!($3 in snp) || off(s * effect[$3], $9, 6e-5) || off(s * random[$3], $10, 6e-5) || off(p[$3], $7, 1e-300) || off(random_p[$3], $8, 1e-300) || off(i2[$3], $12, 6e-3)) {
        if (++bad <= 3) print "differs: " $0 " | " effect[$3], random[$3], p[$3], random_p[$3], i2[$3]
      } }
    END { print order ": " n " variants, " bad + 0 " answers beyond PLINK'"'"'s printed digits" }' "$folder/$order.tbl" "$folder/plink_$order.meta"
done
cat "$log"
awk '{ if (!($1 in least) || $2 < least[$1]) least[$1] = $2; if ($4 > most[$1]) most[$1] = $4 }
  END { for (run in least) { split(run, part, ":"); printf "%-26s %7.2f s  %8d KB  PLINK takes %.1f times as long\n", run, least[run], most[run], least[part[1] ":plink"] / least[run] } }' "$log" | sort
