"""Processes that work on a store for the tests, forked from one that has torch loaded, and what can
happen to them.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from pathlib import Path

import numpy as np

from claims.execution.machine import Machine
from claims.execution.measure import measure
from claims.experiments.context import SNAPSHOTS
from claims.store import entries
from claims.store.entries import LOCK_SUFFIX, PART_SUFFIX, Store
from claims.store.pruning import DAMAGED_SUFFIX, list_entries, live_records
from models.training import Trainer
from tests.support.experiments import create

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.support.workers"])
SWEEP = {
    "dataset": "digits",
    "network": {"width": 8, "blocks": 1},
    "train": {"epochs": 200, "batch": 64},
    "snapshots": [10, 25, 50, 100, 200],
    "probe": {"lr": 0.01, "batch": 16, "batches": 8, "fit_batches": 2, "fit_batch": 16, "steps": 1},
}
ONLINE = {
    "dataset": "digits",
    "network": {"width": 8, "blocks": 1},
    "train": {"epochs": 5, "batch": 64},
    "takeover": [0, "never"],
}
EXPERIMENTS = {"snapshot_sweep": SWEEP, "online_training": ONLINE}


def experiment(kind="snapshot_sweep", **changes):
    return create(kind, {**EXPERIMENTS[kind], **changes}, Path("."))


def hire(store, seeds, *, n=1, kinds=("snapshot_sweep",), accident=None, **changes):
    """Start n processes that measure; `accident(process number)` runs in each first. They are
    leaders of no group: killing one spares the rest.
    """
    workers = [
        CONTEXT.Process(
            target=_work, args=(store.root, seeds, n, kinds, accident, changes), daemon=True
        )
        for _ in range(n)
    ]
    for worker in workers:
        worker.start()
    return workers


def _work(root, seeds, n, kinds, accident, changes):
    if accident is not None:
        accident()
    for kind in kinds:
        # two or more: one thread each
        measure(experiment(kind, **changes), seeds, Machine(workers=max(2, n)), Store(root))


class DieInWrite:
    """Killed in the n-th write of an entry, when all bytes are in the temporary file."""

    def __init__(self, n):
        self.n = n

    def __call__(self):
        left, replace = [self.n], os.replace

        def dying(source, target):
            if str(source).endswith(".safetensors" + PART_SUFFIX):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return replace(source, target)

        entries.os.replace = dying


class DieAtEpoch:
    """Killed when training has come to an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def __call__(self):
        original = Trainer.run_epoch

        def dying(trainer):
            if trainer.epoch == self.epoch:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(trainer)

        Trainer.run_epoch = dying


class SmallFiles:
    """No file may grow beyond so many bytes: the operating system refuses the write, as on a full
    disk.
    """

    def __init__(self, size):
        self.size = size

    def __call__(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))


def until(condition, seconds=60.0):
    """Wait for a condition, checked often; returns its value, falsy after `seconds`."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.002)
    return value


def training(store):
    """Records of those who are in the middle of training."""
    with contextlib.suppress(OSError):
        return [r for r in live_records(store) if r.get("doing") == "training" and r.get("epochs")]
    return []


def arrays_of(store):
    """{entry: {name: bytes}} of all that is stored, checksums verified, but for what was set
    aside.
    """
    found = {}
    for entry in list_entries(store):
        if not entry.damaged:
            key = key_of(entry)
            stored = store.fetch(key)
            found[str(key.relative)] = {
                name: (a.dtype.str, a.shape, a.tobytes()) for name, a in stored.arrays.items()
            }
    return found


def key_of(entry):
    _, seed, *part = (
        entry.path.name.removesuffix(DAMAGED_SUFFIX).removesuffix(".safetensors").split("-", 2)
    )
    return entries.Key(entry.stage, entry.digest, int(seed), *part)


def leftovers(root):
    """Temporary files, locks and records: none may be left after a clean run."""
    return [
        str(p)
        for p in Path(root).rglob("*")
        if p.suffix in (PART_SUFFIX, LOCK_SUFFIX) or p.parent.name == "working"
    ]


def same(a, b):
    """Two datasets equal to the last bit."""
    return all(
        np.array_equal(a[name].values, b[name].values, equal_nan=True) for name in a.data_vars
    ) and set(a) == set(b)


__all__ = ["SNAPSHOTS"]
