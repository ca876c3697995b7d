#!/usr/bin/env python3
"""One-class detection on tables: every default score of `vaegrad detect` beside scikit-learn's detectors.

usage: detection_tables.py PROGRAM FOLDER [TABLE ..]        needs NumPy and scikit-learn

FOLDER holds tables as ADBench publishes them (github.com/Minqi824/ADBench, Classical): NAME.npz with X, one row
per example, and y, 1 for an anomaly. Half of the normal rows train; the other half and all anomalies are scored;
three splits, seeds 0, 1, 2. All that scikit-learn sees is standardised by the training rows. Prints AUROC, the mean
of the splits, as a Markdown table.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

SPLITS = 3
STEPS = 3000  # of training, whatever the size of the table
BATCH = 128
OURS = ["log-px", "elbo", "reconstruction", "kl", "pca", "knn"]
THEIRS = ["5-NN", "forest", "PCA", "SVM"]


def split(x, y, seed):
    rows = np.random.RandomState(seed).permutation(np.flatnonzero(y == 0))
    half = len(rows) // 2
    test = np.concatenate([rows[half:], np.flatnonzero(y == 1)])
    return x[rows[:half]], x[test], y[test]


def latents(columns):
    return max(1, columns // 3)


def theirs(train, test, y, seed):
    scale = StandardScaler().fit(train)
    train, test = scale.transform(train), scale.transform(test)
    fifth = NearestNeighbors(n_neighbors=5).fit(train).kneighbors(test)[0][:, 4]
    forest = -IsolationForest(random_state=seed).fit(train).score_samples(test)
    axes = PCA().fit(train)  # as PyOD has it: all axes, each in its own deviations
    spread = axes.explained_variance_ > 1e-9
    away = (axes.transform(test)[:, spread] ** 2 / axes.explained_variance_[spread]).sum(axis=1)
    support = -OneClassSVM().fit(train).score_samples(test)
    return {name: roc_auc_score(y, score) for name, score in zip(THEIRS, [fifth, forest, away, support])}


def ours(program, folder, train, test, y, seed):
    def path(name):
        return os.path.join(folder, name)

    np.save(path("train.npy"), train.astype(np.float32))
    np.save(path("test.npy"), test.astype(np.float32))
    np.save(path("labels.npy"), y.astype(np.uint8))
    epochs = -(-STEPS * BATCH // max(BATCH, len(train)))
    wide = ["--hidden", "64", "--latent", str(latents(train.shape[1]))]
    subprocess.run(
        [program, "train", "--data", path("train.npy"), "--test-data", path("test.npy"), "--validation", "0"] +
        ["--likelihood", "gaussian", "--standardise", "--drop-constant", "--batch", str(BATCH)] + wide +
        ["--epochs", str(epochs), "--checkpoint-every", str(epochs), "--seed", str(seed), "--out", path("run")],
        check=True, capture_output=True, text=True)
    subprocess.run(
        [program, "detect", path("run"), "--data", path("test.npy"), "--labels", path("labels.npy")] +
        ["--anomalous-classes", "1", "--resamples", "10"], check=True, capture_output=True, text=True)
    with open(path("run/detect/detect.json")) as found:
        return {name: interval["auroc"][0] for name, interval in json.load(found).items()}


def main():
    program, folder = sys.argv[1:3]
    tables = sys.argv[3:] or sorted(os.path.basename(f)[:-4] for f in glob.glob(os.path.join(folder, "*.npz")))
    columns = OURS + THEIRS
    print("| table | rows x columns |", " | ".join(columns), "|")
    print("|---" * (2 + len(columns)) + "|", flush=True)
    means = []
    for table in tables:
        data = np.load(os.path.join(folder, table + ".npz"))
        x, y = data["X"].astype(np.float64), data["y"]
        found = []
        for seed in range(SPLITS):
            train, test, truth = split(x, y, seed)
            with tempfile.TemporaryDirectory() as work:
                found.append({**ours(program, work, train, test, truth, seed), **theirs(train, test, truth, seed)})
        means.append([np.mean([f[c] for f in found]) for c in columns])
        size = f"{x.shape[0]} x {x.shape[1]}"
        print(f"| {table} | {size} |", " | ".join(f"{m:.3f}" for m in means[-1]), "|", flush=True)
    print("| **mean** | |", " | ".join(f"{m:.3f}" for m in np.mean(means, axis=0)), "|")


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"{' '.join(error.cmd)}\n{error.stderr}")
