"""What an experiment is handed when it measures: where to run, where snapshots go, progress."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from claims.experiments.digests import digest_of
from claims.experiments.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from claims.store.entries import Store

SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class Context:
    """Where and how to measure. `Context()` is a CPU, one thread, and no store.

    device: as `Experiment.resolve_device` gave it; precision: one of `Experiment.precisions`, ""
    where there are none; threads: this process's share of the cores; progress: takes word of it;
    machine: what of the machine is part of every key; code: gives the kind and a digest of its
    source, part of the key of snapshots whose identity names no `source`; store: keeps snapshots.
    """

    device: str = "cpu"
    precision: str = ""
    threads: int = 1
    machine: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    store: Store | None = None
    code: Callable[[], Mapping[str, Any]] = dict

    def snapshots(self, identity: Mapping[str, Any]) -> Snapshots | None:
        """Where snapshots with this identity (see `Experiment.snapshot_identities`) are kept; None
        where nothing is.
        """
        if self.store is None:
            return None
        digest = snapshots_digest(identity, self.machine, self.code)
        return Snapshots(self.store, digest)


def snapshots_digest(
    identity: Mapping[str, Any],
    machine: Mapping[str, Any],
    code: Callable[[], Mapping[str, Any]],
) -> str:
    """Names what snapshots depend on besides seed and part. An identity with a `source` of its own
    may be shared by several kinds; any other is of the kind and source that `code` names.
    """
    own = dict(identity) if "source" in identity else {**code(), **identity}
    return digest_of({"snapshots": own, "machine": dict(machine)})


@dataclass(frozen=True)
class Snapshots:
    """Saved states, one entry a seed and part, shared by all processes that use the store.

    ("Snapshot" is the memo's word for a trained network's saved state; it has nothing to do with
    snapshot testing.) `part` names a state of a seed, such as "epoch-5": letters, digits and -.
    """

    store: Store
    digest: str

    def lock(self, seeds: Sequence[int]) -> contextlib.AbstractContextManager:
        """Hold the right to save and delete snapshots of `seeds`; waits for whoever has it."""
        return self.store.locks(SNAPSHOTS, self.digest, seeds, wait=True)

    def load(self, seed: int, part: str) -> Mapping[str, np.ndarray] | None:
        """The arrays of a snapshot, its checksum verified; None where it is missing or damaged."""
        entry = self.store.fetch(self._key(seed, part))
        return None if entry is None else entry.arrays

    def save(self, seed: int, part: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a snapshot whole or not at all. Under `lock` only."""
        self.store.save(self._key(seed, part), arrays, {})

    def delete(self, seed: int, part: str) -> None:
        """Remove a snapshot, if there is one. Under `lock` only."""
        self.store.delete(self._key(seed, part))

    def _key(self, seed: int, part: str):
        from claims.store.entries import Key

        return Key(SNAPSHOTS, self.digest, seed, part)
