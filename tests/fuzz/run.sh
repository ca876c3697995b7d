#!/usr/bin/env bash
# Builds the fuzzer of archives with Clang's address and undefined-behaviour sanitizers and runs it from the
# corpus beside this script. What it finds on the way lands in FOLDER, and so does an input that crashes.
# usage: run.sh [RUNS [FOLDER]]
set -euo pipefail
here=$(readlink -f -- "${BASH_SOURCE[0]%/*}")
runs=${1-1000000} folder=$(readlink -m -- "${2-${TMPDIR-/tmp}/vaegrad-fuzz}")
compiler=${CXX-clang++-14}
mkdir -p "$folder/found"
"$here/../portable/build.sh" "$folder/archive" "$here/archive.cpp" "$compiler" -O2 -g \
  -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
cd "$folder"
exec ./archive -runs="$runs" -max_len=200 -timeout=20 -print_final_stats=1 found "$here/corpus"
