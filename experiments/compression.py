#!/usr/bin/env python3
"""A table of what a file of images becomes: vaegrad beside general compressors and image formats, in one run.

usage: compression.py PROGRAM FILE.idx RUN [RUN ..]        needs Pillow (python3-pil), NumPy and zstd

Bits per dimension are of the whole file with its header; PNG and WebP take each image as a file of its own
(and, as `PNG, one sheet`, all images below each other). Seconds are one call each, wall clock.
"""
import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image


def each_image(pixels, count, height, width, whole, binary, **how):
    total = 0
    size = (width, height)
    for i in range(0, count, count if whole else 1):
        out = io.BytesIO()
        part = pixels if whole else pixels[i * height * width:(i + 1) * height * width]
        image = Image.frombytes("L", (width, height * count) if whole else size, part)
        if binary:  # one bit per pixel, where the format has that
            image = image.point(lambda x: 255 * x).convert("1")
        image.save(out, **how)
        total += len(out.getvalue())
    return total


def vaegrad(program, run, path, rows, pixels):
    with tempfile.TemporaryDirectory() as folder:
        packed, back = os.path.join(folder, "packed"), os.path.join(folder, "back")
        start = time.time()
        said = subprocess.run([program, "compress", run, path, packed], check=True, capture_output=True, text=True)
        middle = time.time()
        subprocess.run([program, "decompress", run, packed, back], check=True, capture_output=True)
        end = time.time()
        if open(back, "rb").read() != open(path, "rb").read():
            sys.exit(f"{run}: the bytes that came back are others")
        start_up = next(l.split()[1] for l in said.stdout.splitlines() if l.startswith("start-up"))
        model = os.path.getsize(os.path.join(run, "model.safetensors"))
        name = f"vaegrad, {os.path.basename(os.path.normpath(run))}"
        rows.append((name, os.path.getsize(packed), middle - start, end - middle, f"{model:,}", start_up))


def main():
    program, path, runs = sys.argv[1], sys.argv[2], sys.argv[3:]
    data = open(path, "rb").read()
    magic, count, height, width = struct.unpack(">IIII", data[:16])
    if magic != 0x803:
        sys.exit(f"{path}: not an IDX file of images")
    pixels = data[16:]
    rows = []

    def timed(name, pack, unpack):
        start = time.time()
        packed = pack(data)
        middle = time.time()
        assert unpack(packed) == data
        rows.append((name, len(packed), middle - start, time.time() - middle, "", ""))

    def zstd(arguments):
        return lambda x: subprocess.run(["zstd", "-q", "-c", *arguments], input=x, check=True, capture_output=True).stdout

    binary = max(pixels) <= 1
    timed("gzip -9", lambda x: gzip.compress(x, 9), gzip.decompress)
    timed("bzip2 -9", lambda x: bz2.compress(x, 9), bz2.decompress)
    timed("xz -9e", lambda x: lzma.compress(x, preset=9 | lzma.PRESET_EXTREME), lzma.decompress)
    timed("xz -9", lambda x: lzma.compress(x, preset=9), lzma.decompress)
    timed("zstd -19", zstd(["-19"]), zstd(["-d"]))
    timed("zstd --ultra -22", zstd(["--ultra", "-22"]), zstd(["-d"]))
    if binary:
        bits = np.packbits(np.frombuffer(pixels, np.uint8)).tobytes()
        for name, pack in (("gzip -9", lambda x: gzip.compress(x, 9)), ("bzip2 -9", lambda x: bz2.compress(x, 9)),
                           ("xz -9", lambda x: lzma.compress(x, preset=9))):
            start = time.time()
            rows.append((f"{name}, eight pixels per byte", len(pack(bits)), time.time() - start, None, "", ""))
    for name, whole, how in (
        ("PNG, each image", False, {"format": "PNG", "optimize": True}),
        ("PNG, one sheet", True, {"format": "PNG", "optimize": True}),
        ("WebP lossless, each image", False, {"format": "WEBP", "lossless": True, "quality": 100, "method": 6}),
    ):
        start = time.time()
        rows.append((name, each_image(pixels, count, height, width, whole, binary, **how), time.time() - start, None, "", ""))
    for run in runs:
        vaegrad(program, run, path, rows, pixels)

    xz = next(r for r in rows if r[0] == "xz -9")
    print(f"{os.path.basename(path)}: {count:,} images of {height} x {width}, {len(data):,} bytes\n")
    print("| | bytes | bits/dim | of xz -9 | MB/s in | MB/s out | start-up bytes | model bytes |")
    print("|---|---|---|---|---|---|---|---|")
    for name, size, pack, unpack, model, start_up in rows:
        out = f"{len(pixels) / unpack / 1e6:.1f}" if unpack else ""
        print(f"| {name} | {size:,} | {8 * size / len(pixels):.4f} | {size / xz[1]:.3f} | "
              f"{len(pixels) / pack / 1e6:.1f} | {out} | {start_up} | {model} |")


main()
