#!/usr/bin/env bash
# What a user can do wrong: each gets one line `vaegrad ..: what is wrong: the numbers` and a hint, the right
# exit status within a second, and leaves nothing behind.
# usage: bad_input.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
failures=0 cases=0
limit=$(( 1000 * ${VAEGRAD_TEST_PATIENCE:-1} ))

# refuses STATUS 'part of the message' arguments..
refuses() {
  local want=$1 text=$2 status started ms try wrong=''; shift 2
  ((++cases))
  for try in 1 2 3; do  # a busy machine may be late, but not each time
    rm -rf out
    started=$EPOCHREALTIME
    timeout $((limit / 50)) "$program" "$@" >stdout 2>stderr; status=$?
    ms=$(( (${EPOCHREALTIME/./} - ${started/./}) / 1000 ))
    (( ms < limit )) && break
  done
  (( status == want )) || wrong+=" status $status instead of $want;"
  (( $(wc -l <stderr) == 2 )) || wrong+=" $(wc -l <stderr) lines instead of 2;"
  grep -qF -- "$text" stderr || wrong+=" no '$text';"
  sed -n 2p stderr | grep -q '^  hint: ' || wrong+=' no hint;'
  grep -q '^vaegrad' stderr || wrong+=' does not start with vaegrad;'
  [[ ! -s stdout ]] || wrong+=' something on stdout;'
  [[ ! -e out ]] || wrong+=' output left behind;'
  (( ms < limit )) || wrong+=" took $ms ms;"
  if [[ $wrong ]]; then
    ((++failures))
    printf 'FAILED  %s\n       %s\n' "$*" "$wrong"
    sed 's/^/        /' stderr | head -5
  fi
}

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
for i in {1..9}; do echo "$i,200,$((i * 20))"; done >whole.csv
{ header 1 4 4; head -c 16 /dev/zero | tr '\0' '\1'; } >one.idx

for file in missing truncated trailing zip floats huge empty nothing; do
  refuses 1 "$file.idx" train --data "./$file.idx" --binarize none --out out
done
for file in cut flipped bomb; do
  refuses 1 "$file.idx.gz" train --data "./$file.idx.gz" --binarize none --out out
done
refuses 1 'one.idx' train --data ./one.idx --out out
refuses 2 'bernoulli likelihood needs values 0 or 1' train --data ./whole.csv --out out
refuses 2 "unrecognised option '--%canonical_option%=3'" train --%canonical_option%=3
printf '%%invalid_line%%\n' >percent.ini
refuses 2 "'%invalid_line%'" train --config ./percent.ini --out out
refuses 2 'it has no value' train --data '' --out out
refuses 2 'binary already' train --data ./good.idx --binarize sample --out out
refuses 1 'mnist' train --data mnist --data-dir ./nowhere --binarize none --out out

# data that do not belong together, or make nothing
labels() { printf '\0\0\10\1\0\0\0'; printf "\\x$(printf %02x "$1")"; head -c "$1" /dev/zero; }
labels 29 >29.labels
labels 30 >30.labels
{ header 30 4 5; head -c 600 /dev/zero | tr '\0' '\1'; } >wider.idx
head -c 30 /dev/zero | tr '\0' '\1' | { header 2 3 5; cat; } >two.idx
printf '1,2,3\n4,nan,6\n7,8,9\n' >nan.csv
printf '1,2,3\n4,inf,6\n7,8,9\n' >inf.csv
printf '1,2,3\n4,5\n7,8,9\n' >ragged.csv
printf '1,2,3\n4,five,6\n7,8,9\n' >words.csv
: >empty.csv
for i in {1..20}; do echo "$i.5,7,$((i * i))"; done >constant.csv
refuses 1 '29 labels for 30 images' train --data ./good.idx --labels ./29.labels --model cvae --out out
refuses 1 'has no labels to be given' train --data ./good.idx --model cvae --out out
refuses 1 'images of another size: 4 x 5' train --data ./good.idx --test-data ./wider.idx --out out
refuses 1 'too few examples to split' train --data ./two.idx --out out
refuses 1 'no training examples left' train --data ./good.idx --validation 27 --out out
refuses 1 'nan.csv' train --data ./nan.csv --likelihood gaussian --out out
refuses 1 'inf.csv' train --data ./inf.csv --likelihood gaussian --out out
refuses 1 'ragged.csv' train --data ./ragged.csv --likelihood gaussian --out out
refuses 1 'words.csv' train --data ./words.csv --likelihood gaussian --out out
refuses 1 'empty.csv' train --data ./empty.csv --likelihood gaussian --out out
refuses 2 'has real numbers' train --data ./constant.csv --out out
refuses 1 'column 1 of ./constant.csv is 7' train --data ./constant.csv --likelihood gaussian --standardise --out out
refuses 2 'which have a scale already' train --data ./grey.idx --likelihood gaussian --standardise --out out
refuses 2 '--standardise: the bernoulli likelihood takes values as they are' train --data ./good.idx --standardise --out out
refuses 2 'there is no class 3' train --data ./good.idx --labels ./30.labels --classes 3 --out out
refuses 2 'the training data have no labels' train --data ./good.idx --classes 0 --test-data ./good.idx --test-labels ./30.labels --out out
refuses 1 'has rows of numbers' train --data ./constant.csv --likelihood gaussian --model cvae --condition quadrants:1 --prior conditional --out out
refuses 2 'has no groups of draws' train --data ./good.idx --objective iwae --particles 4,2 --out out
refuses 2 "'' is not a whole number" train --data ./good.idx --objective miwae --particles 4, --out out
refuses 2 '160000 draws of z per x, of at most 100000' train --data ./good.idx --objective miwae --particles 400,400 --out out
refuses 2 "there is no 'laplace'" train --data ./good.idx --objective mmd --kernel laplace --out out
refuses 2 "--partitions: '1.5' is not a" train --data ./good.idx --objective tvo --partitions 1.5 --out out
refuses 2 'is no diagonal Gaussian' train --data ./good.idx --objective tc --posterior full-covariance --out out
refuses 2 'is learnt' train --data ./good.idx --objective mmd --prior mixture --out out
refuses 2 '--kernel imq would be ignored: only --objective mmd heeds it' train --data ./good.idx --kernel imq --out out
refuses 2 "--condition quadrants:1 would be ignored" train --data ./good.idx --condition quadrants:1 --out out
refuses 2 "--condition: there is no 'quadrants:4'" train --data ./good.idx --model cvae --condition quadrants:4 --out out
refuses 2 'what is given reaches the image by p(z|y) alone' train --data ./good.idx --model cvae --condition quadrants:1 --out out
refuses 2 '--model baseline completes images' train --data ./good.idx --model baseline --out out

# options
refuses 2 'epoch' train --epoch 3 --out out
refuses 2 "--epochs: -1 is out of range" train --epochs -1 --out out
refuses 2 "--epochs: 'ten' is not a whole number" train --epochs ten --out out
refuses 2 "--learning-rate: nan is out of range" train --learning-rate nan --out out
refuses 2 "--batch: 0 is out of range" train --batch 0 --out out
refuses 2 'takes a number from 0 to 1073741824, or default' train --validation defaults --out out
refuses 2 "--hidden" train --hidden 400, --out out
refuses 2 "--activation: there is no 'relo'" train --activation relo --out out
refuses 2 "--binarize: there is no 'often'" train --binarize often --out out
refuses 2 'epochs' train --epochs
refuses 2 "'surplus' belongs to no option" train surplus --out out
refuses 2 "there is no command 'trian'" trian
refuses 2 '--resize: shapes is no folder of images' train --data shapes --resize 8 --out out
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
