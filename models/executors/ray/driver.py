"""The driver's side: chunks of seeds handed out under their locks, entries written as they come, the dead replaced, failures told once.

One thread a chunk. It holds the locks that a local worker would hold, so that any number of drivers and local runs share one store.
"""

from __future__ import annotations

import contextlib
import resource
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

from models.executors import Failure, Job
from models.executors.ray import Resources
from models.executors.ray.connection import ClusterError, Connection, Death
from models.executors.ray.failures import Failures, SeedFailure
from models.executors.ray.work import order
from models.experiment import Configured
from models.measure import STAGE, Machine, _chunk, observations_digest, snapshots_digests
from models.progress import Record, present
from models.snapshots import Key, Store, StoreError

SNAPSHOTS = "snapshots"
IN_FLIGHT = 256  # chunks handed out at once: more than there is room for, so that a cluster that grows by demand sees one
DEATHS = 3  # of a task's workers or nodes in a row, nothing having come back in between; then it is given up
FILES = 2**16  # open at most: every seed in hand is two locks
WAIT = 1.0  # seconds for which a chunk's thread waits for news
ANNOUNCED = 4  # chunks of a job whose records name all its seeds: enough for the display, which remembers


class Stopped(Exception):
    """Another chunk met what ends the run."""


@dataclass(frozen=True)
class Chunk:
    """Seeds of one job that are made together. `seeds` lack observations; `asked` is what the display is told."""

    job: Job
    experiment: Configured
    digest: str
    snapshots: tuple[str, ...]  # digests, in one order for all drivers
    seeds: tuple[int, ...]
    asked: tuple[int, ...]

    def key(self, seed: int) -> Key:
        """Of a seed's observations."""
        return Key(STAGE, self.digest, seed)


