#!/usr/bin/env bash
# vaegrad data against a server on 127.0.0.1: good files, 404, a wrong checksum, a cut connection; and draws.
# Without Debian's Fashion-MNIST there is no wrong file: exit 77, skipped. The good files are tried when MNIST
# lies in $VAEGRAD_DATA or ~/.cache/vaegrad (tests/lab/data/download.cpp needs no data).
# usage: download.sh PATH_OF_VAEGRAD PATH_OF_FILE_SERVER
set -u
program=$(readlink -f "$1") file_server=$(readlink -f "$2")
other=/usr/share/datasets/fashion-mnist mnist=${VAEGRAD_DATA:-$HOME/.cache/vaegrad}/mnist
[[ -d $other ]] || { echo 'skipped: no dataset-fashion-mnist'; exit 77; }
work=$(mktemp -d)
cd "$work" || exit 1
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
"$file_server" wrong="$other" cut="$other" good="$mnist" cut-good="$mnist" >port &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
for _ in {1..100}; do [[ -s port ]] && break; sleep 0.1; done
url=http://127.0.0.1:$(<port)
failures=0
fail() { ((++failures)); printf 'FAILED  %s\n' "$1"; sed 's/^/        /' stderr; }

# refuses STATUS 'part of the message' arguments..: two lines, and nothing is left behind
refuses() {
  local want=$1 text=$2 status; shift 2
  timeout 60 "$program" data "$@" --data-dir data >stdout 2>stderr; status=$?
  (( status == want )) || fail "$*: status $status instead of $want"
  [[ $(wc -l <stderr) == 2 && ! -s stdout ]] || fail "$*: not two lines on stderr alone"
  grep -qF -- "$text" stderr || fail "$*: no '$text'"
  sed -n 2p stderr | grep -q '^  hint: ' || fail "$*: no hint"
  [[ ! -e data ]] || { fail "$*: left behind: $(find data)"; rm -rf data; }
}
for set in mnist binarized-mnist; do
  refuses 1 'HTTP status 404' $set --mirror "$url/missing"
done
refuses 1 'wrong checksum' mnist --mirror "$url/wrong"
refuses 1 'cut off after' mnist --mirror "$url/cut"
refuses 1 'HTTP status 404; ' mnist --mirror "$url/missing" --mirror "$url/wrong/"
refuses 1 'mnist: cannot download train-images-idx3-ubyte.gz: ' mnist --mirror "http://127.0.0.1:1"
refuses 2 "there is no data set 'imagenet'" imagenet
refuses 2 'goes with --binarize' mnist --seed 1
refuses 2 'where to?' mnist --binarize sample

if [[ -f $mnist/t10k-images-idx3-ubyte.gz ]]; then
  "$program" data mnist --data-dir data --mirror "$url/missing" --mirror "$url/cut-good" --mirror "$url/good" >stdout 2>stderr ||
    fail 'the third mirror is good'
  [[ $(ls data/mnist | wc -l) == 4 ]] || fail "four files: $(ls data/mnist)"
  "$program" data mnist --data-dir data --mirror "$url/missing" >stdout 2>stderr || fail 'the files are there already'
else
  echo 'good files are not tried: no MNIST here'
fi

draw() { "$program" data fashion-mnist --data-dir none --binarize sample --seed "$1" --out "$2" >stdout 2>stderr || fail "draw $*"; }
draw 1 a.idx; draw 1 b.idx; draw 2 c.idx
[[ $(stat -c %s a.idx) == 7840016 ]] || fail 'a draw has 16 + 10000 * 784 bytes'
cmp -s a.idx b.idx || fail 'one seed, one draw'
! cmp -s a.idx c.idx || fail 'another seed, another draw'

printf '%d failures\n' "$failures"
(( failures == 0 ))
