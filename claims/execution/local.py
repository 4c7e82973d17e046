"""On this machine: in this process, or in several that share the store as the workers of a test run
do.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue

from claims.execution.jobs import Failure, Job
from claims.execution.measure import Machine, measure, plan
from claims.store.entries import Store


@dataclass(frozen=True)
class InProcess:
    """One job after the other, here."""

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        failures = []
        for job in jobs:
            try:
                measure(job.experiment(), job.seeds, machine, store)
            except Exception as error:
                failures.append(Failure.of(job, error))
        return failures


@dataclass(frozen=True)
class Processes:
    """`n` processes, each of which goes through all jobs and takes of each what no other holds.
    What one that dies leaves, the others take.
    """

    n: int

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        context = multiprocessing.get_context("spawn")  # a forked torch may hang
        told: SimpleQueue[Failure] = context.SimpleQueue()
        workers = [
            context.Process(
                target=_work,
                args=(tuple(jobs), machine.as_worker(i, self.n), store.root, told),
                daemon=True,
            )
            for i in range(self.n)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        failures = []
        while not told.empty():
            failures.append(told.get())
        return list(dict.fromkeys(failures)) or _left_undone(
            jobs, machine, store, [w.exitcode for w in workers]
        )


def _work(jobs: tuple[Job, ...], machine: Machine, root, told: SimpleQueue[Failure]) -> None:
    threading.Thread(target=_die_with_parent, daemon=True).start()
    for failure in InProcess().run(jobs, machine, Store(root)):
        told.put(failure)


def _die_with_parent() -> None:
    """Work for nobody would hold locks that the next run waits for."""
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
