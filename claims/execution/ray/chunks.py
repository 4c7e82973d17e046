"""Chunks: seeds that are sent to the cluster as one task, and how many are sent at once."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import dataclass

from claims.execution.chunks import chunk_size
from claims.execution.estimates import STAGE
from claims.execution.jobs import Job
from claims.execution.machine import Machine
from claims.execution.measure import snapshots_digests
from claims.experiments.kinds import BoundExperiment
from claims.store.entries import Key

# chunks submitted at once: more than there is room for, so that a cluster that grows by demand sees
# the demand
IN_FLIGHT = 256
FILES = 2**16  # open at most: every lock is one
ANNOUNCED = 4  # chunks of a job whose records name all its seeds: enough for the display
# seeds of a chunk for GPUs that are not there yet: a cluster that grows by demand grows by the
# number of waiting tasks
UNSEEN = 8


@dataclass(frozen=True)
class Chunk:
    """Seeds of one job that are measured together. `seeds` lack observations; `asked` is what the
    display shows as the whole.
    """

    job: Job
    experiment: BoundExperiment
    digest: str
    snapshots: tuple[str, ...]  # digests, in one order for all drivers
    seeds: tuple[int, ...]
    asked: tuple[int, ...]

    def key(self, seed: int) -> Key:
        """Of a seed's observations."""
        return Key(STAGE, self.digest, seed)


def split(
    job: Job,
    experiment: BoundExperiment,
    digest: str,
    seeds: Sequence[int],
    machine: Machine,
    slots: int,
) -> list[Chunk]:
    """Chunks of `seeds` that fit a node and keep all `slots` busy, 0 of which means that the
    cluster has no room yet.
    """
    device = machine.place(experiment).device
    if device == "cpu":
        together = chunk_size(experiment, device, len(seeds))
    else:  # a GPU that is there makes chunks of its own
        together = len(seeds) if slots else UNSEEN
    size = min(together, -(-len(seeds) // max(1, slots)))
    parts = [tuple(seeds[start : start + size]) for start in range(0, len(seeds), size)]
    snapshots = tuple(sorted(snapshots_digests(experiment, machine)))
    return [
        Chunk(job, experiment, digest, snapshots, part, job.seeds if i < ANNOUNCED else part)
        for i, part in enumerate(parts)
    ]


def at_once(chunks: Sequence[Chunk]) -> int:
    """How many chunks are submitted at once: as many as their locks may have files open, with the
    limit of this process raised as far as it may be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    # its observations', its snapshots', the record's and an entry
    of_one = max(len(chunk.seeds) * (1 + len(chunk.snapshots)) for chunk in chunks) + 2
    return max(1, min(len(chunks), IN_FLIGHT, (allowed - allowed // 4) // of_one))


__all__ = ["Chunk", "at_once", "split"]
