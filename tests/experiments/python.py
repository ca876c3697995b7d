"""The Python module against the program, in an empty folder: python.sh calls it."""

import ast
import csv
import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import vaegrad

program, stubs = sys.argv[1:3]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
fails = 0


def check(ok, what):
    global fails
    if not ok:
        fails += 1
        print(f"python: {what}", file=sys.stderr)


def tool(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    check(done.returncode == 0, f"{arguments}: {done.stderr}")
    return done.stdout


def refused(kind, text, call):
    try:
        call()
    except kind as e:
        check(text in str(e), f"the error says {e}, not {text!r}")
        check(e.hint and e.hint in str(e), f"no hint: {e!r}")
    except BaseException as e:
        check(False, f"{e!r} instead of {kind}")
    else:
        check(False, f"no error that says {text!r}")


def weights(folder):
    return Path(folder, "model.safetensors").read_bytes()


def same(a, b, what):
    check(a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b), f"{what} differs from the program's")


# Images of 8 x 8 that two numbers describe, with the quadrant of their spot as label
random = np.random.default_rng(1)
spot = random.uniform(1, 6, (600, 2))
i, j = np.mgrid[:8, :8]
distance = (i - spot[:, :1, None]) ** 2 + (j - spot[:, 1:, None]) ** 2
images = np.round(255 * np.exp(-distance / 3)).astype(np.uint8)
labels = (spot[:, 0] > 3.5) * 2 + (spot[:, 1] > 3.5)
np.save("x.npy", images)
np.save("y.npy", labels.astype(np.uint8))
small = dict(hidden=32, latent=2, epochs=3, batch=50)
as_options = [f"--{k}={v}" for k, v in small.items()]

# ---- training: the same weights by the program, from its file, and from an array
tool("train", "--data", "./x.npy", "--out", "by-program", *as_options)
seen = []
run = vaegrad.train(images, out="by-array", callback=seen.append, **small)
vaegrad.train(data="./x.npy", out="by-name", **small)
check(weights("by-program") == weights("by-array") == weights("by-name"), "train: other weights")
check([row["epoch"] for row in seen] == [1, 2, 3], f"callback: {seen}")
check(np.allclose(run.metrics["train_elbo"], [row["train_elbo"] for row in seen], rtol=1e-8), "metrics differ")
check(run.shape == (8, 8) and run.latent == 2 and run.classes == 0, f"{run}: {run.shape} {run.latent}")
check(run.settings["hidden"] == "32" and run.settings["data"] == "array", f"settings: {run.settings}")
check(json.load(open("by-array/summary.json"))["test_elbo"] < 0, "no summary")
refused(vaegrad.Error, "an array in memory", run.data)
same(vaegrad.load("by-name").data("test")[0], vaegrad.data("./x.npy", "test")[0], "data")

# ---- what a run makes of data
run = vaegrad.load("by-program")
test = vaegrad.data("./x.npy", "test")[0]
np.save("test.npy", test)
for binarized in (False, True):  # other data of the program, and 0 / 1 as bytes and as floats
    x = (test > 127).astype(np.uint8) if binarized else test
    np.save("other.npy", x)
    other = ["--data", "./other.npy"]
    tool("encode", "by-program", "--mean", *other, "--out", "mean.npy")
    tool("encode", "by-program", "--sample", *other, "--out", "sample.npy")
    tool("decode", "by-program", "mean.npy", "--out", "decoded.npy")
    tool("reconstruct", "by-program", *other, "--out", "reconstructed.npy")
    as_float = x.astype(np.float32) / (1 if binarized else 255)
    for given in (x, as_float, as_float.astype(np.float64), x.reshape(len(x), 64), np.asfortranarray(x)):
        same(run.encode(given), np.load("mean.npy"), f"encode of {given.dtype} {given.shape}")
    same(run.encode(x, sample=True), np.load("sample.npy"), "encode, a sample")
    same(run.decode(np.load("mean.npy")), np.load("decoded.npy"), "decode")
    same(run.reconstruct(x), np.load("reconstructed.npy"), "reconstruct")
