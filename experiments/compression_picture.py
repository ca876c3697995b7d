#!/usr/bin/env python3
"""Draws the tables of compression.md with gnuplot.

usage: compression_picture.py PAGE.md FILE.png
"""
import re
import subprocess
import sys

DRAWN = {"gzip -9": "gzip -9", "bzip2 -9": "bzip2 -9", "xz -9": "xz -9", "zstd --ultra -22": "zstd -22",
         "PNG, each image": "PNG", "WebP lossless, each image": "WebP"}


def picture(page, file):
    """A panel for each table: bits per dimension, the shortest bar last, the models' in another colour."""
    panels = []
    for line in open(page, encoding="utf8"):
        if match := re.match(r"(\w+)-test\.idx", line):
            panels.append((match[1], []))
        elif panels and line.startswith("| "):
            cells = [cell.strip(" *`") for cell in line.split("|")[1:]]
            name = cells[0].replace("*", "").replace("`", "")
            if name in DRAWN or name.startswith("vaegrad"):
                panels[-1][1].append((DRAWN.get(name, name), float(cells[2])))
        elif line.startswith("| run"):
            break
    titles = {"bin": "MNIST, one bit", "grey": "MNIST, grey", "fashion": "Fashion-MNIST, grey"}
    sizes = {"bin-published": "VAE 784-100-40", "bin-a": "VAE 784-400-400-50"}
    plot = ["set terminal pngcairo noenhanced size 1000,300 font 'DejaVu Sans,10'", f"set output '{file}'",
            "set multiplot layout 1,3 title 'What 10,000 test images become: bits per pixel, less is better' "
            "font 'DejaVu Sans:Bold,11' offset 0,0.2",
            "unset key", "set style fill solid 0.85 noborder", "set border 1 lc rgb '#888888'",
            "set xtics nomirror scale 0.5 tc rgb '#333333'", "set ytics scale 0 tc rgb '#333333'",
            "set lmargin 19", "set rmargin 5", "set tmargin 3.2", "set bmargin 2.2"]
    for which, rows in panels:
        rows = sorted(rows, key=lambda row: row[1])
        names = [sizes.get(n.split(", ")[1], "VAE 784-200-50" if "published" in n else "VAE 784-400-400-64")
                 if n.startswith("vaegrad") else n for n, _ in rows]
        most = max(value for _, value in rows)
        plot += [f"set xtics {0.5 if most < 3 else 1}", f"set title '{titles[which]}' offset 0,-0.6 tc rgb '#333333'",
                 f"set xrange [0:{1.15 * most}]", f"set yrange [{len(rows) - 0.4}:-0.6]",
                 "set ytics (" + ", ".join(f"'{n}' {i}" for i, n in enumerate(names)) + ")",
                 "$rows << END"]
        plot += [f"{i} {value} {0x2266aa if n.startswith('vaegrad') else 0xbbbbbb}" for i, (n, value) in enumerate(rows)]
        plot += ["END", "plot $rows using (0.5*$2):1:(0.5*$2):(0.36):3 with boxxyerror lc rgb variable, "
                 "'' using 2:1:(sprintf(' %.3f',$2)) with labels left font ',9' tc rgb '#333333'"]
    plot += ["unset multiplot"]
    subprocess.run(["gnuplot"], input="\n".join(plot) + "\n", text=True, check=True)


picture(*sys.argv[1:])
