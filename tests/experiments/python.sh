#!/usr/bin/env bash
# The Python module against the program: the same numbers, and what only a module can do (python.py).
# usage: python.sh PATH_OF_VAEGRAD PYTHON FOLDER_OF_THE_PACKAGE
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
"$2" -c 'import numpy' 2>/dev/null || { echo "python: skipped: $2 has no numpy (python3-numpy)"; exit 77; }
PYTHONPATH=$3 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 exec "$2" "$here/python.py" "$program" "$3/vaegrad/vaegrad.pyi"
