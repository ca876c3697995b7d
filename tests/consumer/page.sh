#!/usr/bin/env bash
# Every program of autodiff/in-your-program.md, compiled against the build folder and run. A program's first line says its
# name and, after "linked with vaegrad::", its room. usage: page.sh BUILD_FOLDER CXX
set -euo pipefail
root=$(cd -- "$(dirname -- "$0")/../.." && pwd) build=$1 compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v to="$work" '/^```cpp$/ { getline; n++; split($2, name, ","); file = to "/" name[1]; print > file; next }
  /^```$/ { file = "" } file { print > file } END { print n + 0 > (to "/count") }' "$root/autodiff/in-your-program.md"
arch=$(sed -n 's/^VAEGRAD_ARCH:[A-Z]*=//p' "$build/CMakeCache.txt")
ran=0
for source in "$work"/*.cpp; do
  room=$(sed -n '1s/.*linked with vaegrad:://p' "$source") double=
  room=${room:-autodiff}
  [[ $room != *_f64 ]] || double=_f64
  libraries=()
  case $room in
    lab*) libraries=("$build/libvaegrad_lab$double.a" "$build/libvaegrad_models$double.a") ;;
    models*) libraries=("$build/libvaegrad_models$double.a") ;;
  esac
  libraries+=("$build/libvaegrad_autodiff$double.a" -ldnnl)
  [[ $room != lab* ]] || libraries+=(-lboost_program_options -lboost_iostreams -lboost_filesystem -lfmt -lcurl -lcrypto -lpng -ljpeg -ldeflate)
  "$compiler" -std=c++20 -O1 ${arch:+-march=$arch} ${double:+-DVAEGRAD_DOUBLE} -ffp-contract=off -fopenmp -pthread -Wall -Wextra \
    -Werror -I"$build/include" "$source" "${libraries[@]}" -o "${source%.cpp}"
  "${source%.cpp}" || { echo "${source##*/}: exit $?"; exit 1; }
  ran=$((ran + 1))
done
[[ $ran -gt 0 && $ran == $(<"$work/count") ]] || { echo "$ran programs of $(<"$work/count") ran"; exit 1; }
echo "$ran programs ran"
