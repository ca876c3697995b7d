#!/usr/bin/env bash
# The tests of ranks on two of them. What MPI's own libraries do is not ours to judge: mpi.*.supp.
# usage: two.sh PATH_OF_TEST_RANKS
here=$(readlink -f "${BASH_SOURCE[0]%/*}")
command -v mpirun >/dev/null || { echo 'skipped: there is no mpirun (apt-get install openmpi-bin)'; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=2
export TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}suppressions=$here/mpi.thread.supp
export LSAN_OPTIONS=suppressions=$here/mpi.leak.supp
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}fast_unwind_on_malloc=0  # through libraries without frame pointers
timeout 300 mpirun --oversubscribe -n 2 "$1" >"${TMPDIR:-/tmp}/ranks.$$" 2>&1
status=$?
grep -q 'built without MPI' "${TMPDIR:-/tmp}/ranks.$$" && status=77
cat "${TMPDIR:-/tmp}/ranks.$$"; rm -f "${TMPDIR:-/tmp}/ranks.$$"
exit $status
