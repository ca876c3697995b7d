#!/usr/bin/env python3
"""The plainest VAE here and as an independent PyTorch program: the same protocol, the same test bytes, many seeds.

usage: beside_pytorch.py PROGRAM [--data-dir DIR] [--seeds 10] [--sets NAME,..] [--out beside_pytorch.csv]

784-400-20, ReLU, Bernoulli; Adam 1e-3, batch 128, weights by Glorot's uniform rule, biases 0; a new order of the training
images and a new draw of z, and of grey pixels where they are drawn, in every pass. Three sets: `mnist` with grey pixels as
probabilities, 10 passes; `binarized-mnist`, 20; `fashion-mnist` with pixels drawn anew, 10. Both sides are tested on one
draw of z for each test image, and where pixels are drawn on the bytes of `vaegrad data --binarize sample --seed 1`.

What was measured is kept in the CSV file, so that the same command goes on. Prints a Markdown table: mean and standard
deviation over the seeds, and the difference with its standard error. Exits with 1 where ours is worse by more than 0.1
nats and two standard errors. Needs torch and NumPy; a minute or two a seed, set and core.
"""
import argparse
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# name: folder of the files, passes, how pixels become what is learnt
SETS = {"mnist": ("none", 10), "binarized-mnist": ("none", 20), "fashion-mnist": ("sample", 10)}


def idx(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        raw = file.read()
    start = 4 + 4 * raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape[0], -1)


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.mean, self.log_variance = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.back, self.logits = nn.Linear(20, 400), nn.Linear(400, 784)
        for layer in self.children():
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def elbo(self, x):
        """Of each example, nats: log p(x|z) of one draw, less the KL in closed form."""
        h = functional.relu(self.hidden(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        logits = self.logits(functional.relu(self.back(z)))
        log_likelihood = -functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return log_likelihood + 0.5 * (1 + log_variance - mean ** 2 - log_variance.exp()).sum(1)


def theirs(train, test, passes, drawn, seed):
    torch.manual_seed(seed)
    model = Vae()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(passes):
        for rows in torch.randperm(len(train)).split(128):
            x = train[rows]
            adam.zero_grad()
            (-model.elbo(torch.bernoulli(x) if drawn else x).mean()).backward()
            adam.step()
    with torch.no_grad():
        return float(torch.cat([model.elbo(x) for x in test.split(1000)]).mean())


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("--data-dir", default=os.path.expanduser("~/.cache/vaegrad"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--out", default="beside_pytorch.csv")
    asked = parser.parse_args()
    program = os.path.abspath(asked.program)
    folders = {name: os.path.join(asked.data_dir, name) for name in SETS}
    folders["fashion-mnist"] = "/usr/share/datasets/fashion-mnist"
    known = {}
    if os.path.exists(asked.out):
        with open(asked.out) as file:
            known = {(r["set"], int(r["seed"]), r["by"]): float(r["elbo"]) for r in csv.DictReader(file)}
    else:
        with open(asked.out, "w") as file:
            file.write("set,seed,by,elbo\n")

    def keep(name, seed, by, elbo):
        known[name, seed, by] = elbo
        with open(asked.out, "a") as file:
            file.write(f"{name},{seed},{by},{elbo:.4f}\n")
        print(f"{name:<16}seed {seed:<4}{by:<9}{elbo:9.3f}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        def call(*words):
            done = subprocess.run([program, *words], cwd=scratch, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{words}: {done.stderr}")
            return done.stdout

        for name in asked.sets.split(","):
            binarize, passes = SETS[name]
            data = ["--data", name] + (["--data-dir", asked.data_dir] if name != "fashion-mnist" else [])
            bytes_of = lambda part: idx(os.path.join(folders[name], f"{part}-images-idx3-ubyte.gz"))
            train, test, other = bytes_of("train"), bytes_of("test" if name == "binarized-mnist" else "t10k"), []
            if binarize == "sample":
                call("data", name, "--binarize", "sample", "--seed", "1", "--out", "test.idx")
                test, other = idx(os.path.join(scratch, "test.idx")), ["--data", "./test.idx"]
            scale = max(train.max(), 1)
            tensors = [torch.from_numpy(x.astype(np.float32) / y) for x, y in ((train, scale), (test, max(test.max(), 1)))]
            for seed in range(1, asked.seeds + 1):
                if (name, seed, "pytorch") not in known:
                    keep(name, seed, "pytorch", theirs(*tensors, passes, binarize == "sample", seed))
                if (name, seed, "vaegrad") not in known:
                    call("train", *data, "--binarize", binarize, "--validation", "0", "--hidden", "400", "--latent", "20",
                         "--output-bias", "zero", "--batch", "128", "--learning-rate", "0.001", "--epochs", str(passes),
                         "--seed", str(seed), "--threads", str(torch.get_num_threads()), "--out", "run", "--overwrite")
                    where = other or (["--data-dir", asked.data_dir] if name != "fashion-mnist" else [])
                    keep(name, seed, "vaegrad", json.loads(call("evaluate", "run", "--particles", "0", *where))["elbo"])

    print("| set | seeds | vaegrad | PyTorch | difference |\n|---|---|---|---|---|")
    worse = False
    for name in asked.sets.split(","):
        ours, torchs = (np.array([known[name, s, by] for s in range(1, asked.seeds + 1)]) for by in ("vaegrad", "pytorch"))
        if asked.seeds < 2:
            print(f"| `{name}` | 1 | {ours[0]:.2f} | {torchs[0]:.2f} | {ours[0] - torchs[0]:+.2f} |")
            continue
        difference = ours.mean() - torchs.mean()
        error = np.sqrt((ours.var(ddof=1) + torchs.var(ddof=1)) / asked.seeds)
        worse |= difference < -(0.1 + 2 * error)
        print(f"| `{name}` | {asked.seeds} | {ours.mean():.2f} ± {ours.std(ddof=1):.2f} | {torchs.mean():.2f} ± "
              f"{torchs.std(ddof=1):.2f} | {difference:+.2f} ± {error:.2f} |")
    sys.exit(int(worse))


if __name__ == "__main__":
    main()
