#!/usr/bin/env bash
# The Python module as people get it: pip install . into a fresh environment, the notebook executed there, and the graphs of
# `vaegrad export` by onnxruntime. Takes packages from PyPI; some ten minutes, of which most compile.
# usage: pip.sh [FOLDER]   the environment; without, one that goes away
set -euo pipefail
here=$(dirname -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
environment=${1-$work/environment}
/usr/bin/python3 -m venv "$environment"
"$environment/bin/pip" install --quiet "$here"
cd "$work"
"$environment/bin/python" -c 'import vaegrad; print("vaegrad", vaegrad.__version__, vaegrad.__file__)'
"$environment/bin/pip" install --quiet jupyter nbconvert ipykernel matplotlib onnx onnxruntime
cp "$here/experiments/python/vaegrad.ipynb" .  # its runs are left beside it
"$environment/bin/jupyter" nbconvert --to notebook --execute --ExecutePreprocessor.timeout=1200 \
  --output executed vaegrad.ipynb
"$environment/bin/python" - <<'PYTHON'
import json
cells = [c for c in json.load(open("executed.ipynb"))["cells"] if c["cell_type"] == "code"]
pictures = sum("image/png" in o.get("data", {}) for c in cells for o in c["outputs"])
assert all(c["execution_count"] for c in cells) and pictures >= 6, (len(cells), pictures)
print(f"notebook: {len(cells)} cells, {pictures} pictures")
PYTHON
cases=$here/build/release/tests/onnx_cases
[[ ! -x $cases ]] || VAEGRAD_ONNX_PYTHON=$environment/bin/python "$here/tests/onnx/run.sh" "$cases"
