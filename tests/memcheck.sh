#!/usr/bin/env bash
# The unit tests under valgrind's memcheck, by hand: it takes some 50 times as long, and knows no AVX-512, so they are
# built for x86-64-v3, in a folder of their own. Only errors of memory count here: valgrind has 64 bits for a long
# double, no mode without denormals, and no haste, so that some of what the tests compare is not as it is elsewhere.
# One thing is left out, and counted: oneDNN's generated code reads ahead, by a vector or two, of what it has packed
# into memory of its own. What it writes, and what it reads of ours, is held against every block. Its products also move
# the stack there, which valgrind has to see as such a move and not as a deep call: hence the size of a frame.
# usage: memcheck.sh [TEST ..]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
(( $# )) || set -- test_{readers,lab_f32,lab,autodiff_f32,models_f32,autodiff,models}
build=build/memcheck
cmake --preset release -B $build -DVAEGRAD_ARCH=x86-64-v3 '-DCMAKE_CXX_FLAGS_RELEASE=-O2 -g1 -DNDEBUG' >$build.log
cmake --build $build --target "$@" >>$build.log || { tail $build.log; exit 1; }
for test; do
  started=$SECONDS status=0 said=$build/$test.valgrind
  valgrind --quiet --log-file="$said" --error-limit=no --max-stackframe=100000 --error-exitcode=9 \
    --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
    $build/tests/"$test" --no-exitcode >"$build/$test.out" 2>&1 || status=$?
  (( status == 0 || status == 9 )) || { tail -5 "$build/$test.out"; echo "$test: status $status"; exit 1; }
  sed -E 's/^==[0-9]+== ?//; /^Thread [0-9]+:$/d; /^More than 100 errors/,+1d' "$said" |
    awk -v RS= -v name="$test" -v seconds=$((SECONDS - started)) '
    /^Invalid read[^\n]*\n *at 0x[0-9A-F]*: \?\?\?\n/ &&
      (!/alloc.d\n/ || /alloc.d\n( *(at|by) [^\n]*vgpreload[^\n]*\n)+ *by [^\n]*libdnnl/) { ++ahead; next }
    { print $0 "\n"; ++errors }
    END {
      print name ": " (errors ? errors " errors" : "clean") ", in " seconds " s" \
            (ahead ? ", but for " ahead " reads ahead in oneDNN" : "")
      exit errors > 0
    }'
done
