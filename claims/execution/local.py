"""Executors on this machine: in this process, or in several that share the store."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.queues import SimpleQueue

from claims.execution.jobs import Failure, Job
from claims.execution.machine import Machine
from claims.execution.measure import measure, plan
from claims.store.entries import Store


@dataclass(frozen=True)
class InProcess:
    """One job after the other, in this process."""

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        """Do all jobs; one that fails leaves the others."""
        failures = []
        for job in jobs:
            try:
                measure(job.experiment(), job.seeds, machine, store)
            except Exception as error:
                failures.append(Failure.of(job, error))
        return failures

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Processes:
    """`n` processes, each of which goes through all jobs and measures what no other has locked.
    What a process that dies leaves undone, the others do.
    """

    n: int

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        """Do all jobs; one that fails leaves the others."""
        context = multiprocessing.get_context("spawn")  # a forked torch may hang
        failed: SimpleQueue[Failure] = context.SimpleQueue()
        workers = [
            context.Process(
                target=_work,
                args=(tuple(jobs), replace(machine, workers=self.n, worker=i), store.root, failed),
                daemon=True,
            )
            for i in range(self.n)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        failures = []
        while not failed.empty():
            failures.append(failed.get())
        return list(dict.fromkeys(failures)) or _left_undone(
            jobs, machine, store, [w.exitcode for w in workers]
        )

    def close(self) -> None:
        """Nothing is held."""


def _work(jobs: tuple[Job, ...], machine: Machine, root, failed: SimpleQueue[Failure]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for failure in InProcess().run(jobs, machine, Store(root)):
        failed.put(failure)


def _end_with_parent() -> None:
    """End with the parent process: the next run would wait for locks held here."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _left_undone(
    jobs: Sequence[Job], machine: Machine, store: Store, exits: Sequence[int | None]
) -> list[Failure]:
    message = f"the processes that worked on it died (exit codes {', '.join(map(str, exits))})"
    return [
        Failure(job.name, "ProcessError", message)
        for job in jobs
        if plan(job.experiment(), job.seeds, machine, store).missing
    ]
