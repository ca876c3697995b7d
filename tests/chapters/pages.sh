#!/usr/bin/env bash
# Every chapter's page: pictures that exist, exercises with the number to expect, which say full or quick, at least one
# to derive and one to build, a symbol table, numbers that are those of results.txt, the record of the full run, and
# of what it says was changed, the lines of the programs. A program of at most 150 lines, and at least two mutations of
# it, which apply (whether they are caught: tests/mutations/run.sh).
set -uo pipefail
export LC_ALL=C.UTF-8
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../chapters" || exit 2
wrong=0
say() { echo "$1"; wrong=1; }

for folder in [0-9][0-9]-*; do
  page=$folder/README.md
  [[ -s $page ]] || { say "$page is missing"; continue; }
  for source in "$folder"/*.[ch]pp; do
    mapfile -t program <"$source"
    (( ${#program[@]} <= 150 )) || say "$source: ${#program[@]} lines, at most 150"
  done
  text=$(<"$page")
  for picture in $(grep -o '[a-z-]*\.png' "$page" | sort -u); do
    [[ -s $folder/$picture ]] || say "$page: $picture is not there"
  done
  for picture in "$folder"/*.png; do
    [[ $text == *"(${picture##*/})"* ]] || say "$page: it does not show ${picture##*/}"
  done
  exercises=${text##*$'\n## Exercises'} exercises=${exercises%%$'\n## '*}
  number=0
  while IFS= read -r exercise; do
    number=$((number + 1))
    [[ $exercise =~ ^[0-9]+\.\ \*\*(Change|Build)\*\*\ \((quick|full|quick\ and\ full|full\ or\ quick)\)\.\  ||
       $exercise =~ ^[0-9]+\.\ \*\*Derive\.\*\*\  ]] ||
      say "$page: exercise $number is none of **Change** (quick|full)., **Build** (..)., **Derive.**"
    [[ $exercise =~ [^*]\*([^*].*)?[0-9] ]] || say "$page: exercise $number has no *number to expect*"
  done < <(sed ':join; N; $!b join; s/\n   */ /g' <<<"$exercises" | grep -E '^[0-9]+\. ')
  (( number >= 3 )) && [[ $exercises == *'**Derive.**'* && $exercises == *'**Build**'* ]] ||
    say "$page: three exercises at least, one of them to derive and one to build"
  while IFS= read -r changed; do  # of a block ```diff: + is a line of this program, - of an earlier one
    line=$(sed 's/^[-+] *//' <<<"$changed") where=$folder/*.[ch]pp
    [[ $changed == +* ]] || where=[0-9][0-9]-*/*.[ch]pp
    # shellcheck disable=SC2086
    grep -qF -- "$line" $where || say "$page: no program has this line: $changed"
  done < <(sed -n '/^```diff/,/^```$/p' "$page" | grep '^[-+]')
  [[ $text == *'| symbol | meaning | shape | in the program |'* ]] || say "$page: no table of symbols"

  mutations=(../tests/mutations/"${folder%%-*}"-*.patch)
  (( ${#mutations[@]} >= 2 )) || say "$folder: ${#mutations[@]} mutations, at least 2"
  for mutation in "${mutations[@]}"; do
    patch -d .. -p1 --dry-run --force --silent <"$mutation" >/dev/null || say "${mutation##*/} does not apply"
  done

  # What it prints, pair by pair: a label and its text, the value below. Then `N of N claims hold`.
  [[ -s $folder/results.txt ]] || { say "$folder: results.txt is missing"; continue; }
  results=$(<"$folder/results.txt") block=${text#*$'\n## Run it'} block=${block#*$'\n```\n'} block=${block%%$'\n```'*}
  [[ $results != *FAILED* ]] || say "$folder/results.txt: a claim failed"
  mapfile -t shown <<<"$block"
  (( ${#shown[@]} % 2 == 1 && ${#shown[@]} > 2 )) || say "$page: it shows no claims"
  for ((i = 0; i + 1 < ${#shown[@]}; i += 2)); do
    [[ $'\n'$results == *$'\n'"${shown[i]}"$'\n'"${shown[i + 1]}"$'\n'* ]] ||
      say "$page: not in results.txt: ${shown[i]}: ${shown[i + 1]}"
  done
  [[ $results == *$'\n'"${shown[-1]}" ]] || say "$page: not in results.txt: ${shown[-1]}"
done
exit $wrong
