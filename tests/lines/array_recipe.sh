#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# array_recipe.sh PROGRAM DATA PAGE SCRATCH: the recipe for Slurm's arrays as PAGE prints it, with an `sbatch` that runs the tasks of an array, the last
# one first: its result has the bytes of one process for one piece, many, and more than there are lines; a task that fails or is killed leaves none.
. "$(dirname "$0")/../support/expect.sh"
program=$1 data=$2 page=$3 scratch=$4
rm -rf "$scratch"
mkdir -p "$scratch/bin"
cd "$scratch"

# block N: the Nth block of commands below the recipe's title
block() {
  awk -v wanted="$1" '/^### /{ inside = ($0 == "### Slurm: an array, without MPI") } inside && /^```/{ open = !open; if (open) ++number; next }
    inside && open && number == wanted' "$page"
}
block 1 >array.printed
block 2 >join.printed
grep -q '^#SBATCH --array=1-100 ' array.printed || fail "$page: no array of 100 tasks: $(cat array.printed)"
grep -q 'sbatch --wait array.sh' join.printed || fail "$page: the recipe does not wait for the array: $(cat join.printed)"

cat >bin/sbatch <<'END'
#!/bin/sh
# sbatch --wait array.sh: the tasks of its array, the last one first; their largest exit code
[ "$1 $2" = '--wait array.sh' ] || exit 64
largest=0
for task in $(seq "$(sed -n 's/^#SBATCH --array=1-\([0-9]*\) .*/\1/p' array.sh)" -1 1); do
  code=0
  SLURM_ARRAY_TASK_ID=$task sh array.sh 2>>tasks_said || code=$?
  [ $code -le $largest ] || largest=$code
done
exit $largest
END
# the program, but for task $bad: `killed` in the middle, `failed` before it began, or `lost` with its file though all else is well
cat >bin/meta_filter <<END
#!/bin/sh
if [ "\$SLURM_ARRAY_TASK_ID" = "\${bad:-none}" ]; then
  case \$how in
    killed) kill -9 \$\$ ;;
    failed) exit 1 ;;
    lost) exit 0 ;;
  esac
fi
exec "$program" "\$@"
END
chmod +x bin/sbatch bin/meta_filter
PATH=$PWD/bin:$PATH
export PATH

# recipe PIECES: the recipe with that many in place of 100, from nothing
recipe() {
  sed "s/100/$1/g" array.printed >array.sh
  sed "s/100/$1/g" join.printed >join.sh
  rm -rf parts results.tsv*
  sh join.sh
}

head -n 1 "$data" >names.tsv
for lines in 0 1 6; do
  { cat names.tsv; tail -n +2 "$data" | grep -v 'o\.7' | head -n $lines; } >outcomes.tsv
  expect 0 "$program" --model REML outcomes.tsv whole.tsv
  for pieces in 1 3 40; do
    expect 0 recipe $pieces
    cmp whole.tsv results.tsv || fail "$pieces pieces of $lines lines are not the whole"
    [ "$(ls parts | wc -l)" = $pieces ] || fail "not a file a piece: $(ls parts)"
  done
done
expect 1 sh join.sh  # a folder with pieces of an older run

for how in killed failed lost; do
  for bad in 1 2 3; do
    export how bad
    status=0
    recipe 3 2>said || status=$?
    [ $status != 0 ] || fail "a task that was $how: exit code 0"
    [ ! -e results.tsv ] || fail "a task that was $how: there is a result all the same"
  done
done
unset how bad

cp "$data" outcomes.tsv  # a line that cannot be read
expect 2 recipe 3
[ ! -e results.tsv ] || fail "a malformed line: there is a result all the same"