class Campaign:
    """One call of `Ray.run`."""

    def __init__(self, connection: Connection, machine: Machine, store: Store, resources: Resources, failures: Failures):
        self.connection, self.store, self.failures = connection, store, failures
        self.resources = resources.on(machine.device)
        self.machine = replace(machine, workers=1, threads=max(1, int(self.resources[0])))
        self.stopped = threading.Event()

    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Do all jobs."""
        made = [(job, job.experiment()) for job in jobs]
        try:
            slots = self.connection.slots(*self.resources)
            while chunks := [chunk for job, experiment in made for chunk in self._chunks(job, experiment, slots)]:
                if not self._round(chunks):
                    first = chunks[0]  # others work on all that is left: wait for one of them, or for its death
                    with self.store.lock(STAGE, first.digest, first.seeds[0]):
                        pass
        except (ClusterError, StoreError) as error:
            return [Failure(job.name, f"{type(error).__name__}: {error}") for job, _ in made]
        return [failure for job, experiment in made for failure in self._failures(job, experiment)]

    def _chunks(self, job: Job, experiment: Configured, slots: int) -> list[Chunk]:
        """What a job lacks, in chunks that fit a node and keep all of them busy."""
        digest = observations_digest(experiment, self.machine)
        seeds = tuple(s for s in job.seeds if self._lacks(digest, s))
        if not seeds:
            return []
        together = _chunk(experiment, self.machine, len(seeds)) if self.machine.device == "cpu" else len(seeds)  # a node's GPU cuts them further
        size = min(together, -(-len(seeds) // slots))
        parts = [seeds[start : start + size] for start in range(0, len(seeds), size)]
        snapshots = tuple(sorted(snapshots_digests(experiment, self.machine)))
        return [Chunk(job, experiment, digest, snapshots, part, job.seeds if i < ANNOUNCED else part) for i, part in enumerate(parts)]

    def _lacks(self, digest: str, seed: int) -> bool:
        """Whether a seed's observations are still to be made."""
        return self.failures.get(digest, seed) is None and self.store.fetch(Key(STAGE, digest, seed)) is None

    def _round(self, chunks: Sequence[Chunk]) -> int:
        """Hand out all chunks; returns how many seeds were free to be worked on."""
        with ThreadPoolExecutor(_at_once(chunks), thread_name_prefix="claims-ray") as pool:
            futures = [pool.submit(self._do, chunk) for chunk in chunks]
            try:
                return sum(future.result() for future in as_completed(futures))
            except BaseException:
                self.stopped.set()
                for future in futures:
                    future.cancel()
                raise

    def _do(self, chunk: Chunk) -> int:
        with contextlib.ExitStack() as held:
            mine = held.enter_context(self.store.locks(STAGE, chunk.digest, chunk.seeds))
            lacking = tuple(s for s in mine if self._lacks(chunk.digest, s))  # asked again: another may have made it, or seen it fail
            if lacking:
                for digest in chunk.snapshots:  # after the observations', as everywhere: no two wait for each other
                    held.enter_context(self.store.locks(SNAPSHOTS, digest, lacking, wait=True))
                about = {"digest": chunk.digest, "kind": chunk.experiment.kind, "asked": list(chunk.asked)}
                self._see_to(chunk, lacking, held.enter_context(present(self.store, **about)))
            return len(mine)

    def _see_to(self, chunk: Chunk, seeds: tuple[int, ...], record: Record) -> None:
        """Until each seed is stored or has failed. One that fails takes no other with it."""
        parts = [seeds]
        while parts:
            part = parts.pop()
            told = self._tried(chunk, part, record)
            if "failed" not in told:
                continue
            guilty = part if len(part) == 1 or "given up" in told else tuple(s for s in told["seeds"] if s in part)
            for seed in guilty:
                self.failures.add(chunk.digest, seed, SeedFailure(told["failed"], told["message"], bool(told["seeds"])))
            left = tuple(s for s in part if s not in guilty and not self.store.has(chunk.key(s)))
            parts += ([left] if guilty else [(s,) for s in left]) if left else []

    def _tried(self, chunk: Chunk, seeds: tuple[int, ...], record: Record) -> Mapping[str, Any]:
        """What a task said of these seeds; one that died is put in another's place, a bounded number of times. Raises ClusterError."""
        deaths = 0
        while True:
            came, told = self._listened(chunk, seeds, record, spread=deaths > 0)
            if not isinstance(told, Death):
                if "refused" in told:
                    raise ClusterError(told["refused"])
                if "failed" in told or all(self.store.has(chunk.key(s)) for s in seeds):
                    return told
                told = Death("it ended without its observations")
            deaths = 1 if came else deaths + 1
            if deaths >= DEATHS:
                return {"failed": "TaskDied", "message": f"given up when {deaths} tasks in a row had died, the last of {told.reason}", "seeds": [],
                        "given up": True}
            seeds = tuple(s for s in seeds if not self.store.has(chunk.key(s)))
            if not seeds:
                return {}

    def _listened(self, chunk: Chunk, seeds: tuple[int, ...], record: Record, *, spread: bool) -> tuple[int, Mapping[str, Any] | Death]:
        """One task: write what it sends. Returns how many entries came, and its end."""
        box, came = uuid.uuid4().hex, 0
        dataset = getattr(getattr(chunk.experiment.implementation, "settings", None), "dataset", None)
        asked = order(replace(chunk.job, seeds=seeds), self.machine, chunk.digest, dataset)
        given = [(vars(key), self.connection.put(self.store.path(key).read_bytes())) for key in self._stored(chunk, seeds)]
        task = self.connection.submit(box, asked, self.connection.data(dataset), given, self.resources, spread)
        try:
            over = False
            while not over:
                over = self.connection.ended(task)  # asked first: all that it sent is in the box then
                for kind, about, content in self.connection.take(box, 0.0 if over else WAIT):
                    over = over or kind == "end"
                    came += kind == "entry" and self._adopted(chunk, seeds, Key(**about), content)
                    if kind == "standing":
                        record.write(**about)
                if self.stopped.is_set():
                    raise Stopped
            return came, self.connection.result(task)
        except BaseException:
            self.connection.cancel(task)
            raise

    def _stored(self, chunk: Chunk, seeds: Sequence[int]) -> list[Key]:
        """Snapshots of these seeds that the store has, from this run or an earlier one: the task goes on from there."""
        if not chunk.snapshots:
            return []
        wanted = getattr(chunk.experiment.implementation.settings, "snapshots", ())
        keys = [Key(SNAPSHOTS, digest, seed, f"epoch-{epoch}") for digest in chunk.snapshots for seed in seeds for epoch in wanted]
        return [key for key in keys if self.store.fetch(key) is not None]

    def _adopted(self, chunk: Chunk, seeds: Sequence[int], key: Key, content: bytes) -> bool:
        """Whether an entry is one that was asked for, whole, and now stored."""
        if key.seed not in seeds or (key.stage, key.digest) not in {(STAGE, chunk.digest), *((SNAPSHOTS, digest) for digest in chunk.snapshots)}:
            return False
        try:
            self.store.adopt(key, content)
        except ValueError:  # damaged on its way: missing, and made again
            return False
        return True

    def _failures(self, job: Job, experiment: Configured) -> list[Failure]:
        """A job's failures, each reason once, with its seeds."""
        digest, seeds_of = observations_digest(experiment, self.machine), {}
        for seed in job.seeds:
            if failure := self.failures.get(digest, seed):
                seeds_of.setdefault(failure, []).append(seed)
        return [Failure(job.name, failure.error, failure.message if failure.named else f"{failure.message} (seed {', '.join(map(str, seeds))})")
                for failure, seeds in seeds_of.items()]


def _at_once(chunks: Sequence[Chunk]) -> int:
    """How many chunks may be in hand: as many as their locks leave files to open, the limit raised as far as this process may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    of_one = 2 * max(len(chunk.seeds) for chunk in chunks) + 2
    return max(1, min(len(chunks), IN_FLIGHT, (allowed - allowed // 4) // of_one))
