#!/usr/bin/env bash
# Everything that a tape records, as ONNX: written or refused by name; and run by onnxruntime where $VAEGRAD_ONNX_PYTHON,
# or python3, has it (.ci/full makes one that has).
# usage: run.sh ONNX_CASES
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work"
python=${VAEGRAD_ONNX_PYTHON-python3}
"$python" -c 'import onnxruntime, numpy' 2>/dev/null || { echo "onnx: not run: $python has no onnxruntime (pip install onnxruntime)"; exit 77; }
exec "$python" "$here/check.py" "$work"
