"""Seeds wanted -> observations: what the store has is fetched, what is missing is trained and
probed, each seed by exactly one process.

Any number of processes may call `measure` on one store at once. Each takes its share of the seeds
that nobody works on, and waits only for seeds that a living process holds: correctness rests on the
store's locks alone, not on how work was handed out.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.experiments.base import Configured, Settings, digest_of
from claims.experiments.validation import admitted
from claims.store.activity import Progress, present
from claims.store.entries import ENTRY_SUFFIX, Entry, Key, Store
from claims.store.pruning import info_of
from models.devices import placed, seeds_in_memory

if TYPE_CHECKING:
    import xarray

STAGE = "observations"
EARLIER = 8  # entries that an expected time is taken from
# bytes trained at once: stacks of small networks slow down where they outgrow the caches
CPU_WORKING_SET = 12 * 2**20
FEWEST_AT_ONCE = 8  # networks that outgrow them one by one are as fast in stacks as alone
PRECISIONS = ("fp32", "bf16")  # of training's matrix products; the first is the usual
# bytes that no chunk goes beyond, unless a single seed does: forking arms and probing take as much
# again and more
LARGEST_WORKING_SET = 2**30


@dataclass(frozen=True)
class Machine:
    """Where missing work runs. `workers`: processes that share this store and the cores, this one
    included. `threads`: each one's; 0: its share.
    """

    device: str = "cpu"
    precision: str = "fp32"
    workers: int = 1
    threads: int = 0

    def identity(self) -> dict[str, str]:
        """What of the machine determines results: library version, kind of device, precision."""
        return {
            "torch": importlib.metadata.version("torch"),
            "device": self.device.partition(":")[0],
            "precision": self.precision,
        }

    def as_worker(self, number: int, workers: int) -> Machine:
        """As the process numbered `number` (from 0) of `workers` sees it. On GPUs one process of
        each trains what there is on its device; the others wait for it.
        """
        if self.device != "cuda" or workers == 1:
            return replace(self, workers=workers)
        device, n_devices = placed(self.device, number)
        return replace(self, device=device, workers=min(workers, n_devices))


@dataclass(frozen=True)
class Plan:
    """What measuring would take: seeds asked, stored and missing; `seconds` by what earlier seeds
    with these settings took, whatever the code was then; None without any.
    """

    total: int
    cached: int
    missing: int
    seconds: float | None


def measure(
    experiment: Configured, seeds: Sequence[int], machine: Machine, store: Store
) -> xarray.Dataset:
    """Observations of `seeds` in the order given: a Dataset whose first dimension is `seed`."""
    if experiment.available_seeds is not None:
        return admitted(experiment.measure(seeds, machine.device), experiment, seeds)
    digest = observations_digest(experiment, machine)
    keys = {seed: Key(STAGE, digest, seed) for seed in seeds}
    share = max(1, -(-len(keys) // machine.workers))
    entries = _fill(
        store, keys, share, lambda missing: _produce(experiment, missing, machine, store, keys)
    )
    return _assemble(seeds, [entries[seed] for seed in seeds])


def plan(experiment: Configured, seeds: Sequence[int], machine: Machine, store: Store) -> Plan:
    """What `measure` would do, without doing it."""
    if experiment.available_seeds is not None:
        return Plan(len(seeds), len(seeds), 0, 0.0)
    digest = observations_digest(experiment, machine)
    cached = sum(store.has(Key(STAGE, digest, seed)) for seed in seeds)
    missing = len(seeds) - cached
    each = expected_seconds(experiment, machine, store) if missing else 0.0
    return Plan(
        len(seeds), cached, missing, None if each is None else each * missing / machine.workers
    )


def observations_digest(experiment: Configured, machine: Machine) -> str:
    """Names what a seed's observations depend on besides the seed."""
    return digest_of({"experiment": experiment.identity(), "machine": machine.identity()})


def snapshots_digests(experiment: Configured, machine: Machine) -> tuple[str, ...]:
    """Names what a seed's snapshots depend on besides seed and epoch, one for each way of training;
    empty where the experiment keeps none.
    """
    names = getattr(experiment.implementation, "snapshots_digests", None)
    return names(machine.identity()) if names else ()


def _fill(
    store: Store, keys: Mapping[int, Key], share: int, produce: Callable[[list[int]], None]
) -> dict[int, Entry]:
    """Every entry of `keys`, each missing one produced by exactly one of the processes that ask for
    it.
    """
    found: dict[int, Entry] = {}

    def fetch(seeds: Sequence[int]) -> list[int]:
        """Fetch what is there; returns the seeds that are not."""
        for seed in seeds:
            entry = store.fetch(keys[seed])
            if entry is not None:
                found[seed] = entry
        return [seed for seed in seeds if seed not in found]

    missing = fetch(list(keys))
    while missing:
        stage, digest = keys[missing[0]].stage, keys[missing[0]].digest
        with store.locks(stage, digest, missing, at_most=share) as mine:
            lacking = fetch(mine)  # another process may have made them since
            if lacking:
                produce(lacking)
        if not mine:
            with store.lock(stage, digest, missing[0]):  # freed by the system should its holder die
                pass
        missing = fetch(missing)
    return found


