#!/usr/bin/env bash
# The book: every link and label leads somewhere, every picture is there and has words, nothing comes from another
# host, and, where Chromium is installed, neither a page nor a formula scrolls sideways on a phone.
#
#   book.sh PROGRAM
set -euo pipefail
program=$(readlink -f -- "$1")
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"

fail() { echo "book: $*" >&2; exit 1; }

start=$SECONDS
"$program" book --out site
(( SECONDS - start < 60 )) || fail "took $((SECONDS - start)) s"
cd site

# what a page refers to, without the quotes: `page attribute value`
grep -oE '(href|src)="[^"]*"' -- *.html | sed -E 's/^([^:]*):(href|src)="(.*)"$/\1 \2 \3/' >../references
ids() { grep -oE 'id="[^"]*"' -- "$1" | sed 's/id="//; s/"$//'; }
for page in *.html; do
  ids "$page" >"../ids-$page"
  [[ -z $(sort "../ids-$page" | uniq -d) ]] || fail "$page: an id twice: $(sort "../ids-$page" | uniq -d | head -3)"
done
n=0
while read -r page attribute value; do
  n=$((n + 1))
  if [[ $value == *://* ]]; then
    [[ $attribute == href ]] && ! grep -q "<link[^>]*href=\"$value" "$page" || fail "$page loads $value"
    continue
  fi
  file=${value%%#*} fragment=${value#"${value%%#*}"}
  [[ -f ${file:=$page} ]] || fail "$page: a link to $value: there is no such page"
  [[ $file != *-page.html || ! $fragment || $fragment == '#zh' ]] || fail "$page: a link to $value: another language"
  [[ -z $fragment || $file == *-page.html ]] || grep -qxF -- "${fragment#'#'}" "../ids-$file" || fail "$page: a link to $value: no such place"
done <../references
grep -oE '(url\(|@import|fetch\(|XMLHttp)[^;]*' -- *.css *.js && fail "styles or scripts load something"
for page in *.html; do  # the other language is there, page by page; a model's page speaks both
  [[ $page != *-page.html ]] || continue
  if [[ $page == *.zh.html ]]; then other=${page%.zh.html}.html; else other=${page%.html}.zh.html; fi
  grep -qF "id=\"language\" href=\"$other\"" "$page" || fail "$page does not lead to $other"
done
grep -qF '<math' 04-elbo.html || fail "no formula is MathML"
if grep -oE '<img[^>]*>' -- *.html | grep -vE 'alt="[^"]+'; then fail "a picture without words"; fi
if grep -nE '\$\$|\\frac|\\mathbb|\\begin\{' -- *.html; then fail "a formula is not rendered"; fi

# an equation leads to a line of the program, and that line back
labels=0
for page in [0-9][0-9]-*.html; do
  [[ $page != *-program.html && $page != *-program.zh.html && $page != *-page.html ]] || continue
  other=${page%.html}-program.html
  [[ $page != *.zh.html ]] || other=${page%.zh.html}-program.zh.html
  for label in $(grep -oE 'id="eq-[0-9.]+"' -- "$page" | sed 's/id="//; s/"//'); do
    labels=$((labels + 1))
    grep -q "id=\"$label\"" -- "$other" || fail "$page: $label is not in the program"
    grep -qF "href=\"$other#$label\"" -- "$page" || fail "$page: $label does not lead to the program"
    grep -qF "href=\"$page#$label\"" -- "$other" || fail "$other: $label does not lead back"
  done
done
for page in 05-vae-on-images{,.zh}.html; do  # a figure of chapter 5 is alive
  model=05-vae-on-images-page.html
  [[ $page != *.zh.html ]] || model+='#zh'
  grep -qF "<iframe class=\"alive\" src=\"$model\"" "$page" || fail "$page: its model is not below it"
done
grep -qF "default-src 'none'" 05-vae-on-images-page.html || fail "chapter 5's model: its page may ask for something"
(( labels >= 50 )) || fail "only $labels equations"

bytes=$(cat -- * | wc -c)
(( bytes < 16000000 )) || fail "$bytes bytes"

# a folder that has something in it stays as it is
echo mine >../kept && mkdir ../full && cp ../kept ../full/index.html
status=0; "$program" book --out ../full 2>../said || status=$?
[[ $status == 2 && $(<../full/index.html) == mine && $(<../said) == *hint:* ]] || fail "--out: status $status: $(<../said)"

# an API reference comes with it and is in the contents; a folder that holds none is refused
mkdir ../none ../api && echo '<p>names</p>' >../api/index.html
"$program" book --out ../with --reference ../api >../said
cmp ../api/index.html ../with/reference/index.html
for page in index index.zh 04-elbo; do grep -qF 'href="reference/index.html"' "../with/$page.html" || fail "$page: no reference"; done
status=0; "$program" book --out ../without --reference ../none 2>../said || status=$?
[[ $status == 2 && ! -e ../without && $(<../said) == *hint:* ]] || fail "--reference: status $status: $(<../said)"

if command -v chromium >/dev/null; then
  cat >../phone.html <<'HTML'
<body><script>
const pages = PAGES; let done = 0; const wide = [];
for (const page of pages) {
  const frame = document.createElement("iframe");
  frame.style.width = "390px"; frame.style.height = "800px"; frame.src = "site/" + page;
  frame.onload = () => {
    const root = frame.contentDocument.documentElement;
    if (root.scrollWidth > 390) wide.push(page + ": " + root.scrollWidth);
    frame.contentDocument.querySelectorAll("details").forEach((d) => { d.open = true; });
    for (const f of frame.contentDocument.querySelectorAll(FORMULAS))
      if (f.scrollWidth > f.clientWidth + 1) wide.push(page + ": " + (f.parentElement.id || "a formula"));
    if (++done == pages.length) document.title = "wide: " + wide.join(", ") + ".";
  };
  document.body.append(frame);
}
</script></body>
HTML
  # whether a formula fits is asked where its font is: how wide it is otherwise, nobody knows
  formulas='.none'; [[ $(fc-list 2>/dev/null) != *'DejaVu Math'* ]] || formulas='.formula > div'
  sed -i "s/FORMULAS/'$formulas'/" ../phone.html
  # a model's page is looked at on a phone by page_browser.sh
  sed -i "s/PAGES/[$(printf '"%s",' $(ls | grep '\.html$' | grep -v -e '-page\.html$'))]/" ../phone.html
  said=$(timeout 60 chromium --headless=new --no-sandbox --disable-gpu --allow-file-access-from-files \
    --virtual-time-budget=20000 --dump-dom "file://$folder/phone.html" 2>/dev/null | grep -oE '<title>[^<]*') ||
    fail "chromium did not finish"
  [[ $said == "<title>wide: ." ]] || fail "on a phone $said"
  echo "no page, and no formula, is wider than a phone"
fi
echo "$n references, $labels equations, $bytes bytes"
