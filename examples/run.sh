#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Builds and runs the main example: deaths in the trials of mesenchymal stromal cells in COVID-19, and the forest plot.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/cmake/setup.sh"
out=$root/build/examples

say "Looking for a compiler, CMake, Boost and Eigen"
need compiler cmake ninja boost eigen
say "Configuring in build/examples"
configure "$out" -DCMAKE_BUILD_TYPE=Release -DMETAPOOL_BUILD_EXAMPLES=ON -DMETAPOOL_BUILD_TESTS=OFF -DMETAPOOL_BUILD_BENCHMARKS=OFF \
  -DMETAPOOL_WARNINGS_AS_ERRORS=OFF
say "Building examples/msc_mortality.cpp"
build "$out" --target msc_mortality
say "Running it on examples/data/msc_trials.csv"
"$out/bin/msc_mortality" "$root/examples/data/msc_trials.csv" "$out/msc_mortality.svg"
say "The forest plot: $out/msc_mortality.svg"
