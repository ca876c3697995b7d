# For the tests of the program, which source it: $program, an empty folder to work in, which goes away, and files of
# bytes as IDX has them.
program=$(readlink -f "$1")
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1

# Numbers in two bytes each
bytes() { local n; for n; do printf "\\x$(printf %02x $((n >> 8 & 255)))\\x$(printf %02x $((n & 255)))"; done; }
# SIZE ..: what comes before the bytes; three sizes are (images, height, width)
header() { local n; printf '\0\0\10'; bytes $# | tail -c 1; for n; do bytes $((n >> 16)) $((n & 65535)); done; }
# IMAGES HEIGHT WIDTH FILE
noise() { { header "$1" "$2" "$3"; head -c $(($1 * $2 * $3)) /dev/urandom; } >"$4"; }

# TYPE SHAPE: what comes before the numbers of an NPY file
npy() {
  local h="{'descr': '$1', 'fortran_order': ${3-False}, 'shape': ($2), }"
  h+=$(printf '%*s' $((63 - (10 + ${#h}) % 64)) '')
  printf '\x93NUMPY\1\0'; printf "\\x$(printf %02x $((${#h} + 1)))\0%s\n" "$h"
}

# ---- what is wrong is said and counted: a script ends with (( fails == 0 ))
fails=0
wrong() { echo "$(basename "$0" .sh): $*" >&2; fails=$((fails + 1)); }
# works ARGUMENTS..: status 0; what it said is in out.txt and err.txt
works() { "$program" "$@" >out.txt 2>err.txt || wrong "'$*' failed: $(cat err.txt)"; }
# refused STATUS 'text' ARGUMENTS..
refused() {
  local status=0 want=$1 text=$2; shift 2
  timeout 60 "$program" "$@" >out.txt 2>err.txt || status=$?
  [[ $status == "$want" ]] || wrong "'$*' gave status $status, not $want: $(cat err.txt)"
  grep -qF -- "$text" err.txt || wrong "'$*' did not say '$text' but: $(cat err.txt)"
  grep -q 'hint: ' err.txt || wrong "'$*' gave no hint"
}
