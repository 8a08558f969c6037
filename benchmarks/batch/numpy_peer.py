#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The peers of metapool_batch: numpy's whole-array common effect and DerSimonian-Laird, statsmodels' combine_effects one by one (Debian: python3-numpy,
python3-statsmodels). Same data, both in huge pages (numpy asks Linux for them), processor time, medians; the answers must agree to 1e-8.

    python3 benchmarks/batch/numpy_peer.py build/benchmarks/bin/metapool_batch
"""
import os
import subprocess
import sys
import tempfile
import time

import numpy as np


def common(y, v):
    w = 1 / v
    sw = w.sum(axis=0)
    mean = (w * y).sum(axis=0) / sw
    return mean, np.sqrt(1 / sw)


def dersimonian_laird(y, v):
    w = 1 / v
    sw = w.sum(axis=0)
    mean = (w * y).sum(axis=0) / sw
    q = (w * (y - mean) ** 2).sum(axis=0)
    c = sw - (w * w).sum(axis=0) / sw
    tau2 = np.maximum(0, (q - (y.shape[0] - 1)) / c)
    w = 1 / (v + tau2)
    sw = w.sum(axis=0)
    return (w * y).sum(axis=0) / sw, np.sqrt(1 / sw), tau2, q


def median_time(f, runs=7):
    f()
    times = []
    first = time.process_time()
    while len(times) < runs or time.process_time() - first < 0.25:
        start = time.process_time()
        answer = f()
        times.append(time.process_time() - start)
    return sorted(times)[len(times) // 2], answer


def main(program):
    rng = np.random.default_rng(1)
    k = 10
    for m in (10_000, 1_000_000):
        v = 0.01 * 30 ** rng.random((k, m))
        tau2 = np.where(rng.random(m) < 0.3, 0, 0.05)
        y = 0.2 + np.sqrt(v + tau2) * rng.standard_normal((k, m))
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "columns")
            with open(name, "wb") as out:
                out.write(y.tobytes())
                out.write(v.tobytes())
            lines = subprocess.run([program, name, str(k), str(m)], check=True, capture_output=True, text=True).stdout.splitlines()
        ours = {line.split()[0]: [float(x) for x in line.split()[1:]] for line in lines}
        for what, f in (("common", lambda: common(y, v)), ("DL", lambda: dersimonian_laird(y, v))):
            seconds, answer = median_time(f)
            error = abs(answer[0].sum() - ours[what][1]) / m
            if what == "DL":
                error = max(error, abs(answer[2].sum() - ours[what][2]) / m)
            if not error < 1e-8:
                sys.exit(f"{what}: the answers differ by {error} a column")
            print(f"{m:8d} columns  {what:7s} numpy {1e3 * seconds:9.3f} ms  metapool {1e3 * ours[what][0]:9.3f} ms  ratio {seconds / ours[what][0]:6.1f}")
        for what in ("PM", "REML"):
            print(f"{m:8d} columns  {what:7s}                    metapool {1e3 * ours[what][0]:9.3f} ms")
        if m == 10_000:
            try:
                from statsmodels.stats.meta_analysis import combine_effects
            except ImportError:
                continue
            few = 300
            seconds, _ = median_time(lambda: [combine_effects(y[:, c], v[:, c], method_re="dl") for c in range(few)], 3)
            print(f"{m:8d} columns  DL      statsmodels {1e3 * seconds * m / few:9.1f} ms (of {few})  ratio {seconds * m / few / ours['DL'][0]:6.0f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
