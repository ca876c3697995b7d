#!/usr/bin/env python3
"""The table of cluster.md: seconds of a step over N ranks, by the model there.

usage: cluster_model.py LATENCY_US GB_PER_SECOND NAME,MS,ROWS,PARAMETERS ..   measured by `mpirun -n 2 vaegrad bench` and `vaegrad bench --threads 1`"""
import sys

WIRES = [("1 machine, memory", None, None), ("10 GbE", 30e-6, 1.1e9), ("100 Gb", 2e-6, 11e9)]
RANKS = [1, 2, 4, 8, 16, 64, 256, 1000]


def parts_of(rows):
    parts = 1
    while parts < 64 and 32 * (2 * parts) ** 2 <= rows:
        parts *= 2
    return parts


def step(ms_of_row, rows, parameters, ranks, latency, bandwidth):
    """Seconds: the busiest rank's parts, two exchanges of slices, one gathering of terms."""
    import math
    parts = parts_of(rows)
    busy = min(ranks, parts)
    compute = 1e-3 * ms_of_row * rows / parts * math.ceil(parts / busy)
    if ranks == 1:
        return compute
    sent = 2 * 4 * parameters * (busy - 1) / busy + 4 * parameters / busy * (ranks - busy)
    return compute + latency * (2 * (busy - 1) + math.log2(ranks)) + sent / bandwidth


def table(name, ms_of_row, parameters, memory):
    print(f"\n{name}: {ms_of_row:.4f} ms a row on one core, {parameters / 1e6:.2f} million parameters")
    print("| batch | wire | " + " | ".join(f"{n} ranks" for n in RANKS) + " |")
    print("|---|---|" + "---|" * len(RANKS))
    for rows in (128, 1024, 8192, 131072):
        for wire, latency, bandwidth in WIRES:
            if latency is None:
                latency, bandwidth = memory
            one = step(ms_of_row, rows, parameters, 1, latency, bandwidth)
            gains = [one / step(ms_of_row, rows, parameters, n, latency, bandwidth)
                     for n in RANKS if wire != WIRES[0][0] or n <= 64]
            print(f"| {rows} | {wire} | " + " | ".join(f"{g:.1f}" for g in gains) +
                  " | " * (len(RANKS) - len(gains)) + " |")


if __name__ == "__main__":
    latency, bandwidth = float(sys.argv[1]) * 1e-6, float(sys.argv[2]) * 1e9  # measured: us, GB/s
    for words in sys.argv[3:]:
        name, ms, rows, parameters = words.split(",")
        table(name, float(ms) / float(rows), float(parameters), (latency, bandwidth))
