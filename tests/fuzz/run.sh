#!/usr/bin/env bash
# Builds the fuzzer of all readers with Clang's address and undefined-behaviour sanitizers and runs each from
# its corpus beside this script, until RUNS inputs or SECONDS are over. What it finds on the way lands in
# FOLDER/READER, and so does an input that crashes, takes more than 64 MB at once, or hangs (a second of the
# processor is the limit, which a test holds):
# `run.sh` stops there. An input that found a fault goes into corpus/READER, which a test reads.
# usage: run.sh [-n RUNS] [-t SECONDS] [-o FOLDER] [READER ..]
set -euo pipefail
here=$(readlink -f -- "${BASH_SOURCE[0]%/*}")
root=$here/../..
runs=10000000 seconds=600 folder=${TMPDIR-/tmp}/vaegrad-fuzz
while getopts n:t:o: option; do
  case $option in
    n) runs=$OPTARG ;;
    t) seconds=$OPTARG ;;
    o) folder=$OPTARG ;;
    *) sed -n '/^# usage/s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
mkdir -p "$folder"
folder=$(readlink -f -- "$folder")
(cd "$root" && cmake --preset sanitize && cmake --build build/sanitize --target fuzz_readers) >"$folder/build.log" 2>&1 ||
  { tail "$folder/build.log"; exit 1; }
(( $# )) || set -- $(ls "$here/corpus")
for reader; do
  mkdir -p "$folder/$reader"
  cd "$folder/$reader"
  started=$SECONDS
  VAEGRAD_READER=$reader "$root/build/sanitize/tests/fuzz_readers" -runs="$runs" -max_total_time="$seconds" -max_len=4096 \
    -malloc_limit_mb=64 -rss_limit_mb=2048 -timeout=25 -dict="$here/words.dict" -print_final_stats=1 \
    "$folder/$reader" "$here/corpus/$reader" >log.txt 2>&1 ||
    { tail -40 log.txt; echo "$reader: a fault, its input is in $folder/$reader"; exit 1; }
  printf '%-12s %9d inputs in %d s: clean\n' "$reader" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' log.txt)" $((SECONDS - started))
done
