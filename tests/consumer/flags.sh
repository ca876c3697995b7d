#!/usr/bin/env bash
# Options of compilers that change arithmetic: each is refused in a sentence that names it, or gives the numbers that the
# plain build gives, bit by bit. usage: flags.sh BUILD_FOLDER CXX
set -euo pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd) build=$1 compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arch=$(sed -n 's/^VAEGRAD_ARCH:[A-Z]*=//p' "$build/CMakeCache.txt")
options=(${arch:+-march=$arch} -ffp-contract=off -fopenmp -I"$build/include" "$here/numbers.cpp" "$build/libvaegrad_autodiff.a")

always='-fno-trapping-math -fno-math-errno -frounding-math -ffp-contract=fast'
refused='-ffast-math -Ofast -ffinite-math-only'
if "$compiler" --version | grep -q clang; then
  refused+=' -ffp-model=fast'
  either='-funsafe-math-optimizations -fassociative-math -fassociative-math:-fno-signed-zeros:-fno-trapping-math
          -freciprocal-math -fno-honor-nans -fno-honor-infinities -fno-signed-zeros -fapprox-func -mrecip=all'
else
  refused+=' -funsafe-math-optimizations -fassociative-math:-fno-signed-zeros:-fno-trapping-math -freciprocal-math
             -fno-signed-zeros -fsingle-precision-constant'
  either='-fsignaling-nans -fcx-limited-range -mrecip -fexcess-precision=fast'
fi
"$compiler" -std=c++20 -O2 "${options[@]}" -o "$work/plain"
"$work/plain" >"$work/expected"
bad=0
for flag in $refused; do
  if "$compiler" -std=c++20 -O2 ${flag//:/ } "${options[@]}" -o "$work/other" 2>"$work/log"; then echo "$flag: not refused"; bad=1
  elif ! grep -Eq 'vaegrad: -[a-z].*: compile without it' "$work/log"; then echo "$flag: refused without a sentence"; bad=1
  else echo "$flag: refused"; fi
done
for flag in $always $either; do
  if "$compiler" -std=c++20 -O2 ${flag//:/ } "${options[@]}" -o "$work/other" 2>"$work/log"; then
    "$work/other" >"$work/numbers"
    if cmp -s "$work/numbers" "$work/expected"; then echo "$flag: the same numbers"; else echo "$flag: other numbers"; bad=1; fi
  elif grep -Eq 'vaegrad: -[a-z].*: compile without it' "$work/log"; then echo "$flag: refused"
  else tail -3 "$work/log"; echo "$flag: does not compile"; bad=1; fi
done
exit $bad
