#!/usr/bin/env bash
# The course's map, made of what the pages say of themselves (title, question, `Builds on:`): the table in README.md,
# and map.dot with its picture map.png.
#
#   chapters/map.sh            writes them
#   chapters/map.sh --check    fails when README.md or map.dot is out of date (a test)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

table='| chapter | the question it answers | builds on |
|---|---|---|'
graph='digraph {
  rankdir=LR nodesep=0.25 ranksep=0.35
  node [shape=box style=rounded fontname=Sans fontsize=11 margin="0.12,0.06"] edge [arrowsize=0.6]'
for page in [0-9][0-9]-*/README.md; do
  folder=${page%/README.md} number=${page%%-*} name=${folder#*-} name=${name//-/ }
  text=$(<"$page")
  [[ $text =~ $'\n'Builds\ on:\ ([^.]*)\. ]] || { echo "$page: it has no line 'Builds on: ..'" >&2; exit 1; }
  on=${BASH_REMATCH[1]} on=${on/nothing/}
  [[ $text =~ $'\n'\*\*Question\.\*\*\ ([^?]*\?) ]] || { echo "$page: it asks no question" >&2; exit 1; }
  table+=$'\n'"| [$number $name]($page) | ${BASH_REMATCH[1]//$'\n'/ } | ${on:--} |"
  graph+=$'\n'"  c$number [label=\"$number\\n$name\"]"
  for other in ${on//,/ }; do graph+=$'\n'"  c$other -> c$number"; done
done
graph+=$'\n}'

readme=$(<README.md)
between='<!-- map.sh -->'
made="${readme%%"$between"*}$between"$'\n'"$table"$'\n'"$between${readme##*"$between"}"
if [[ ${1-} == --check ]]; then
  [[ $readme == "$made" && -f map.dot && $(<map.dot) == "$graph" ]] ||
    { echo "chapters/README.md or chapters/map.dot is not what the pages say" >&2
      echo "  hint: chapters/map.sh" >&2; exit 1; }
else
  printf '%s\n' "$made" >README.md
  printf '%s\n' "$graph" >map.dot
  dot -Tpng -Gdpi=110 map.dot -o map.png
fi
