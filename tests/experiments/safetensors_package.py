#!/usr/bin/env python3
"""Weights that vaegrad wrote, read by the safetensors package, encode as vaegrad does; weights that the
package wrote, read by vaegrad, encode to the same bytes. By hand: needs numpy and safetensors (pip).

usage: safetensors_package.py PATH_OF_VAEGRAD
"""
import os
import subprocess
import sys
import tempfile

import numpy
import safetensors
import safetensors.numpy

program = os.path.abspath(sys.argv[1])
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def vaegrad(*arguments):
    subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read(path):
    with safetensors.safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


images = numpy.random.default_rng(1).integers(0, 256, (300, 16, 16), numpy.uint8)
numpy.save("images.npy", images)
vaegrad("train", "--data", "./images.npy", "--binarize", "none", "--hidden", "24,16", "--latent", "3",
        "--activation", "tanh", "--batch", "50", "--epochs", "2", "--out", "run")

tensors, metadata = read("run/model.safetensors")
x = images.reshape(len(images), -1) / 255
for layer in "0", "1":
    x = numpy.tanh(x @ tensors[f"encoder.{layer}.weight"].astype(float) + tensors[f"encoder.{layer}.bias"])
expected = x @ tensors["encoder.mean.weight"].astype(float) + tensors["encoder.mean.bias"]
vaegrad("encode", "run", "--mean", "--data", "./images.npy", "--out", "codes.npy")
codes = numpy.load("codes.npy")
apart = abs(codes - expected).max() / abs(expected).max()
assert codes.shape == (300, 3) and expected.std() > 1e-3 and apart < 1e-5, apart

# Everything in a checkpoint is there: the same weights, the optimiser's moments for each, the state as integers.
checkpoint, _ = read("run/checkpoint.safetensors")
assert all((checkpoint[name] == value).all() for name, value in tensors.items())
assert checkpoint["optimizer.moment0"].size >= sum(value.size for value in tensors.values())  # rows are padded
assert checkpoint["training.state"].dtype == numpy.uint64

# The other way round; a change of the weights is noticed.
for factor, same in (1, True), (1.5, False):
    changed = dict(tensors, **{"encoder.mean.weight": tensors["encoder.mean.weight"] * numpy.float32(factor)})
    safetensors.numpy.save_file(changed, "run/model.safetensors", metadata)
    vaegrad("encode", "run", "--mean", "--data", "./images.npy", "--out", "again.npy")
    assert (numpy.load("again.npy").tobytes() == codes.tobytes()) == same
print(f"safetensors {safetensors.__version__}: {len(tensors)} weights and {len(checkpoint)} arrays of a checkpoint read; "
      f"codes {apart:.1e} apart from numpy's, the same bytes after the way back")
