"""What the peers share: the exchange with `vaegrad bench --peers`, which starts each of them and
talks to it in lines of JSON, one answer to each line:

  {"do": "case", ...}                        sets a case up: weights, images, batches
  {"do": "losses", "steps": n}               n steps from the initial weights with the noise given
  {"do": "curve", "steps": n, "seed": s}     the same with noise of its own: the mean of the last third
  {"do": "time", "steps": n}                 n steps as in training: ms per step

A peer gives `setup(case)`, which returns step(rows, noise) -> loss; noise is None when it draws its
own. Weights come as one file in the order of the list, (in, out) matrices and (out,) biases; those
of a convolution have (kernel, kernel, channels) rows, and images have their channels last. The
decoder mirrors the encoder's convolutions; its last bias has a number for each pixel.
"""
import json
import sys
import time
from types import SimpleNamespace

import numpy as np


def serve(setup, seed):
    case = step = None
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = SimpleNamespace(**json.loads(line))
        if order.do == "case":
            case = order
            flat = np.fromfile(case.weights_file, np.float32)
            case.weights, at = [], 0
            for rows, cols in case.shapes:
                shape = (cols,) if rows == 1 else (rows, cols)
                case.weights.append(flat[at : at + rows * cols].reshape(shape).copy())
                at += rows * cols
            case.images = np.fromfile(case.images_file, np.uint8).reshape(-1, case.dimensions)
            case.order = np.fromfile(case.order_file, np.uint32).astype(np.int64)
            case.noise = np.fromfile(case.noise_file, np.float32)
            case.noise = case.noise.reshape(-1, case.batch * case.particles, case.latent)
            step, number = setup(case), 0
            answer = {}
        elif order.do in ("losses", "curve"):
            step = setup(case)
            if order.do == "curve":
                seed(order.seed)
            given = order.do == "losses"
            losses = [float(step(batch(case, i), case.noise[i] if given else None))
                      for i in range(order.steps)]
            answer = {"losses": losses} if given else {"loss": float(np.mean(losses[-(len(losses) // 3):]))}
        else:
            loss, start = 0.0, time.perf_counter()
            for _ in range(order.steps):
                loss = step(batch(case, number), None)
                number += 1
            loss = float(loss)  # waits for what is still being computed
            answer = {"ms": 1e3 * (time.perf_counter() - start) / order.steps, "loss": loss}
        print(json.dumps(answer), flush=True)


def batch(case, number):
    first = number % (len(case.order) // case.batch) * case.batch
    return case.order[first : first + case.batch]
