#!/usr/bin/env bash
# On a machine with g++, cmake, make, libdnnl-dev, libxsimd-dev, librandom123-dev and nothing more: the rooms autodiff and
# models are installed, and programs of others come to them by find_package, FetchContent and add_subdirectory.
set -euo pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$(cd -- "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jobs=$(nproc)
cmake -S "$root" -B "$work/vaegrad" -DVAEGRAD_ROOMS='autodiff;models' -DVAEGRAD_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$work/prefix"
cmake --build "$work/vaegrad" --parallel "$jobs"
cmake --install "$work/vaegrad"
for by in find_package fetch subdirectory; do
  for room in autodiff models; do
    cmake -S "$here" -B "$work/$by" -DBY=$by -DROOM=$room -DSOURCE="$root" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release
    cmake --build "$work/$by" --parallel "$jobs"
    "$work/$by/consumer" | tail -1
    cmake --install "$work/$by" --prefix "$work/theirs"
    echo "$by $room: built, run, installed"
  done
done
