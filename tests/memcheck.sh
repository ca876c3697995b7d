#!/usr/bin/env bash
# The unit tests under valgrind's memcheck, by hand: it takes some 50 times as long, and knows no AVX-512, so they are
# built for x86-64-v3, in a folder of their own. Left out is what would take hours there and finds nothing more: each
# test is given with what of it is run (doctest's filters), none for all.
# usage: memcheck.sh [TEST ..]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
declare -A left_out=(
  [test_autodiff]=''
  [test_autodiff_f32]=''
  [test_models]=''
  [test_models_f32]=''
  [test_lab]=''
  [test_lab_f32]=''
  [test_readers]=''
)
(( $# )) || set -- $(printf '%s\n' "${!left_out[@]}" | sort)
build=build/memcheck
cmake --preset release -B $build -DVAEGRAD_ARCH=x86-64-v3 '-DCMAKE_CXX_FLAGS_RELEASE=-O2 -g1 -DNDEBUG' >$build.log
cmake --build $build --target "$@" >>$build.log || { tail $build.log; exit 1; }
for test; do
  valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
    --gen-suppressions=no $build/tests/"$test" -tce="${left_out[$test]}" || { echo "$test: status $?"; exit 1; }
done
