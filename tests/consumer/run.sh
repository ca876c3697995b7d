#!/usr/bin/env bash
# Installs the built vaegrad into a prefix, and builds and runs a program outside the tree that finds it.
# usage: run.sh BUILD_FOLDER CXX [FLAG ..]
set -euo pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$1" --prefix "$work/prefix" >"$work/install.log"
cp -r "$here" "$work/source"
cmake -G Ninja -S "$work/source" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$2" \
      -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wconversion -Werror ${*:3}" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log"
cmake --build "$work/build" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/build/consumer" | tee "$work/output"
grep -q 'average(softplus(%3) - (%1 \* %3))' "$work/output"
grep -Eq '^gradient 0\.11783' "$work/output"  # (σ(½) + σ(1) − 1) / 3 = 0.117839

# The README's program, by the room above; a parent that has vaegrad in its tree installs its own things alone.
cmake -S "$work/source" -B "$work/build" -DROOM=models >"$work/configure.log"
cmake --build "$work/build" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/build/consumer" | grep -q '^gradient norm 2.90833$'
cmake -G Ninja -S "$work/source" -B "$work/fetched" -DBY=fetch -DSOURCE="$here/../.." -DCMAKE_CXX_COMPILER="$2" >"$work/configure.log"
ninja -C "$work/fetched" -t commands all >"$work/plan"
grep -q vaegrad_autodiff.dir "$work/plan"
if grep -Eq 'vaegrad_(models|lab)\.dir|_f64\.dir' "$work/plan"; then echo 'more than autodiff is built for a consumer of it'; exit 1; fi
if grep -rq libvaegrad "$work/fetched" --include=cmake_install.cmake; then echo 'a parent installs vaegrad'; exit 1; fi

# Compiled for another instruction set than the library, it must not link, and the symbol says why.
library=$(echo "$work"/prefix/lib*/libvaegrad_autodiff.a)
if [[ $(uname -m) == x86_64 ]] && ! nm -C "$library" | grep -q f32_sse2; then
  if "$2" -std=c++20 -march=x86-64 -ffp-contract=off -fopenmp -I"$work/prefix/include" "$here/autodiff.cpp" \
       "$library" -ldnnl -o "$work/other" >"$work/other.log" 2>&1; then
    echo 'a consumer of another instruction set linked'; exit 1
  fi
  grep -q 'undefined reference to .vaegrad::f32_sse2::' "$work/other.log" || { tail "$work/other.log"; exit 1; }
  echo 'another instruction set: refused by the linker, by name'
fi
