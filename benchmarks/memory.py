"""Peak memory of one process at CIFAR size, both shipped experiments: `python -m benchmarks.memory
[--seeds 16] [--width 512]`.

Synthetic data of CIFAR-10's shape (50,000 + 10,000 examples of 3,072 numbers): memory does not
depend on what the pictures show. Epochs are cut to a few steps, since every step uses the same
memory as the last, and there is one snapshot; losses are taken on a slice of the held-out data, for
the same reason. Chunks, arms, probe and store are real.
"""

from __future__ import annotations

import argparse
import functools
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

N_TRAIN, N_HELD, N_IN, N_CLASSES = 50_000, 10_000, 3072, 10
STEPS = 4  # of an epoch
SLICE = 512  # held-out examples that losses are taken on; their states are there for all
NAME = "synthetic-cifar"
KINDS = {
    "snapshot_sweep": "models.experiments.snapshot_sweep:SnapshotSweep",
    "online_training": "models.experiments.online_training:OnlineTraining",
}


def synthetic(name: str):
    """Noise in CIFAR-10's shape."""
    from models.datasets import Arrays

    rng = np.random.default_rng(0)
    x = rng.standard_normal((N_TRAIN + N_HELD, N_IN), dtype=np.float32)
    y = rng.integers(0, N_CLASSES, N_TRAIN + N_HELD)
    return Arrays(x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:], N_CLASSES)


def install() -> None:
    """The synthetic data set in the place of the real ones, and short epochs."""
    from models import datasets, probe
    from models.experiments import takeover
    from models.training import Trainer, evaluate

    datasets.NAMES = (NAME,)
    datasets.load = functools.lru_cache(synthetic)
    datasets.fingerprint = lambda name: name
    original = Trainer.__init__

    def short(self, *args, **options):
        original(self, *args, **options)
        self.n_steps = STEPS

    Trainer.__init__ = short
    probe._ProbedBlocks._held_loss = first_slice(probe._ProbedBlocks._held_loss)
    takeover.evaluate = probe.evaluate = lambda network, params, data: evaluate(
        network, params, replace(data, held_x=data.held_x[:SLICE], held_y=data.held_y[:SLICE])
    )


def first_slice(held_loss):
    """Held-out loss on the first slice alone: every other uses the same memory, and hours."""

    def sliced(self, params):
        held, normed, data = self.held, self.held_normed, self.snapshot.data
        self.held, self.held_normed = held[:, :SLICE], normed[:, :SLICE]
        self.snapshot = replace(self.snapshot, data=replace(data, held_y=data.held_y[:SLICE]))
        try:
            return held_loss(self, params)
        finally:
            self.held, self.held_normed, self.snapshot = (
                held,
                normed,
                replace(self.snapshot, data=data),
            )

    return sliced


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument(
        "--fit-batches", type=int, default=20, help="as many as 400 use the same memory"
    )
    parser.add_argument("--kind", choices=tuple(KINDS), default="snapshot_sweep")
    chosen = parser.parse_args()
    install()
    from claims.execution.chunks import chunk_size
    from claims.execution.machine import Machine
    from claims.execution.measure import measure
    from claims.experiments.kinds import create
    from claims.store.entries import Store

    network = {"width": chosen.width, "blocks": chosen.blocks}
    train = {"epochs": 4, "batch": 128, "lr": 1e-4}
    if chosen.kind == "snapshot_sweep":
        options = {
            "dataset": NAME,
            "network": network,
            "train": train,
            "snapshots": [1],
            "probe": {"lr": 0.002, "fit_batches": chosen.fit_batches},
        }
    else:
        options = {
            "dataset": NAME,
            "network": network,
            "train": train,
            "takeover": [0, 1, 2, 3, "never"],
        }
    experiment, machine = create(KINDS[chosen.kind], options, Path(".")), Machine()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        measure(experiment, range(chosen.seeds), machine, Store(Path(folder)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    print(
        f"{chosen.kind}: {chosen.seeds} seeds, width {chosen.width}, {chosen.blocks} "
        f"blocks, {N_IN} inputs; chunks of "
        f"{chunk_size(experiment, 'cpu', chosen.seeds)}; "
        f"{(experiment.implementation.bytes_of_seed() or 0) / 2**20:.0f} MiB a seed; "
        f"peak {peak / 2**30:.2f} GiB (data {4 * (N_TRAIN + N_HELD) * N_IN / 2**30:.2f}); "
        f"{time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
