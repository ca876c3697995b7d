#!/usr/bin/env python3
"""Does nll_standard_error cover? Its mean beside the spread of nll over 24 seeds, and how many seeds warned.

usage: nll_error.py PROGRAM [SEEDS]        needs NumPy

Three models whose weights are few (trained shortly, a sharp likelihood) and three whose posterior is a good one, on
data made here. Prints a Markdown table: the ratio is 1 where the error is what it says.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

ROWS, SCORED = 3000, 300
GAUSSIAN = ["--likelihood", "gaussian", "--standardise", "--likelihood-scale"]
# name, data, particles, how it is trained
MODELS = [
    ("clusters, scale 0.3", "clusters", 500, GAUSSIAN + ["fixed:0.3", "--latent", "3", "--epochs", "8"]),
    ("clusters, scale 0.15", "clusters", 100, GAUSSIAN + ["fixed:0.15", "--latent", "3", "--epochs", "4"]),
    ("binary images", "binary", 50, ["--latent", "10", "--epochs", "3"]),
    ("plane, scale 1", "plane", 500, GAUSSIAN + ["fixed:1", "--latent", "2", "--epochs", "40"]),
    ("plane, learned scale", "plane", 100, GAUSSIAN + ["learned", "--latent", "2", "--epochs", "40"]),
    ("faint binary images", "faint", 50, ["--latent", "2", "--epochs", "20"]),
]


def data(kind):
    r = np.random.default_rng(1)
    if kind == "clusters":
        centres = r.normal(0, 60, (5, 54))
        return (centres[r.integers(0, 5, ROWS)] + 20 * r.standard_normal((ROWS, 54))).astype(np.float32)
    if kind == "plane":
        return (r.standard_normal((ROWS, 2)) @ r.normal(0, 1, (2, 12)) + r.standard_normal((ROWS, 12))).astype(np.float32)
    contrast = 0.9 if kind == "binary" else 0.25
    pattern = 0.5 + contrast * (r.random((5, 8, 8)) - 0.5)
    return (r.random((ROWS, 8, 8)) < pattern[r.integers(0, 5, ROWS)]).astype(np.uint8)


def evaluate(program, path, particles, seed):
    done = subprocess.run(
        [program, "evaluate", path("run"), "--data", path("x.npy"), "--limit", str(SCORED)] +
        ["--particles", str(particles), "--seed", str(seed)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout), "cannot be trusted" in done.stderr


def main():
    program, seeds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 24
    print("| model | K | ESS | nll | spread | stated | ratio | k | share of k > 0.7 | warned |")
    print("|---" * 10 + "|", flush=True)
    for name, kind, particles, how in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            def path(of):
                return os.path.join(folder, of)

            np.save(path("x.npy"), data(kind))
            subprocess.run([program, "train", "--data", path("x.npy"), "--hidden", "32", "--out", path("run")] + how,
                           check=True, capture_output=True, text=True)
            of, warned = zip(*[evaluate(program, path, particles, seed) for seed in range(1, seeds + 1)])

        def mean(key):
            return np.mean([json[key] for json in of])

        nll = [json["nll"] for json in of]
        spread, stated = np.std(nll, ddof=1), mean("nll_standard_error")
        shares = [100 * json["pareto_k_share"] for json in of]
        print(f"| {name} | {particles} | {mean('effective_sample_size'):.1f} | {np.mean(nll):.3f} | {spread:.4f} |"
              f" {stated:.4f} | {spread / stated:.2f} | {mean('pareto_k'):.2f} |"
              f" {np.mean(shares):.1f} % ({min(shares):.1f} to {max(shares):.1f}) | {sum(warned)} of {seeds} |", flush=True)


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"{' '.join(error.cmd)}\n{error.stderr}")