def _produce(
    experiment: Configured,
    seeds: list[int],
    machine: Machine,
    store: Store,
    keys: Mapping[int, Key],
) -> None:
    """Measure seeds and store each as an entry of its own, in chunks that fit the working set."""
    size = _chunk(experiment, machine, len(seeds))
    with present(
        store, digest=keys[seeds[0]].digest, kind=experiment.kind, asked=list(keys)
    ) as record:
        for start in range(0, len(seeds), size):
            chunk, began = seeds[start : start + size], time.monotonic()
            settle(machine, len(chunk))
            progress = Progress(record, tuple(chunk))
            progress.start(0)
            resources = (
                {"store": store, "machine": machine.identity(), "progress": progress}
                if experiment.trains
                else {}
            )
            observed = admitted(
                experiment.measure(chunk, machine.device, **resources), experiment, chunk
            )
            seconds = (time.monotonic() - began) / len(chunk)
            about = _about(experiment, machine) | {"seconds": seconds, "resumed": progress.resumed}
            for seed in chunk:
                arrays, info = _cut(observed, seed)
                store.save(keys[seed], arrays, info | about)
            experiment.stored(chunk, store, machine.identity())


def _about(experiment: Configured, machine: Machine) -> dict[str, Any]:
    """What an entry says of its making, so that it can be listed and times be expected: settings as
    they are, the code left out.
    """
    settings = getattr(experiment.implementation, "settings", None)
    options = (
        settings.model_dump(mode="json")
        if isinstance(settings, Settings)
        else dict(experiment.options)
    )
    return {
        "kind": experiment.kind,
        "settings": digest_of(json.loads(json.dumps(options, default=str))),
        "machine": machine.identity(),
    }


def expected_seconds(experiment: Configured, machine: Machine, store: Store) -> float | None:
    """Seconds that a seed took in the newest entries with these settings (their median; those
    resumed halfway left out). None without any.
    """
    wanted, where = _about(experiment, machine), store.root / STAGE
    alike = lambda info: all(info.get(name) == wanted[name] for name in ("kind", "settings"))
    same_device = lambda info: info.get("machine", {}).get("device") == wanted["machine"]["device"]
    seconds: list[float] = []
    for folder in sorted(where.glob("*"), key=_changed, reverse=True):
        for path in folder.glob(f"seed-*{ENTRY_SUFFIX}"):
            info = info_of(path)
            if not (alike(info) and same_device(info)):
                break  # one folder, one experiment
            if not info.get("resumed"):
                seconds.append(info["seconds"])
            if len(seconds) == EARLIER:
                return statistics.median(seconds)
    return statistics.median(seconds) if seconds else None


def _changed(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def settle(machine: Machine, n_seeds: int) -> None:
    """Make the machine's GPU the process's own; on a CPU, share the cores between the workers. A
    stack of one seed runs on one thread: only there do more threads change the last bit.
    """
    import torch

    if machine.device != "cpu":
        index = torch.device(machine.device).index
        if index is not None:  # plain "cuda" is the current one
            torch.cuda.set_device(index)
        torch.backends.cuda.matmul.allow_tf32 = (
            False  # "fp32" in a key means fp32, whatever the environment says
        )
    else:
        cores = (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
        torch.set_num_threads(
            1 if n_seeds == 1 else machine.threads or max(1, cores // machine.workers)
        )


def _chunk(experiment: Configured, machine: Machine, n_seeds: int) -> int:
    bytes_of_seed = getattr(experiment.implementation, "bytes_of_seed", None)
    if bytes_of_seed is None:
        return n_seeds
    return min(
        n_seeds,
        seeds_at_once(bytes_of_seed())
        if machine.device == "cpu"
        else seeds_in_memory(machine.device, bytes_of_seed()),
    )


def seeds_at_once(each: int) -> int:
    """How many seeds of `each` bytes a CPU trains in one stack."""
    return max(1, CPU_WORKING_SET // each, min(FEWEST_AT_ONCE, LARGEST_WORKING_SET // each))


def _cut(observed: xarray.Dataset, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """One seed's observations as arrays, with dimensions and labels as plain JSON."""
    import numpy as np

    one = observed.sel(seed=seed)
    dims = {str(name): [str(d) for d in variable.dims] for name, variable in one.data_vars.items()}
    labels = {str(d): one[d].values.tolist() for d in one.dims if d in one.coords}
    arrays = {str(name): np.asarray(variable.values) for name, variable in one.data_vars.items()}
    return arrays, {"dims": dims, "labels": labels}


def _assemble(seeds: Sequence[int], entries: Sequence[Entry]) -> xarray.Dataset:
    """The seeds' entries put together along `seed`."""
    import numpy as np
    import xarray

    first = entries[0].info
    coords: dict[str, Any] = {"seed": list(seeds)}
    for dim, labels in first["labels"].items():
        values = np.empty(len(labels), dtype=object)
        values[:] = labels
        coords[dim] = (
            dim,
            values if len({type(label) for label in labels}) > 1 else np.array(labels),
        )
    variables = {
        name: (["seed", *dims], np.stack([e.arrays[name] for e in entries]))
        for name, dims in first["dims"].items()
    }
    return xarray.Dataset(variables, coords)