tool("sample", "by-program", "--count", 7, "--seed", 3, "--out", "drawn.npy")
same(run.sample(7, seed=3), np.load("drawn.npy"), "sample")
tool("evaluate", "by-program", "--data", "./test.npy", "--particles", 50, "--per-example", "each.csv")
each = list(csv.DictReader(open("each.csv")))
check(np.allclose(run.elbo(test), [float(row["elbo"]) for row in each], rtol=1e-8), "elbo differs")
log_px = run.log_prob(test, particles=50)
check(np.allclose(log_px, [-float(row["nll"]) for row in each], rtol=1e-8), "log_prob differs")
check(log_px.mean() > run.elbo(test).mean(), "log p(x) below the ELBO")
weight = run.parameters["decoder.outputs.bias"]
check(weight.shape == (1, 64) and not weight.flags.writeable, "parameters")

# ---- of a conditional model
given = vaegrad.train(images, labels, model="cvae", out="given", **small)
by_files = vaegrad.train(data="./x.npy", labels=Path("y.npy"), model="cvae", out="given-by-files", **small)
by_all = vaegrad.train(data="./x.npy", labels="./y.npy", test=Path("x.npy"), test_labels="./y.npy", model="cvae", out="all-by-files", **small)
check(len(by_all.data("test")[0]) == len(images), "test data by a file")
same(by_files.parameters["decoder.outputs.bias"], given.parameters["decoder.outputs.bias"], "labels by a file")
tool("encode", "given", "--mean", "--data", "./x.npy", "--labels", "./y.npy", "--out", "z.npy")
same(given.encode(images, labels), np.load("z.npy"), "encode, given labels")
check(given.classes == 4 and given.sample(3, label=2).shape == (3, 8, 8), "cvae")
refused(vaegrad.UsageError, "label", lambda: given.sample(3, label=4))
refused(vaegrad.UsageError, "labels", lambda: given.encode(images, labels[:4]))

# ---- missing numbers come back closer than the mean image has them
hidden = np.zeros(test.shape, bool)
hidden[:, :, 4:] = True
bits = (test > 127).astype(np.float32)
trained = vaegrad.train(images, out="longer", overwrite=True, **{**small, "epochs": 40, "learning_rate": 3e-3})
completed = trained.impute(bits, hidden)
check(np.array_equal(completed[~hidden], bits[~hidden]), "impute: what was known has changed")
error = np.abs(completed - bits)[hidden].mean()
by_mean = np.abs((images / 255).mean(0) - bits)[hidden].mean()
check(error < 0.9 * by_mean, f"impute: {error} a pixel, the mean image {by_mean}")
with_nan = np.where(hidden, np.nan, bits)
check(np.array_equal(trained.impute(with_nan), completed), "impute: NaN says what is missing")

# .. of images with their channels first, of masked arrays, and of a table without the columns that were left out
random = np.random.default_rng(3)
colour = random.integers(0, 256, (60, 3, 8, 8)).astype(np.uint8)
painted = vaegrad.train(colour, out="painted", likelihood="gaussian", **small)
gone = np.zeros(colour[:5].shape, bool)
gone[:, 0, :3] = True
last = lambda a: np.moveaxis(a, 1, -1)
filled = painted.impute(colour[:5], gone)
same(filled, painted.impute(last(colour[:5]), last(gone)), "impute, channels first")
same(filled, painted.impute(np.ma.masked_array(colour[:5], gone)), "impute, a masked array")
table = random.normal(size=(90, 4)).astype(np.float32)
table[:, 2] = 7
columns = vaegrad.train(table, out="columns", likelihood="gaussian", standardise=True, drop_constant=True, **small)
check(columns.impute(table[:3], table[:3] > 1e9).shape == (3, 3), "impute, a constant column")
refused(vaegrad.UsageError, "no examples", lambda: columns.impute(table[0]))

