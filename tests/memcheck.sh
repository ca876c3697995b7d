#!/usr/bin/env bash
# The unit tests under valgrind's memcheck, by hand: it takes some 50 times as long, and knows no AVX-512, so they are
# built for x86-64-v3, in a folder of their own. Only errors of memory count here: valgrind has 64 bits for a long
# double, no mode without denormals, and no haste, so that some of what the tests compare is not as it is elsewhere.
# usage: memcheck.sh [TEST ..]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
(( $# )) || set -- test_{readers,lab_f32,lab,autodiff_f32,models_f32,autodiff,models}
build=build/memcheck
cmake --preset release -B $build -DVAEGRAD_ARCH=x86-64-v3 '-DCMAKE_CXX_FLAGS_RELEASE=-O2 -g1 -DNDEBUG' >$build.log
cmake --build $build --target "$@" >>$build.log || { tail $build.log; exit 1; }
for test; do
  started=$SECONDS
  valgrind --quiet --log-fd=3 --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
    $build/tests/"$test" --no-exitcode 3>&2 >>$build.log 2>&1 || { echo "$test: status $?"; exit 1; }
  echo "$test: clean, in $((SECONDS - started)) s"
done
