"""Observations of given seeds: fetched from the store, and measured where it lacks them, each seed
by exactly one process.

Any number of processes may call `measure` on one store at once. Each takes its share of the seeds
that no other has locked, and waits only for seeds that a running process has locked: correctness
rests on the store's locks alone, not on how work is distributed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from claims.execution.chunks import chunk_size
from claims.execution.estimates import STAGE, entry_info, expected_seconds
from claims.execution.machine import Machine, Placement
from claims.execution.progress import RecordedProgress
from claims.experiments.context import Context, snapshots_digest
from claims.experiments.digests import digest_of
from claims.experiments.kinds import BoundExperiment
from claims.experiments.validation import validate_observations
from claims.store.activity import register_process
from claims.store.entries import Entry, Key, Store

if TYPE_CHECKING:
    import xarray


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
    experiment: BoundExperiment, seeds: Sequence[int], machine: Machine, store: Store
) -> xarray.Dataset:
    """Observations of `seeds` in the order given: a Dataset whose first dimension is `seed`."""
    if experiment.available_seeds is not None:
        observed = experiment.measure(seeds)
        return validate_observations(observed, experiment, seeds)
    placement = machine.place(experiment)
    digest = _observations_digest(experiment, placement)
    keys = {seed: Key(STAGE, digest, seed) for seed in seeds}
    share = max(1, -(-len(keys) // placement.workers))

    def produce(missing: list[int]) -> None:
        _produce(experiment, missing, placement, store, keys)

    entries = _fill(store, keys, share, produce)
    return _assemble(seeds, [entries[seed] for seed in seeds])


def plan(experiment: BoundExperiment, seeds: Sequence[int], machine: Machine, store: Store) -> Plan:
    """What `measure` would do, without doing it."""
    if experiment.available_seeds is not None:
        return Plan(len(seeds), len(seeds), 0, 0.0)
    placement = machine.place(experiment)
    digest = _observations_digest(experiment, placement)
    cached = sum(store.has(Key(STAGE, digest, seed)) for seed in seeds)
    missing = len(seeds) - cached
    each = expected_seconds(experiment, machine, store) if missing else 0.0
    seconds = None if each is None else each * missing / placement.workers
    return Plan(len(seeds), cached, missing, seconds)


def observations_digest(experiment: BoundExperiment, machine: Machine) -> str:
    """Names what a seed's observations depend on besides the seed."""
    return _observations_digest(experiment, machine.place(experiment))


def snapshots_digests(experiment: BoundExperiment, machine: Machine) -> tuple[str, ...]:
    """Names what a seed's snapshots depend on besides seed and part, one for each way of training;
    empty where the experiment keeps none.
    """
    identity = machine.place(experiment).identity()
    identities = experiment.implementation.snapshot_identities()
    return tuple(snapshots_digest(of, identity, experiment.code) for of in identities)


def _observations_digest(experiment: BoundExperiment, placement: Placement) -> str:
    return digest_of({"experiment": experiment.identity(), "machine": placement.identity()})


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
            with store.lock(stage, digest, missing[0]):  # until its holder releases it, or ends
                pass
        missing = fetch(missing)
    return found


def _produce(
    experiment: BoundExperiment,
    seeds: list[int],
    placement: Placement,
    store: Store,
    keys: Mapping[int, Key],
) -> None:
    """Measure seeds and store each as an entry of its own, in chunks that fit the working set."""
    size = chunk_size(experiment, placement.device, len(seeds))
    about = {"digest": keys[seeds[0]].digest, "kind": experiment.kind, "asked": list(keys)}
    with register_process(store, **about) as record:
        for start in range(0, len(seeds), size):
            chunk, began = seeds[start : start + size], time.monotonic()
            progress = RecordedProgress(record, tuple(chunk))
            progress.start(0)
            context = Context(
                placement.device,
                placement.precision,
                placement.threads_each,
                placement.identity(),
                progress,
                store,
                experiment.code,
            )
            observed = experiment.measure(chunk, context)
            observed = validate_observations(observed, experiment, chunk)
            seconds = (time.monotonic() - began) / len(chunk)
            made = {"seconds": seconds, "resumed": progress.resumed}
            for seed in chunk:
                arrays, info = _one_seed(observed, seed)
                store.save(keys[seed], arrays, info | entry_info(experiment, placement) | made)
            experiment.implementation.on_stored(chunk, context)


def _one_seed(observed: xarray.Dataset, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
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
