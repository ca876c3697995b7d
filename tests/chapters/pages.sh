#!/usr/bin/env bash
# Every chapter's page: at most 100 lines of 100 columns (its program 150), pictures that exist, three exercises with
# the number to expect, a symbol table, and numbers that are those of results.txt, the record of the full run. At
# least two mutations of its program, which apply (whether they are caught: tests/mutations/run.sh).
set -uo pipefail
export LC_ALL=C.UTF-8
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../chapters" || exit 2
wrong=0
say() { echo "$1"; wrong=1; }

for folder in [0-9][0-9]-*; do
  page=$folder/README.md
  [[ -s $page ]] || { say "$page is missing"; continue; }
  mapfile -t lines <"$page"
  mapfile -t program <"$folder/main.cpp"
  (( ${#lines[@]} <= 100 )) || say "$page: ${#lines[@]} lines, at most 100"
  (( ${#program[@]} <= 150 )) || say "$folder/main.cpp: ${#program[@]} lines, at most 150"
  for line in "${lines[@]}"; do
    (( ${#line} <= 100 )) || say "$page: ${#line} columns, at most 100: $line"
  done
  text=$(<"$page")
  for picture in $(grep -o '[a-z-]*\.png' "$page" | sort -u); do
    [[ -s $folder/$picture ]] || say "$page: $picture is not there"
  done
  for picture in "$folder"/*.png; do
    [[ $text == *"(${picture##*/})"* ]] || say "$page: it does not show ${picture##*/}"
  done
  exercises=${text##*$'\n## Exercises'} exercises=${exercises%%$'\n## '*}
  [[ $exercises =~ 1\..*\*.*[0-9].*\*.*2\..*\*.*[0-9].*\*.*3\..*\*.*[0-9].*\* ]] ||
    say "$page: three exercises, each with *the number to expect*"
  [[ $text == *'| symbol | meaning | shape | in the program |'* ]] || say "$page: no table of symbols"

  mutations=(../tests/mutations/"${folder%%-*}"-*.patch)
  (( ${#mutations[@]} >= 2 )) || say "$folder: ${#mutations[@]} mutations, at least 2"
  for mutation in "${mutations[@]}"; do
    patch -d .. -p1 --dry-run --force --silent <"$mutation" >/dev/null || say "${mutation##*/} does not apply"
  done

  # What it prints, pair by pair: a label and its text, the value below. Then `N of N claims hold`.
  [[ -s $folder/results.txt ]] || { say "$folder: results.txt is missing"; continue; }
  results=$(<"$folder/results.txt") block=${text#*$'\n```\n'} block=${block%%$'\n```'*}
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
