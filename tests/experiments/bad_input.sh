#!/usr/bin/env bash
# What a user can do wrong: each gets one line `vaegrad ..: what is wrong: the numbers` and a hint, the right
# exit status within two seconds, and leaves nothing behind.
# usage: bad_input.sh PATH_OF_VAEGRAD
set -u
program=$(readlink -f "$1")
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0 cases=0

# refuses STATUS 'part of the message' arguments..
refuses() {
  local want=$1 text=$2 status started=$EPOCHREALTIME; shift 2
  ((++cases))
  rm -rf out
  timeout 20 "$program" "$@" >stdout 2>stderr; status=$?
  local ms=$(( (${EPOCHREALTIME/./} - ${started/./}) / 1000 )) wrong=''
  (( status == want )) || wrong+=" status $status instead of $want;"
  (( $(wc -l <stderr) == 2 )) || wrong+=" $(wc -l <stderr) lines instead of 2;"
  grep -qF -- "$text" stderr || wrong+=" no '$text';"
  sed -n 2p stderr | grep -q '^  hint: ' || wrong+=' no hint;'
  grep -q '^vaegrad' stderr || wrong+=' does not start with vaegrad;'
  [[ ! -s stdout ]] || wrong+=' something on stdout;'
  [[ ! -e out ]] || wrong+=' output left behind;'
  (( ms < 2000 )) || wrong+=" took $ms ms;"
  if [[ $wrong ]]; then
    ((++failures))
    printf 'FAILED  %s\n       %s\n' "$*" "$wrong"
    sed 's/^/        /' stderr | head -5
  fi
}
header() { printf '\0\0\10\3'; local n; for n; do printf "\\x$(printf %02x $((n >> 24 & 255)))\\x$(printf %02x $((n >> 16 & 255)))\\x$(printf %02x $((n >> 8 & 255)))\\x$(printf %02x $((n & 255)))"; done; }

# files
{ header 30 4 4; head -c 480 /dev/zero | tr '\0' '\1'; } >good.idx
head -c 300 good.idx >truncated.idx
{ cat good.idx; echo more; } >trailing.idx
{ printf 'PK\3\4'; head -c 480 /dev/zero; } >zip.idx
{ printf '\0\0\15\3'; head -c 480 /dev/zero; } >floats.idx
{ header 2147483647 28 28; head -c 500 /dev/zero; } >huge.idx
{ header 0 28 28; } >empty.idx
: >nothing.idx
gzip -c good.idx >good.idx.gz
head -c $(( $(stat -c %s good.idx.gz) - 12 )) good.idx.gz >cut.idx.gz
{ head -c 30 good.idx.gz; printf '\377\377'; tail -c +33 good.idx.gz; } >flipped.idx.gz
{ header 2147483647 28 28; head -c 50000000 /dev/zero; } | gzip -9 >bomb.idx.gz
{ header 30 4 4; head -c 480 /dev/urandom; } >grey.idx
{ header 1 4 4; head -c 16 /dev/zero | tr '\0' '\1'; } >one.idx

for file in missing truncated trailing zip floats huge empty nothing; do
  refuses 1 "$file.idx" train --data "./$file.idx" --binarize none --out out
done
for file in cut flipped bomb; do
  refuses 1 "$file.idx.gz" train --data "./$file.idx.gz" --binarize none --out out
done
refuses 1 'one.idx' train --data ./one.idx --out out
refuses 2 'bernoulli likelihood needs values 0 or 1' train --data ./grey.idx --out out
refuses 2 'binary already' train --data ./good.idx --binarize sample --out out
refuses 1 'mnist' train --data mnist --data-dir ./nowhere --binarize none --out out

# options
refuses 2 'epoch' train --epoch 3 --out out
refuses 2 "--epochs: -1 is out of range" train --epochs -1 --out out
refuses 2 "--epochs: 'ten' is not a whole number" train --epochs ten --out out
refuses 2 "--learning-rate: nan is out of range" train --learning-rate nan --out out
refuses 2 "--batch: 0 is out of range" train --batch 0 --out out
refuses 2 "--hidden" train --hidden 400, --out out
refuses 2 "--activation: there is no 'relo'" train --activation relo --out out
refuses 2 "--binarize: there is no 'often'" train --binarize often --out out
refuses 2 'epochs' train --epochs
refuses 2 "'surplus' belongs to no option" train surplus --out out
refuses 2 "there is no command 'trian'" trian
refuses 1 'missing.ini' train --config missing.ini --out out
printf 'epochs = ten\n' >bad.ini
refuses 2 "--epochs: 'ten'" train --config bad.ini --out out
printf 'epoch = 10\n' >unknown.ini
refuses 2 'epoch' train --config unknown.ini --out out

# folders
mkdir full && touch full/file
refuses 2 'not empty' train --data ./good.idx --epochs 1 --out full
[[ $(ls full) == file ]] || { echo 'FAILED  a folder that is not empty was touched'; ((++failures)); }
refuses 1 'cannot make the folder' train --data ./good.idx --epochs 1 --out /proc/vaegrad
refuses 2 'is a file' train --data ./good.idx --epochs 1 --out good.idx
refuses 1 'not a run' evaluate full
refuses 1 'not a run' evaluate nowhere
refuses 2 "there is no 'tset'" evaluate full --split tset

printf '%d wrong inputs, %d not refused as they should be\n' "$cases" "$failures"
(( failures == 0 ))
