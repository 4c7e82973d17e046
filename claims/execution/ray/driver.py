"""The driver's side: chunks of seeds handed out under their locks, entries written as they come,
the dead replaced, failures told once.

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

from claims.execution.jobs import Failure, Job
from claims.execution.measure import STAGE, Machine, observations_digest
from claims.execution.ray import Resources
from claims.execution.ray.chunks import SNAPSHOTS, Chunk, at_once, cut
from claims.execution.ray.connection import ClusterError, Connection, Death
from claims.execution.ray.failures import Failures, SeedFailure
from claims.execution.ray.work import KEPT, key_of, order
from claims.experiments.base import Configured
from claims.store.activity import Record, present
from claims.store.entries import ENTRY_SUFFIX, Key, Store, StoreError

# of a task's workers or nodes in a row, nothing having come back in between; then its seeds are
# tried alone, and one alone is given up
DEATHS = 3
WAIT = 1.0  # seconds for which a chunk's thread waits for news


class Stopped(Exception):
    """Another chunk met what ends the run."""


class Campaign:
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
        self.resources = resources.on(machine.device)
        self.machine = replace(machine, workers=1, threads=max(1, int(self.resources[0])))
        self.stopped = threading.Event()
        self.ended: dict[str, Exception] = {}  # by job: why there will be no more of it

    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Do all jobs."""
        made, ended = [(job, job.experiment()) for job in jobs], None
        try:
            slots = self.connection.slots(*self.resources)
            while chunks := [
                chunk for job, experiment in made for chunk in self._chunks(job, experiment, slots)
            ]:
                if not self._round(chunks):
                    first = chunks[
                        0
                    ]  # others work on all that is left: wait for one of them, or for its death
                    with self.store.lock(STAGE, first.digest, first.seeds[0]):
                        pass
        except (ClusterError, StoreError) as error:
            ended = error
        return [
            failure
            for job, experiment in made
            for failure in self._failures(job, experiment, ended)
        ]

    def _chunks(self, job: Job, experiment: Configured, slots: int) -> list[Chunk]:
        """What a job lacks; of one that is over, nothing."""
        with self._of(job):
            digest = observations_digest(experiment, self.machine)
            seeds = [s for s in job.seeds if self._lacks(digest, s)]
            if seeds and job.name not in self.ended:
                return cut(job, experiment, digest, seeds, self.machine, slots)
        return []

    @contextlib.contextmanager
    def _of(self, job: Job) -> Iterator[None]:
        """Work of one job: what it meets ends this job alone, unless it is the cluster's or the
        store's end.
        """
        try:
            yield
        except (ClusterError, StoreError, Stopped):
            raise
        except Exception as error:
            self.ended[job.name] = error

    def _lacks(self, digest: str, seed: int) -> bool:
        """Whether a seed's observations are still to be made."""
        return (
            self.failures.get(digest, seed) is None
            and self.store.fetch(Key(STAGE, digest, seed)) is None
        )

    def _round(self, chunks: Sequence[Chunk]) -> int:
        """Hand out all chunks; returns how many seeds were free to be worked on."""
        with ThreadPoolExecutor(at_once(chunks), thread_name_prefix="claims-ray") as pool:
            futures = [pool.submit(self._do, chunk) for chunk in chunks]
            try:
                return sum(future.result() for future in as_completed(futures))
            except BaseException:
                self.stopped.set()
                for future in futures:
                    future.cancel()
                raise

    def _do(self, chunk: Chunk) -> int:
        if chunk.job.name in self.ended:
            return len(chunk.seeds)
        with self._of(chunk.job), contextlib.ExitStack() as held:
            mine = held.enter_context(self.store.locks(STAGE, chunk.digest, chunk.seeds))
            lacking = tuple(
                s for s in mine if self._lacks(chunk.digest, s)
            )  # asked again: another may have made it, or seen it fail
            if lacking:
                for digest in (
                    chunk.snapshots
                ):  # after the observations', as everywhere: no two wait for each other
                    held.enter_context(self.store.locks(SNAPSHOTS, digest, lacking, wait=True))
                about = {
                    "digest": chunk.digest,
                    "kind": chunk.experiment.kind,
                    "asked": list(chunk.asked),
                }
                self._see_to(chunk, lacking, held.enter_context(present(self.store, **about)))
            return len(mine)
        return len(chunk.seeds)

    def _see_to(self, chunk: Chunk, seeds: tuple[int, ...], record: Record) -> None:
        """Until each seed is stored or has failed. One that fails takes no other with it: where
        none is named, each is tried alone.
        """
        parts = [seeds]
        while parts:
            part = parts.pop()
            told = self._tried(chunk, part, record)
            if "failed" not in told:
                continue
            guilty = part if len(part) == 1 else tuple(s for s in told["seeds"] if s in part)
            for seed in guilty:
                self.failures.add(
                    chunk.digest,
                    seed,
                    SeedFailure(
                        told["failed"],
                        told["message"],
                        bool(told["seeds"]),
                        told.get("diverged", False),
                    ),
                )
            left = tuple(s for s in part if s not in guilty and not self.store.has(chunk.key(s)))
            parts += ([left] if guilty else [(s,) for s in left]) if left else []

    def _tried(self, chunk: Chunk, seeds: tuple[int, ...], record: Record) -> Mapping[str, Any]:
        """What a task said of these seeds; one that died is put in another's place, a bounded
        number of times. Raises ClusterError.
        """
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
                return {
                    "failed": "TaskDied",
                    "message": f"given up when {deaths} tasks in a row had died, the last of "
                    f"{told.reason}",
                    "seeds": [],
                }
            seeds = tuple(s for s in seeds if not self.store.has(chunk.key(s)))
            if not seeds:
                return {}

    def _listened(
        self, chunk: Chunk, seeds: tuple[int, ...], record: Record, *, spread: bool
    ) -> tuple[int, Mapping[str, Any] | Death]:
        """One task: write what it sends. Returns how many entries came, and its end."""
        box, came = uuid.uuid4().hex, 0
        dataset = (
            chunk.experiment.implementation.settings.dataset if chunk.experiment.trains else None
        )
        asked = order(replace(chunk.job, seeds=seeds), self.machine, chunk.digest, dataset)
        given = [
            (vars(key), self.connection.put(content)) for key, content in self._stored(chunk, seeds)
        ]
        task = self.connection.submit(
            box, asked, self.connection.data(dataset), given, self.resources, spread
        )
        try:
            over = False
            while not over:
                over = self.connection.ended(
                    task
                )  # asked first: all that it sent is in the box then
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
        finally:
            self.connection.close_box(box)

    def _stored(self, chunk: Chunk, seeds: Sequence[int]) -> Iterator[tuple[Key, bytes]]:
        """What the store has of these seeds on their way, from this run or an earlier one: the task
        goes on from there.
        """
        for seed in seeds:
            for key in chunk.snapshots_of(seed) or self._kept(chunk, seed):
                with contextlib.suppress(FileNotFoundError):  # removed in between: made again
                    if self.store.fetch(key) is not None:
                        yield key, self.store.path(key).read_bytes()

    def _kept(self, chunk: Chunk, seed: int) -> list[Key]:
        """What online training has kept of a seed, to go on from. Nothing else lies in that folder,
        so that looking costs little.
        """
        if chunk.epochs:
            return []
        folders = [self.store.root / SNAPSHOTS / digest for digest in chunk.snapshots]
        return [
            key_of(path)
            for folder in folders
            for path in folder.glob(f"seed-{seed}-{KEPT}*{ENTRY_SUFFIX}")
        ]

    def _adopted(self, chunk: Chunk, seeds: Sequence[int], key: Key, content: bytes) -> bool:
        """Whether an entry is one that was asked for, whole, and now stored."""
        if key.seed not in seeds or (key.stage, key.digest) not in {
            (STAGE, chunk.digest),
            *((SNAPSHOTS, digest) for digest in chunk.snapshots),
        }:
            return False
        try:
            self.store.adopt(key, content)
        except ValueError:  # damaged on its way: missing, and made again
            return False
        if key.stage == STAGE or key.part.startswith(
            KEPT
        ):  # as on the node: what was kept earlier has served
            for earlier in self._kept(chunk, key.seed):
                if earlier != key:
                    self.store.delete(earlier)
        return True

    def _failures(self, job: Job, experiment: Configured, ended: Exception | None) -> list[Failure]:
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
            [Failure.of(job, why)] if why is not None and self._lacks_any(digest, job.seeds) else []
        )

    def _lacks_any(self, digest: str, seeds: Sequence[int]) -> bool:
        try:
            return any(self._lacks(digest, seed) for seed in seeds)
        except StoreError:  # it cannot be read: nothing is known to be there
            return True