# ---- how numbers were taken in training holds for those that come later, though all of a few are whole
whole = random.integers(0, 4, (80, 8, 8))
half = whole.astype(np.float32)
half[0, 0, 0] += 0.5
real = vaegrad.train(half, out="real", likelihood="gaussian", **small)
for later in (half[1:9], whole[1:9], whole[1:9].astype(np.uint8)):
    check(np.allclose(real.encode(later), real.encode(half[:9])[1:], atol=1e-4), f"real numbers as {later.dtype}")
of_bytes = vaegrad.train(whole.astype(np.float32), out="of-bytes", likelihood="gaussian", **small)
refused(vaegrad.Error, "real numbers, but the run was trained on bytes", lambda: of_bytes.encode(half))
check(np.allclose(of_bytes.encode(whole[:9] / 255), of_bytes.encode(whole[:9]), atol=1e-5), "numbers from 0 to 1 of a run of bytes")

# ---- a run is what it was when it was opened, though another takes its folder and its caller another
first = vaegrad.train(images, out="taken", **small)
objective = list(first.metrics["train_elbo"])
vaegrad.train(images, out="taken", overwrite=np.True_, standardise=np.False_, seed=2, **small)
here = os.getcwd()
os.makedirs("elsewhere", exist_ok=True)
os.chdir("elsewhere")
check(list(first.metrics["train_elbo"]) == objective, "metrics of another run")
os.chdir(here)

# ---- a callback may say so by numpy, and what it begins can be ended
stops = vaegrad.train(images, out="stops", callback=lambda row: np.bool_(True), **{**small, "epochs": 5})
check(len(stops.metrics["epoch"]) == 1, "a callback's numpy.bool_")


def child(row):
    sleeping = subprocess.Popen(["sleep", "30"])
    sleeping.terminate()
    check(sleeping.wait(10) == -signal.SIGTERM, "a callback's child does not end")


vaegrad.train(images, out="child", callback=child, **{**small, "epochs": 1})

# ---- what has no p(x|z) has none of these, whatever it is asked
wide = np.kron(images, np.ones((2, 2), np.uint8))
similar = vaegrad.train(wide, likelihood="ms-ssim", out="similar", **small)
check(similar.reconstruct(wide[:5]).shape == (5, 16, 16), "reconstruct, of ms-ssim")
no = "ms-ssim is no likelihood"
refused(vaegrad.UsageError, f"elbo: {no}", lambda: similar.elbo(wide))
refused(vaegrad.UsageError, f"log_prob: {no}", lambda: similar.log_prob(wide, particles=5))
refused(vaegrad.UsageError, f"impute: {no}", lambda: similar.impute(wide, np.zeros(wide.shape, bool)))

# ---- errors, and what they say
refused(vaegrad.UsageError, "would be ignored", lambda: vaegrad.train(images, beta=4))
refused(vaegrad.UsageError, "unrecognised option", lambda: vaegrad.train(images, latents=2))
refused(vaegrad.UsageError, "out of range", lambda: vaegrad.train(images, epochs=-1))
refused(vaegrad.UsageError, "not empty", lambda: vaegrad.train(images, out="by-array"))
refused(ValueError, "no switch", lambda: vaegrad.train(images, latent=True))
refused(vaegrad.Error, "not a run", lambda: vaegrad.load("nowhere"))
refused(vaegrad.Error, "trained on 8 x 8", lambda: run.encode(np.zeros((3, 9, 9), np.uint8)))
refused(vaegrad.Error, "NaN", lambda: run.encode(np.full((3, 8, 8), np.nan)))
refused(vaegrad.UsageError, "not an array of numbers", lambda: run.encode(["a"]))
refused(vaegrad.UsageError, "no examples", lambda: run.encode(np.zeros((0, 8, 8), np.uint8)))
refused(vaegrad.Error, "codes of 3 numbers", lambda: run.decode(np.zeros((1, 3))))
refused(vaegrad.UsageError, "an array already", lambda: vaegrad.train(images, data="mnist"))
check(issubclass(vaegrad.UsageError, vaegrad.Error) and issubclass(vaegrad.Error, RuntimeError), "exceptions")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    table = random.normal(1000, 100, (50, 3)).astype(np.float32)
    vaegrad.train(table, likelihood="gaussian", out="table", **{**small, "epochs": 1, "learning_rate": 1e-9})
