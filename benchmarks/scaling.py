"""What the cluster costs, and where many seeds and claims bend: `python -m benchmarks.scaling
overhead` and `python -m benchmarks.scaling judge`.

overhead: the same seeds at CIFAR size by local worker processes and by Ray on a standing cluster of
one node with as many cores, alternated, each run a driver process of its own; processes start,
torch is imported and the data are made (or fetched) in both. Synthetic data of CIFAR-10's shape,
short epochs: see `benchmarks.memory`.

judge: 2,000 synthetic seeds stored, fetched once and judged on 200 claims, by one process.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

EPOCHS = 4
STEPS = "SCALING_STEPS"  # of an epoch; the environment reaches every process
SHAPES = (
    "dL_held({c}, epoch={e}) < {x}",
    "dL_same({c}, epoch={e}) < dL_held({c}, epoch={e})",
    "approx(accuracy(epoch={e}), {x}, within=0.4)",
    "update_power({c}, epoch={e}) << update_variance({c}, epoch={e})",
    "dL_held({c}, epoch=5) < dL_held({c}, epoch=20) < dL_held({c}, epoch=100)",
)
SWEEP = "models.experiments.snapshot_sweep:SnapshotSweep"


def install() -> None:
    """The synthetic data set and short epochs, in this process."""
    from benchmarks import memory

    memory.STEPS = int(os.environ[STEPS])
    memory.install()


def install_on_node() -> None:
    """The same in a worker of the cluster, which is handed its data."""
    from models import datasets

    kept = datasets.load, datasets.fingerprint
    install()
    datasets.load, datasets.fingerprint = kept


if __name__ == "__mp_main__":
    install()  # a process of `Processes`, which imports this module first


def one(executor: str, seeds: int, cores: int, width: int) -> float:
    """Seconds of one executor's run in this process, on an empty store."""
    install()
    from benchmarks.memory import NAME
    from claims.execution.jobs import Job
    from claims.execution.local import Processes
    from claims.execution.machine import Machine
    from claims.execution.ray import Ray
    from claims.store.entries import Store

    options = {
        "dataset": NAME,
        "network": {"width": width, "blocks": 4},
        "train": {"epochs": EPOCHS, "batch": 128, "lr": 1e-4},
        "snapshots": [EPOCHS],
        "probe": {"lr": 0.002, "fit_batches": 20, "batches": 8},
    }
    if executor == "ray":
        import ray

        ray.init(
            address=os.environ["SCALING_CLUSTER"],
            logging_level=logging.ERROR,
            log_to_driver=False,
            runtime_env={"worker_process_setup_hook": "benchmarks.scaling.install_on_node"},
        )
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        failures = (Ray() if executor == "ray" else Processes(cores)).run(
            [Job("scaling", SWEEP, options, Path("."), tuple(range(seeds)))],
            Machine(),
            Store(Path(folder)),
        )
        seconds = time.monotonic() - began
    if failures:
        sys.exit(f"{failures}")
    return seconds


def overhead(runs: int, seeds: int, cores: int, width: int, steps: int) -> None:
    from claims.execution.ray.connection import QUIET

    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": os.urandom(16).hex()}
    # nodes inherit it: they import this module
    os.environ.update(
        QUIET | token | {STEPS: str(steps), "PYTHONPATH": str(Path(__file__).parent.parent)}
    )
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": cores,
            "object_store_memory": 3 * 2**30,
            "include_dashboard": False,
        },
    )
    os.environ["SCALING_CLUSTER"] = str(cluster.address)
    seconds: dict[str, list[float]] = {"processes": [], "ray": []}
    try:
        for _ in range(runs):
            for name, found in seconds.items():
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.scaling",
                    "one",
                    name,
                    "--seeds",
                    str(seeds),
                    "--cores",
                    str(cores),
                    "--width",
                    str(width),
                ]
                found.append(
                    float(
                        subprocess.run(
                            command, check=True, stdout=subprocess.PIPE, text=True
                        ).stdout.split()[-1]
                    )
                )
                print(f"{name:10s} {found[-1]:7.1f} s", flush=True)
    finally:
        cluster.shutdown()
    local, ray = (statistics.median(found) for found in seconds.values())
    print(
        f"{seeds} seeds, width {width}, {EPOCHS} epochs of {steps} steps, {cores} cores, "
        f"{runs} runs each: processes median {local:.1f} s, "
        f"ray {ray:.1f} s, overhead {100 * (ray / local - 1):+.1f} %"
    )


