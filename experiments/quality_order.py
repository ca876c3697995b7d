#!/usr/bin/env python3
"""Does `vaegrad quality` order generators as a classifier of another kind does?

usage: quality_order.py PROGRAM [FOLDER]        needs NumPy and scikit-learn; some ten minutes on two cores

Trains five generators on Fashion-MNIST, from hardly trained to convolutions with a mixture fitted to their codes, and
measures 5,000 samples of each: by `vaegrad quality` (a network's share of samples above 0.9, and the Fréchet distance of
its features), and by scikit-learn, which never sees our network: extremely randomised trees (share of samples whose class
gets more than 0.9 of the trees) and the Fréchet distance between samples and test images on 64 principal components.
Prints a Markdown table and Kendall's tau between the orders; exits with 1 where a tau is below 0.6, eight pairs of ten.
"""
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier

DATA = "/usr/share/datasets/fashion-mnist"  # of Debian's dataset-fashion-mnist
COUNT = 5000
# name, options of train, prior to fit, where samples come from
GENERATORS = [
    ("hardly trained", ["--latent", "20", "--epochs", "1", "--learning-rate", "3e-5"], None, "prior"),
    ("2 latents", ["--latent", "2", "--epochs", "3"], None, "prior"),
    ("20 latents", ["--latent", "20", "--epochs", "3"], None, "prior"),
    ("20 latents, mixture", ["--latent", "20", "--epochs", "3"], "mixture", "mixture"),
    ("conv, mixture", ["--network", "conv", "--latent", "20", "--epochs", "2"], "mixture", "mixture"),
]


def idx(name):
    with gzip.open(os.path.join(DATA, name)) as file:
        raw = file.read()
    start = 4 + 4 * raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape[0], -1)


def frechet(a, b):
    """|mean - mean|^2 + tr(A + B - 2 (A B)^(1/2)), Heusel et al. 2017."""
    ca, cb = np.cov(a.T), np.cov(b.T)
    values = np.linalg.eigvals(ca @ cb)
    return float(np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(ca) + np.trace(cb)
                 - 2 * np.sqrt(np.maximum(values.real, 0)).sum())


def tau(a, b):
    pairs = list(itertools.combinations(range(len(a)), 2))
    return sum(np.sign(a[i] - a[j]) * np.sign(b[i] - b[j]) for i, j in pairs) / len(pairs)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) == 3 else tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)

    def vaegrad(*arguments):
        subprocess.run([program, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    train, labels = idx("train-images-idx3-ubyte.gz") / 255.0, idx("train-labels-idx1-ubyte.gz").ravel()
    test = idx("t10k-images-idx3-ubyte.gz") / 255.0
    trees = ExtraTreesClassifier(200, min_samples_leaf=2, n_jobs=-1, random_state=1).fit(train, labels)
    plane = PCA(64, svd_solver="randomized", random_state=1).fit(train)
    print(f"trees are above 0.9 on {100 * (trees.predict_proba(test).max(1) > 0.9).mean():.1f} % of the test images\n")

    rows = []
    for number, (name, options, prior, source) in enumerate(GENERATORS):
        run = f"run-{number}"
        vaegrad("train", "--data", "fashion-mnist", *options, "--seed", "1", "--out", run, "--overwrite")
        if prior:
            vaegrad("fit-prior", run, "--prior", prior)
        vaegrad("quality", run, "--count", str(COUNT), "--out", f"quality-{number}")
        with open(os.path.join(folder, f"quality-{number}", "quality.json")) as file:
            ours = json.load(file)[source]
        vaegrad("sample", run, "--from", source, "--count", str(COUNT), "--out", f"samples-{number}.npy")
        samples = np.load(os.path.join(folder, f"samples-{number}.npy")).reshape(COUNT, -1)
        rows.append((name, 100 * ours["above_0_9"], ours["frechet_distance"], 100 * (trees.predict_proba(samples).max(1) > 0.9).mean(),
                     frechet(plane.transform(samples), plane.transform(test))))

    print("| generator | network > 0.9 (%) | Fréchet, its features | trees > 0.9 (%) | Fréchet, 64 components |")
    print("|---|---:|---:|---:|---:|")
    for row in rows:
        print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.2f} |".format(*row))
    columns = list(zip(*rows))
    shares, distances = tau(columns[1], columns[3]), tau(columns[2], columns[4])
    print(f"\nKendall's tau: shares {shares:.2f}, distances {distances:.2f}")
    sys.exit(int(shares < 0.6 or distances < 0.6))


main()
