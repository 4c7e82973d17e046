"""The driver: submits chunks of seeds as tasks, stores the entries that they send, submits again
what lost its worker or node, and reports each failure once.

One thread a chunk. It holds the locks that a local worker would hold, so that any number of drivers
and local runs share one store.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any

from claims.execution.estimates import STAGE
from claims.execution.jobs import Failure, Job
from claims.execution.machine import Machine
from claims.execution.measure import observations_digest
from claims.execution.ray.chunks import Chunk, at_once, split
from claims.execution.ray.connection import ClusterError, Connection, LostTask
from claims.execution.ray.failures import Failures, SeedFailure
from claims.execution.ray.resources import Resources
from claims.execution.ray.work import key_of, make_request
from claims.experiments.context import SNAPSHOTS, Context
from claims.experiments.kinds import BoundExperiment
from claims.store.activity import Record, register_process
from claims.store.entries import ENTRY_SUFFIX, Key, Store, StoreError

# of a task's workers or nodes in a row, without a message in between; then each seed gets a task of
# its own, and a seed that is alone fails
DEATHS = 3
WAIT = 1.0  # seconds for which a chunk's thread waits for news


class Stopped(Exception):
    """Another chunk met an error that ends the run."""


class Driver:
    """One call of `Ray.run`."""

    def __init__(
        self,
        connection: Connection,
        machine: Machine,
        store: Store,
        resources: Resources,
        failures: Failures,
    ):
        self.connection, self.store, self.failures = connection, store, failures
        self.machine, self.asked = machine, resources
        self.resources = resources.on("cpu")
        self.stopped = threading.Event()
        self.ended: dict[str, Exception] = {}  # by job: the error that ended it

    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Do all jobs."""
        made, ended = [(job, job.experiment()) for job in jobs], None
        self._take_resources([experiment for _, experiment in made])
        try:
            slots = self.connection.slots(*self.resources)
            while chunks := [
                chunk for job, experiment in made for chunk in self._chunks(job, experiment, slots)
            ]:
                if not self._submit_all(chunks):
                    # all that is left is locked by others: wait for one of them
                    first = chunks[0]
                    with self.store.lock(STAGE, first.digest, first.seeds[0]):
                        pass
        except (ClusterError, StoreError) as error:
            ended = error
        return [
            failure
            for job, experiment in made
            for failure in self._failures(job, experiment, ended)
        ]

    def _take_resources(self, experiments: Sequence[BoundExperiment]) -> None:
        """One size of task for all jobs: with a GPU where one of them runs on GPUs."""
        devices = [self.machine.place(experiment).device for experiment in experiments]
        device = next((device for device in devices if device != "cpu"), "cpu")
        self.resources = self.asked.on(device)
        threads = max(1, int(self.resources[0]))
        self.machine = replace(self.machine, workers=1, worker=0, threads=threads)

    def _chunks(self, job: Job, experiment: BoundExperiment, slots: int) -> list[Chunk]:
        """What a job lacks; nothing where an error ended it."""
        with self._of(job):
            digest = observations_digest(experiment, self.machine)
            seeds = [s for s in job.seeds if self._is_missing(digest, s)]
            if seeds and job.name not in self.ended:
                return split(job, experiment, digest, seeds, self.machine, slots)
        return []

    @contextlib.contextmanager
    def _of(self, job: Job) -> Iterator[None]:
        """Work of one job: an error ends this job alone, unless it is the cluster's or the
        store's.
        """
        try:
            yield
        except (ClusterError, StoreError, Stopped):
            raise
        except Exception as error:
            self.ended[job.name] = error

    def _is_missing(self, digest: str, seed: int) -> bool:
        """Whether a seed's observations are still to be made."""
        return (
            self.failures.get(digest, seed) is None
            and self.store.fetch(Key(STAGE, digest, seed)) is None
        )

    def _submit_all(self, chunks: Sequence[Chunk]) -> int:
        """Hand out all chunks; returns how many seeds were free to be worked on."""
        with ThreadPoolExecutor(at_once(chunks), thread_name_prefix="claims-ray") as pool:
            futures = [pool.submit(self._take, chunk) for chunk in chunks]
            try:
                return sum(future.result() for future in as_completed(futures))
            except BaseException:
                self.stopped.set()
                for future in futures:
                    future.cancel()
                raise

    def _take(self, chunk: Chunk) -> int:
        """Measure what a chunk lacks, of seeds that no other has locked; returns their number."""
        if chunk.job.name in self.ended:
            return len(chunk.seeds)
        with self._of(chunk.job):
            lacking: tuple[int, ...] = ()
            with contextlib.ExitStack() as held:
                mine = held.enter_context(self.store.locks(STAGE, chunk.digest, chunk.seeds))
                # asked again: another may have measured it, or seen it fail
                lacking = tuple(s for s in mine if self._is_missing(chunk.digest, s))
                if lacking:
                    self._run_chunk(chunk, lacking, held)
            if stored := [s for s in lacking if self.store.has(chunk.key(s))]:
                identity = self.machine.place(chunk.experiment).identity()
                code = chunk.experiment.code
                context = Context(machine=identity, store=self.store, code=code)
                chunk.experiment.implementation.on_stored(stored, context)
            return len(mine)
        return len(chunk.seeds)

    def _run_chunk(self, chunk: Chunk, seeds: tuple[int, ...], held: contextlib.ExitStack) -> None:
        """Submit tasks until each seed is stored or has failed, under the locks of its snapshots
        too. A seed that fails ends no other: where the error names none, each gets a task alone.
        """
        for digest in chunk.snapshots:  # after the observations', as everywhere: no two wait
            held.enter_context(self.store.locks(SNAPSHOTS, digest, seeds, wait=True))
        about = {"digest": chunk.digest, "kind": chunk.experiment.kind, "asked": list(chunk.asked)}
        record = held.enter_context(register_process(self.store, **about))
        parts = [seeds]
        while parts:
            part = parts.pop()
            end = self._run_seeds(chunk, part, record)
            if "failed" not in end:
                continue
            failing = part if len(part) == 1 else tuple(s for s in end["seeds"] if s in part)
            for seed in failing:
                failure = SeedFailure(
                    end["failed"], end["message"], bool(end["seeds"]), end.get("diverged", False)
                )
                self.failures.add(chunk.digest, seed, failure)
            left = tuple(s for s in part if s not in failing and not self.store.has(chunk.key(s)))
            parts += ([left] if failing else [(s,) for s in left]) if left else []

    def _run_seeds(self, chunk: Chunk, seeds: tuple[int, ...], record: Record) -> Mapping[str, Any]:
        """How a task on these seeds ended; one that died is replaced, a bounded number of times.
        Raises ClusterError.
        """
        deaths = 0
        while True:
            came, end = self._run_task(chunk, seeds, record, spread=deaths > 0)
            if not isinstance(end, LostTask):
                if "refused" in end:
                    raise ClusterError(end["refused"])
                if "failed" in end or all(self.store.has(chunk.key(s)) for s in seeds):
                    return end
                end = LostTask("it ended without its observations")
            deaths = 1 if came else deaths + 1
            if deaths >= DEATHS:
                return {
                    "failed": "TaskDied",
                    "message": f"given up when {deaths} tasks in a row had died, the last of "
                    f"{end.reason}",
                    "seeds": [],
                }
            seeds = tuple(s for s in seeds if not self.store.has(chunk.key(s)))
            if not seeds:
                return {}

    def _run_task(
        self, chunk: Chunk, seeds: tuple[int, ...], record: Record, *, spread: bool
    ) -> tuple[int, Mapping[str, Any] | LostTask]:
        """One task: write what it sends. Returns how many entries came, and its end."""
        box, came, job = uuid.uuid4().hex, 0, replace(chunk.job, seeds=seeds)
        request = make_request(job, chunk.experiment, self.machine, chunk.digest)
        given = [
            (vars(key), self.connection.put(content)) for key, content in self._stored(chunk, seeds)
        ]
        data = self.connection.data(chunk.experiment)
        task = self.connection.submit(box, request, data, given, self.resources, spread)
        try:
            over = False
            while not over:
                over = self.connection.ended(task)  # asked first: all that it sent is there then
                for kind, about, content in self.connection.take(box, 0.0 if over else WAIT):
                    over = over or kind == "end"
                    came += self._received(chunk, seeds, record, kind, about, content)
                if self.stopped.is_set():
                    raise Stopped
            return came, self.connection.result(task)
        except BaseException:
            self.connection.cancel(task)
            raise
        finally:
            self.connection.close_box(box)

    def _stored(self, chunk: Chunk, seeds: Sequence[int]) -> Iterator[tuple[Key, bytes]]:
        """Snapshots that the store has of these seeds, from this run or an earlier one: the task
        goes on from there.
        """
        folders = [self.store.root / SNAPSHOTS / digest for digest in chunk.snapshots]
        for folder in folders:
            for seed in seeds:
                for path in sorted(folder.glob(f"seed-{seed}-*{ENTRY_SUFFIX}")):
                    with contextlib.suppress(FileNotFoundError):  # removed in between: made again
                        if self.store.fetch(key_of(path)) is not None:
                            yield key_of(path), path.read_bytes()

    def _received(
        self,
        chunk: Chunk,
        seeds: Sequence[int],
        record: Record,
        kind: str,
        about: Mapping[str, Any],
        content: bytes,
    ) -> bool:
        """Do what a task's message asks for; returns whether it brought an entry."""
        if kind == "status":
            record.write(**about)
        elif kind in ("entry", "removed") and self._allowed(chunk, seeds, key := Key(**about)):
            if kind == "entry":
                return self._store_received(key, content)
            if key.stage == SNAPSHOTS:
                self.store.delete(key)
        return False

    def _allowed(self, chunk: Chunk, seeds: Sequence[int], key: Key) -> bool:
        """Whether an entry is one that the task was asked for."""
        digests = {(STAGE, chunk.digest), *((SNAPSHOTS, digest) for digest in chunk.snapshots)}
        return key.seed in seeds and (key.stage, key.digest) in digests

    def _store_received(self, key: Key, content: bytes) -> bool:
        """Whether an entry is whole, and now stored."""
        try:
            self.store.adopt(key, content)
        except ValueError:  # damaged on its way: missing, and made again
            return False
        return True

    def _failures(
        self, job: Job, experiment: BoundExperiment, ended: Exception | None
    ) -> list[Failure]:
        """A job's failures, each reason once, with its seeds; and why it is over, where it still
        lacks some.
        """
        digest, seeds_of = observations_digest(experiment, self.machine), {}
        for seed in job.seeds:
            if failure := self.failures.get(digest, seed):
                seeds_of.setdefault(failure, []).append(seed)
        why = self.ended.get(job.name, ended)
        found = [
            Failure(
                job.name,
                failure.error,
                failure.message
                if failure.named
                else f"{failure.message} (seed {', '.join(map(str, seeds))})",
                failure.diverged,
            )
            for failure, seeds in seeds_of.items()
        ]
        return found + (
            [Failure.of(job, why)]
            if why is not None and self._any_missing(digest, job.seeds)
            else []
        )

    def _any_missing(self, digest: str, seeds: Sequence[int]) -> bool:
        try:
            return any(self._is_missing(digest, seed) for seed in seeds)
        except StoreError:  # it cannot be read: nothing is known to be there
            return True
