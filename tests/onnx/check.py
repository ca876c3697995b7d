"""Every graph that onnx_cases has written, by onnxruntime: each output equal to the program's within 1e-5
of its largest magnitude, and the same for any part of the batch.

usage: check.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

tolerance = 1e-5
folder = Path(sys.argv[1])
worst, graphs, fails = {}, 0, 0
try:
    import onnx
except ImportError:
    onnx = None
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.log_severity_level = 3
for file in sorted(folder.glob("*.onnx")):
    graphs += 1
    name = file.name[: -len(".onnx")]
    try:
        if onnx:
            onnx.checker.check_model(onnx.load(file), full_check=True)
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        inputs = {i.name: np.load(folder / f"{name}.in.{i.name}.npy") for i in session.get_inputs()}
        names = [o.name for o in session.get_outputs()]
        outputs = session.run(names, inputs)
        for out, value in zip(names, outputs):
            ours = np.load(folder / f"{name}.out.{out}.npy")
            error = np.abs(value - ours).max() / max(np.abs(ours).max(), 1e-30)
            if value.shape != ours.shape or not error <= tolerance:
                fails += 1
                print(f"onnx: {name}: {out}: {value.shape} against {ours.shape}, off by {error:.2e} of its largest", file=sys.stderr)
            kind = name.split("-")[0]
            worst[kind] = max(worst.get(kind, 0), float(error))
        if not name.startswith("op-"):  # of the first examples alone
            some = {k: v[: len(v) * 3 // 11] for k, v in inputs.items()}
            for out, part, whole in zip(names, session.run(names, some), outputs):
                if not np.allclose(part, whole[: len(part)], rtol=1e-4, atol=1e-5 * np.abs(whole).max()):
                    fails += 1
                    print(f"onnx: {name}: {out} depends on the size of the batch", file=sys.stderr)
    except Exception as e:
        fails += 1
        print(f"onnx: {name}: {str(e).splitlines()[0]}", file=sys.stderr)
print(f"{graphs} graphs by onnxruntime {onnxruntime.__version__}{' and the checker' if onnx else ''}: {fails} wrong; off by at most",
      ", ".join(f"{v:.1e} ({k})" for k, v in worst.items()))
sys.exit(fails > 0)
