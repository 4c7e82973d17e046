"""Peak memory of one process at CIFAR size, both shipped experiments: `python -m benchmarks.memory [--seeds 16] [--width 512]`.

Synthetic data of CIFAR-10's shape (50,000 + 10,000 examples of 3,072 numbers): memory does not depend on what the pictures show. Epochs are cut
to a few steps, since every step uses the same memory as the last, and there is one snapshot; chunks, arms, probe and store are real.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

N_TRAIN, N_HELD, N_IN, N_CLASSES = 50_000, 10_000, 3072, 10
STEPS = 4  # of an epoch
NAME = "synthetic-cifar"


def synthetic(name: str):
    """Noise in CIFAR-10's shape."""
    from models.datasets import Arrays

    rng = np.random.default_rng(0)
    x = rng.standard_normal((N_TRAIN + N_HELD, N_IN), dtype=np.float32)
    y = rng.integers(0, N_CLASSES, N_TRAIN + N_HELD)
    return Arrays(x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:], N_CLASSES)


def install() -> None:
    """The synthetic data set in the place of the real ones, and short epochs."""
    import functools

    from models import datasets
    from models.training import Trainer

    datasets.NAMES = (NAME,)
    datasets.load = functools.lru_cache(synthetic)
    datasets.fingerprint = lambda name: name
    original = Trainer.__init__

    def short(self, *args, **options):
        original(self, *args, **options)
        self.n_steps = STEPS

    Trainer.__init__ = short


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--fit-batches", type=int, default=20, help="as many as 400 use the same memory")
    parser.add_argument("--kind", choices=("snapshot_sweep", "online_training"), default="snapshot_sweep")
    chosen = parser.parse_args()
    install()
    from models.experiment import create
    from models.measure import Machine, _chunk, measure
    from models.snapshots import Store

    network = {"width": chosen.width, "blocks": chosen.blocks}
    train = {"epochs": 4, "batch": 128, "lr": 1e-4}
    if chosen.kind == "snapshot_sweep":
        options = {"dataset": NAME, "network": network, "train": train, "snapshots": [1], "probe": {"lr": 0.002, "fit_batches": chosen.fit_batches}}
    else:
        options = {"dataset": NAME, "network": network, "train": train, "takeover": [0, 1, 2, 3, "never"]}
    experiment, machine = create(chosen.kind, options, Path(".")), Machine()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        measure(experiment, range(chosen.seeds), machine, Store(Path(folder)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"{chosen.kind}: {chosen.seeds} seeds, width {chosen.width}, {chosen.blocks} blocks, {N_IN} inputs; chunks of "
          f"{_chunk(experiment, machine, chosen.seeds)}; {experiment.implementation.bytes_of_seed() / 2**20:.0f} MiB a seed; "
          f"peak {peak / 2**30:.2f} GiB (data {4 * (N_TRAIN + N_HELD) * N_IN / 2**30:.2f}); {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
