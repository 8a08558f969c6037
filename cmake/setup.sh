# SPDX-License-Identifier: BSL-1.0
# Shared by examples/run.sh, tests/run.sh and .ci/run: installs what is missing, configures, builds.
# POSIX sh; to be sourced with `root` set to the project's folder.

say() { printf '%s\n' "== $*"; }

# The folders under which headers and package files are looked for.
prefixes() {
  printf '%s\n' "${CMAKE_PREFIX_PATH:-}" "${CONDA_PREFIX:-}" /usr /usr/local /opt/homebrew /opt/local | tr ':;' '\n\n'
}
has_header() {
  prefixes | while read -r p; do
    if [ -n "$p" ] && { [ -e "$p/include/$1" ] || [ -e "$p/include/eigen3/$1" ]; }; then echo yes; fi
  done | grep -q yes
}
has_program() { command -v "$1" >/dev/null 2>&1; }

can_fuzz() {
  can=$(mktemp -d)
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' >"$can/f.cpp"
  clang++ -fsanitize=fuzzer,address,undefined "$can/f.cpp" -o "$can/f" >/dev/null 2>&1 && answer=0 || answer=1
  rm -rf "$can"
  return $answer
}

# is_there WHAT: true if it needs no installing.
is_there() {
  case $1 in
    compiler) [ -n "${CXX:-}" ] || has_program c++ || has_program g++ || has_program clang++ ;;
    cmake) has_program cmake ;;
    ninja) has_program ninja || has_program make ;;
    boost) has_header boost/math/distributions/normal.hpp ;;
    eigen) has_header Eigen/Core ;;
    doctest) has_header doctest/doctest.h ;;
    json) has_header nlohmann/json.hpp ;;
    clang) has_program clang++ ;;
    fuzzer) can_fuzz ;;
    pkg-config) has_program pkg-config ;;
    rsvg) has_program rsvg-convert ;;
    git) has_program git ;;
    mpi) has_program mpirun && has_program mpicxx ;;
    zlib) has_header zlib.h ;;
  esac
}

# package MANAGER WHAT: its name there.
package() {
  case $1:$2 in
    apt:compiler) echo g++ ;;
    dnf:compiler) echo gcc-c++ ;;
    brew:compiler) echo gcc ;;
    apt:ninja | dnf:ninja) echo ninja-build ;;
    apt:boost) echo libboost-dev ;;
    dnf:boost) echo boost-devel ;;
    apt:eigen) echo libeigen3-dev ;;
    dnf:eigen) echo eigen3-devel ;;
    apt:doctest) echo doctest-dev ;;
    dnf:doctest) echo doctest-devel ;;
    apt:json) echo nlohmann-json3-dev ;;
    dnf:json) echo json-devel ;;
    brew:json) echo nlohmann-json ;;
    brew:clang) echo llvm ;;
    apt:rsvg) echo librsvg2-bin ;;
    apt:mpi) echo libopenmpi-dev openmpi-bin ;;
    apt:zlib) echo zlib1g-dev ;;
    dnf:zlib) echo zlib-devel ;;
    dnf:mpi) echo openmpi-devel ;;
    brew:mpi) echo open-mpi ;;
    dnf:rsvg) echo librsvg2-tools ;;
    brew:rsvg) echo librsvg ;;
    apt:fuzzer) echo "libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev" ;;
    dnf:fuzzer) echo compiler-rt ;;
    brew:fuzzer) echo llvm ;;
    *) echo "$2" ;;
  esac
}

# need WHAT...: installs what is missing (apt, with rights to), or says which command would, and stops.
need() {
  missing=
  for what in "$@"; do is_there "$what" || missing="$missing $what"; done
  [ -n "$missing" ] || return 0
  if has_program apt-get; then manager=apt command='apt-get install -y --no-install-recommends'
  elif has_program dnf; then manager=dnf command='sudo dnf install -y'
  elif has_program brew; then manager=brew command='brew install'
  else
    say "Missing:$missing. Install them with this system's package manager, then run this again."
    return 1
  fi
  packages=
  for what in $missing; do packages="$packages $(package $manager "$what")"; done
  as_root=
  if [ "$(id -u)" != 0 ]; then as_root='sudo -n'; fi
  if [ $manager = apt ] && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    say "Installing$packages"
    # shellcheck disable=SC2086
    apt_install() { $as_root env DEBIAN_FRONTEND=noninteractive $command -qq $packages </dev/null >"$log" 2>&1; }
    log=$(mktemp)
    if ! apt_install; then
      $as_root apt-get update -qq >"$log" 2>&1 && apt_install || { cat "$log"; rm -f "$log"; return 1; }
    fi
    rm -f "$log"
  else
    if [ $manager = apt ]; then command="sudo $command"; fi
    say "Missing:$missing. Install with:"
    say "  $command$packages"
    return 1
  fi
}

jobs() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# configure DIR OPTION...: the first time, and again when options changed or the project's folder moved.
configure() {
  dir=$1
  shift
  if [ -f "$dir/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
    rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
  fi
  if [ ! -f "$dir/CMakeCache.txt" ] && has_program ninja && [ -z "${CMAKE_GENERATOR:-}" ]; then set -- -G Ninja "$@"; fi
  log=$(mktemp)
  if cmake -S "$root" -B "$dir" "$@" >"$log" 2>&1; then
    rm -f "$log"
  else
    cat "$log"
    rm -f "$log"
    return 1
  fi
}

# build DIR [ARGUMENT...]
build() {
  dir=$1
  shift
  cmake --build "$dir" --parallel "$(jobs)" "$@"
}

# build_all DIR: goes on after an error, so that what can be built is built; fails if something could not.
build_all() {
  case $(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$1/CMakeCache.txt") in
    Ninja) build "$1" -- -k 0 ;;
    *Makefiles) build "$1" -- -k ;;
    *) build "$1" ;;
  esac
}