def claim_file(n_claims: int, n_seeds: int) -> str:
    """`n_claims` claims in five shapes on one experiment."""
    credits, epochs = ("vec", "dfa", "oracle"), (5, 20, 100)
    lines = [
        f"version: 1\ndefaults: {{seeds: {n_seeds}}}\nmemos: {{M: {{title: "
        f"Many}}}}\nexperiments:\n  sweep:\n    kind: "
        "models.experiments.snapshot_sweep:SnapshotSweep\n    dataset: digits\n"
        "    probe: {lr: 0.015}\nclaims:"
    ]
    for i in range(n_claims):
        expression = SHAPES[i % len(SHAPES)].format(
            c=credits[i % 3], e=epochs[i // 3 % 3], x=round(0.1 + i / 1000, 3)
        )
        lines.append(
            f'  c{i}: {{memo: M, where: here, says: Claim {i}., expect: "{expression}", '
            f"expected: supported}}"
        )
    return "\n".join(lines) + "\n"


def synthetic(experiment, seeds: range) -> Iterator[tuple[int, dict, dict]]:
    """(seed, arrays, info) as measuring would store them: gamma draws with the metrics' own
    dimensions.
    """
    import numpy as np

    described = {
        name: {**dims, **({"batch": tuple(range(16))} if name.startswith("dL") else {})}
        for name, dims in experiment.describe().items()
    }
    dims = {name: list(labels) for name, labels in described.items()}
    labels = {
        dim: list(values)
        for by_dim in described.values()
        for dim, values in by_dim.items()
        if dim != "batch"
    }
    for seed in seeds:
        rng = np.random.default_rng(seed)
        arrays = {
            name: rng.gamma(4, 0.1, [len(values) for values in by_dim.values()])
            for name, by_dim in described.items()
        }
        yield (
            seed,
            arrays,
            {"dims": dims, "labels": labels, "kind": "snapshot_sweep", "seconds": 1.0},
        )


def judge_many(n_seeds: int, n_claims: int) -> None:
    from claims.execution.machine import Machine
    from claims.execution.measure import STAGE, observations_digest
    from claims.run import Run
    from claims.schema import load_suite
    from claims.store.entries import Key, Store

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claims.yaml")
        path.write_text(claim_file(n_claims, n_seeds), encoding="utf-8")
        suite, store, machine = load_suite(path), Store(Path(folder, "store")), Machine()
        experiment = next(iter(suite.experiments.values())).experiment("default")
        digest = observations_digest(experiment, machine)
        began = time.monotonic()
        for seed, arrays, info in synthetic(experiment, range(n_seeds)):
            store.save(Key(STAGE, digest, seed), arrays, info)
        stored = time.monotonic()
        run = Run(suite, (), machine, store)
        run.measure(suite.claims[0].spec, "default", range(n_seeds))
        fetched = time.monotonic()
        evidence = [run.judge(claim, setting) for claim, setting in run.cases()]
        judged = time.monotonic()
        size = sum(p.stat().st_size for p in store.root.rglob("*.safetensors")) / n_seeds
    if wrong := [f"{e.id}: {e.reason}" for e in evidence if e.verdict == "error"]:
        sys.exit(f"{len(wrong)} claims could not be judged: {wrong[0]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    print(
        f"{n_seeds} seeds x {n_claims} claims: stored {stored - began:.1f} s "
        f"({size / 1024:.1f} KiB a seed), fetched {fetched - stored:.1f} s, "
        f"judged {judged - fetched:.1f} s; in all {judged - began:.1f} s "
        f"({time.process_time():.1f} s of CPU), peak {peak / 2**30:.2f} GiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("overhead", "judge", "one"))
    parser.add_argument("executor", nargs="?", choices=("processes", "ray"), help="of `one`")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seeds", type=int, help="4 for overhead, 2000 for judge")
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--steps", type=int, default=40, help="of an epoch; CIFAR-10 has 390")
    chosen = parser.parse_args()
    if chosen.what == "one":
        print(f"{one(chosen.executor, chosen.seeds or 4, chosen.cores, chosen.width):.2f}")
    elif chosen.what == "overhead":
        overhead(chosen.runs, chosen.seeds or 4, chosen.cores, chosen.width, chosen.steps)
    else:
        judge_many(chosen.seeds or 2000, chosen.claims)


if __name__ == "__main__":
    main()
