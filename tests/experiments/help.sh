#!/usr/bin/env bash
# The help of every command fits a screen, shows defaults and an example; progress fits 80 columns.
# usage: help.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
failures=0
fail() { ((++failures)); echo "FAILED  $*"; }

fits() {
  (( $(wc -L <"$1") <= 80 )) || fail "$2: $(wc -L <"$1") columns: $(awk 'length($0) > 80' "$1" | head -1)"
  local most=50
  [[ $2 != 'train --help' ]] || most=100  # a line for each setting, for a pager
  (( $(wc -l <"$1") <= most )) || fail "$2: $(wc -l <"$1") lines"
}
"$program" --help >out 2>log || fail '--help'
fits out --help
commands=$(awk '/^  [a-z]/ && $1 != "test" {print $1}' out)
[[ $(wc -w <<<"$commands") -ge 11 ]] || fail "few commands: $commands"
for command in $commands; do
  "$program" "$command" --help >out 2>log || fail "$command --help: status $?"
  [[ ! -s log ]] || fail "$command --help writes to stderr"
  fits out "$command --help"
  grep -q "^usage: vaegrad $command" out || fail "$command --help: no usage"
  grep -q "example: vaegrad" out || fail "$command --help: no example"
done

# a training run in plain lines, and on a terminal of 80 columns
{ printf '\0\0\10\3\0\0\13\270\0\0\0\20\0\0\0\20'; head -c $((3000 * 256)) /dev/urandom; } >noise.idx
settings=(train --data ./noise.idx --binarize sample --hidden 64 --latent 5 --batch 10 --epochs 3 --objective dreg
          --particles 5 --warmup 2)
"$program" "${settings[@]}" --out plain >out 2>log || fail 'a run in plain lines'
for file in out log; do (( $(wc -L <$file) <= 80 )) || fail "plain lines: $(awk 'length($0) > 80' $file | head -1)"; done
! grep -q $'[\r\033]' log || fail 'control characters where there is no terminal'
[[ $(grep -c '^epoch' log) == 3 ]] || fail 'a line for each epoch'
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then  # there is one, and a terminal to be had
  script -qec "stty cols 80 2>/dev/null; '$program' ${settings[*]} --out terminal" /dev/null </dev/null >typed 2>&1 || fail 'a run on a terminal'
  grep -q $'\r\033\[K' typed || fail 'no line is rewritten on a terminal'
  tr '\r' '\n' <typed | sed 's/\x1b\[K//' >lines
  (( $(wc -L <lines) <= 80 )) || fail "on a terminal: $(awk 'length($0) > 80' lines | head -1)"
fi

printf '%d failures\n' "$failures"
(( failures == 0 ))
