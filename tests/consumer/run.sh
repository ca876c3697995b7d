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

# Compiled for another instruction set than the library, it must not link, and the symbol says why.
library=$(echo "$work"/prefix/lib*/libvaegrad_autodiff.a)
if [[ $(uname -m) == x86_64 ]] && ! nm -C "$library" | grep -q f32_sse2; then
  if "$2" -std=c++20 -march=x86-64 -ffp-contract=off -fopenmp -I"$work/prefix/include" "$here/main.cpp" \
       "$library" -ldnnl -o "$work/other" >"$work/other.log" 2>&1; then
    echo 'a consumer of another instruction set linked'; exit 1
  fi
  grep -q 'undefined reference to .vaegrad::f32_sse2::' "$work/other.log" || { tail "$work/other.log"; exit 1; }
  echo 'another instruction set: refused by the linker, by name'
fi