check(any("train badly" in str(w.message) for w in caught), f"no warning of a large scale: {caught}")

# ---- Ctrl-C saves; what goes on from there is what one training would have been
long = {**small, "epochs": 30}
whole = vaegrad.train(images, out="whole", **long)


def interrupt(row):
    if row["epoch"] == 5:
        threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGINT)).start()


slow = {**long, "epochs": 3000, "out": "interrupted"}
try:
    vaegrad.train(images, callback=interrupt, **slow)
    check(False, "Ctrl-C: the training went on")
except KeyboardInterrupt as e:
    check("interrupted" in str(e) and "resume" in str(e), f"Ctrl-C: {e}")
half = vaegrad.train(images, out="half", callback=lambda row: row["epoch"] == 7, **long)
check(len(half.metrics["epoch"]) == 7, "a callback that returns True")
vaegrad.train(images, resume="half")
check(weights("half") == weights("whole"), "resume: other weights than in one go")
refused(vaegrad.Error, "not the data", lambda: vaegrad.train(images[::-1].copy(), resume="interrupted"))


def broken(row):
    raise LookupError("mine")


try:
    vaegrad.train(images, out="broken", callback=broken, **long)
    check(False, "an exception of a callback is lost")
except LookupError as e:
    check(str(e) == "mine", f"callback: {e!r}")
check(vaegrad.load("broken").encode(test).shape == (len(test), 2), "broken: nothing was saved")

# ---- a thread that trains does not keep another from its work
stop = threading.Event()
thread = threading.Thread(target=lambda: vaegrad.train(
    images, callback=lambda row: stop.is_set(), **{**slow, "out": "thread"}))
thread.start()
before = run.encode(test)
ticks, longest, last = 0, 0.0, time.perf_counter()
end = last + 1
while last < end:
    time.sleep(0.001)
    now = time.perf_counter()
    ticks, longest, last = ticks + 1, max(longest, now - last), now
check(np.array_equal(run.encode(test), before), "encode beside a training")
check(thread.is_alive() and ticks > 50, f"{ticks} turns of 1 ms in a second, the longest {longest:.3f} s")
stop.set()
thread.join()

# ---- names: what the stubs declare is what there is, and each has words
tree = ast.parse(Path(stubs).read_text())
for node in tree.body:
    if isinstance(node, ast.FunctionDef):
        there = getattr(vaegrad, node.name)
        check(all(a.arg in there.__doc__ for a in node.args.args + node.args.kwonlyargs), f"{node.name}: {there.__doc__}")
    if isinstance(node, ast.ClassDef) and node.name == "Run":
        declared = {f.name for f in node.body if isinstance(f, ast.FunctionDef)}
        public = {n for n, _ in inspect.getmembers(vaegrad.Run) if not n.startswith("_")}
        check(declared == public, f"stubs: {declared ^ public}")
        for f in node.body:
            if isinstance(f, ast.FunctionDef):
                words = getattr(vaegrad.Run, f.name).__doc__
                check(words and (f.decorator_list or all(a.arg in words for a in f.args.args + f.args.kwonlyargs)),
                      f"{f.name}: {words}")
check(set(vaegrad.__all__) <= set(dir(vaegrad)) and vaegrad.__version__, "names")
check(vaegrad.settings()["learning_rate"].startswith("RATE"), f"settings: {vaegrad.settings()}")
sys.exit(fails > 0)
