#!/usr/bin/env python3
"""SAP and DCI of `vaegrad disentangle` beside an independent computation by scikit-learn, for five codes.

usage: disentanglement_check.py VAEGRAD        needs numpy and scikit-learn; a minute or two

Images of a square whose place, size and shade are known are written as .npz, as dSprites is. Five runs are trained on
them; their codes go through scikit-learn: SAP by the R2 of LinearRegression on each latent alone, DCI by Lasso with the
best of the same penalties on the half of the codes that it did not see. The halves are not the program's, so DCI is the
mean over HALVES of them on either side (one half alone moves it by up to 0.015). Fails when two numbers differ by more
than 0.01.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.linear_model import Lasso, LinearRegression

RUNS = {
    "beta 1": [],
    "beta 4": ["--objective", "beta", "--beta", "4"],
    "total correlation": ["--objective", "tc", "--tc-weight", "6"],
    "autoencoder": ["--model", "autoencoder"],
    "barely trained": ["--epochs", "1", "--learning-rate", "1e-5"],
}
HALVES = 20
SIZES = [4, 8, 8, 20]  # size, x, y, shade


def squares():
    factors = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), 1)
    images = np.zeros((len(factors), 14, 14), np.uint8)
    for image, (size, x, y, shade) in zip(images, factors):
        image[y : y + size + 3, x : x + size + 3] = 65 + 10 * shade
    return images, factors


def sap(codes, factors):
    gaps = []
    for v in factors.T:
        r2 = sorted(LinearRegression().fit(codes[:, [j]], v).score(codes[:, [j]], v) for j in range(codes.shape[1]))
        gaps.append(r2[-1] - r2[-2])
    return np.mean(gaps)


def concentration(weights):  # of each column, 1 - its entropy to the base of its length
    p = weights / np.maximum(weights.sum(0), 1e-300)
    return np.where(weights.sum(0) > 0, 1 + (p * np.log(np.maximum(p, 1e-300))).sum(0) / np.log(len(p)), 0)


def dci(codes, factors, seed):
    order = np.random.default_rng(seed).permutation(len(codes))
    seen, unseen = order[: len(order) // 2], order[len(order) // 2 :]
    spread = codes.std(0)
    z = (codes - codes.mean(0)) / np.where(spread > 0, spread, 1)
    importance, explained = [], []
    for v in ((factors - factors.mean(0)) / factors.std(0)).T:
        best, weights = -np.inf, None
        for penalty in (0.1, 0.03, 0.01, 0.003, 0.001):
            fit = Lasso(alpha=penalty, fit_intercept=False, tol=1e-8, max_iter=10000).fit(z[seen], v[seen])
            r2 = fit.score(z[unseen], v[unseen])
            if r2 > best:
                best, weights = r2, np.abs(fit.coef_)
        importance.append(weights)
        explained.append(max(best, 0))
    r = np.stack(importance, 1)  # (latents, factors)
    share = r.sum(1) / max(r.sum(), 1e-300)
    return (share * concentration(r.T)).sum(), concentration(r).mean(), np.mean(explained)


def main(program):
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        images, factors = squares()
        np.savez(folder / "squares.npz", imgs=images, latents_classes=factors)

        def vaegrad(*command):
            return subprocess.run([program, *command], cwd=folder, check=True, capture_output=True, text=True).stdout

        print(f"{'':18s}{'SAP':>16s}{'disentangled':>16s}{'complete':>16s}{'informative':>16s}")
        for name, options in RUNS.items():
            run = name.replace(" ", "-")
            epochs = [] if "--epochs" in options else ["--epochs", "20"]
            vaegrad("train", "--data", "squares.npz", "--test-data", "squares.npz", "--binarize", "none", "--hidden", "64",
                    "--latent", "6", "--batch", "64", "--out", run, *epochs, *options)
            vaegrad("encode", run, "--mean", "--split", "test", "--out", "codes.npy")
            halves = []
            for seed in range(1, HALVES + 1):
                vaegrad("disentangle", run, "--split", "test", "--seed", str(seed), "--out", "scores")
                said = json.loads((folder / "scores" / "disentangle.json").read_text())
                halves.append([said["sap"], *(said["dci"][k] for k in ("disentanglement", "completeness", "informativeness"))])
            ours = np.mean(halves, 0)
            codes = np.load(folder / "codes.npy").astype(float)
            theirs = [sap(codes, factors), *np.mean([dci(codes, factors, seed) for seed in range(HALVES)], 0)]
            worst = max(worst, *(abs(a - b) for a, b in zip(ours, theirs)))
            print(f"{name:18s}" + "".join(f"{a:8.4f}{b:8.4f}" for a, b in zip(ours, theirs)), flush=True)
    print(f"largest difference {worst:.4f}, at most 0.01 asked")
    return int(worst > 0.01)


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve())))
