#!/usr/bin/env bash
# Both languages of a page say the same: its equations, formulas (but for words in them), numbers of exercises, code,
# pictures and rows of tables. Of each README.zh.md under chapters/, and of the pages beside them.
set -uo pipefail
export LC_ALL=C.UTF-8
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../chapters" || exit 2
wrong=0 pages=0

# Of a page, one kind of what must agree, a line each
formulas() {  # displayed, without words
  tr '\n' ' ' <"$1" | grep -oE '\$\$[^$]*\$\$' | sed -E 's/\\text\{[^}]*\}//g; s/[ ,;]//g'
}
tags() { grep -oE '\\tag\{[0-9.]+\}' "$1"; }
code() { sed -n '/^```/,/^```$/p' "$1"; grep -E '^    ' "$1" | grep -vE '^ +(\./vaegrad|[0-9]+\.)'; }  # fenced, indented
pictures() { grep -oE '[a-z-]+\.png' "$1"; }
rows() { grep -cE '^\|' "$1"; }
kinds() { grep -oE '^[0-9]+\. \*\*(Change|Build|Derive|修改|动手|推导)' "$1" |
  sed 's/修改/Change/; s/动手/Build/; s/推导/Derive/'; }
expected() {  # numbers of each exercise's answer that are written in digits, in their order
  sed -n '/^## \(Exercises\|练习\)/,/^## \(References\|参考文献\)/p' "$1" | sed '$d' | tr '\n' ' ' |
    grep -oE '[0-9]+(\.[0-9]+)?' | sort
}

while IFS= read -r chinese; do
  english=${chinese%.zh.md}.md pages=$((pages + 1))
  [[ -f $english ]] || { echo "$chinese: there is no $english"; wrong=1; continue; }
  for what in tags formulas code pictures rows kinds expected; do
    difference=$(diff <($what "$english") <($what "$chinese")) ||
      { echo "$chinese: its $what are not those of $english"; head -n 6 <<<"$difference"; wrong=1; }
  done
done < <(find . -name '*.zh.md' | sort)
echo "$pages pages in two languages"
(( pages > 0 )) || wrong=1
exit $wrong
