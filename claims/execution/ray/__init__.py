"""On a Ray cluster: this process holds the seeds' locks and keeps the store, tasks train, and what
they make comes back as the store's own entries.

Imported only by who asks for it, and without Ray itself, which is imported when there is work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claims.execution.jobs import Failure, Job
from claims.execution.machine import Machine
from claims.execution.measure import plan
from claims.execution.ray.failures import Failures
from claims.execution.ray.resources import Resources
from claims.store.entries import Store

if TYPE_CHECKING:
    from claims.execution.ray.connection import Connection


@dataclass(frozen=True)
class Ray:
    """Chunks of seeds as tasks of the cluster at `address`. None: of one on this machine, started
    when there is work, ended by `close`.

    `address` may be a function, asked when there is work. A process connected to a cluster already
    keeps to it.
    """

    address: str | Callable[[], str] | None = None
    resources: Resources = field(default_factory=Resources)
    # what failed by itself is not tried again
    failures: Failures = field(default_factory=Failures, repr=False, compare=False)
    _open: list = field(default_factory=list, repr=False, compare=False)
    _unreachable: list = field(default_factory=list, repr=False, compare=False)

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        """Do all jobs."""
        jobs, unmade = _made(jobs, machine, store)
        if not jobs:
            return unmade
        from claims.execution.ray.connection import ClusterError
        from claims.execution.ray.driver import Driver

        try:
            connection = self.connection()
        except ClusterError as error:
            return unmade + [Failure.of(job, error) for job in jobs]
        return unmade + Driver(connection, machine, store, self.resources, self.failures).run(jobs)

    def connection(self) -> Connection:
        """The way to the cluster, made once. Raises ClusterError where Ray is missing or there is
        no such cluster, at once when that is known.
        """
        from claims.execution.ray.connection import ClusterError, connect

        if self._unreachable:
            raise self._unreachable[0]
        if not self._open:
            try:
                self._open.append(
                    connect(self.address() if callable(self.address) else self.address)
                )
            except ClusterError as error:  # found out in a minute or so: not by every claim anew
                self._unreachable.append(error)
                raise
        return self._open[0]

    def close(self) -> None:
        """Let go of the cluster; one that was started for this is ended."""
        while self._open:
            self._open.pop().close()


def _made(jobs: Sequence[Job], machine: Machine, store: Store) -> tuple[list[Job], list[Failure]]:
    """The jobs that lack something, and those that are none at all."""
    left, failures = [], []
    for job in jobs:
        try:
            left += [job] if plan(job.experiment(), job.seeds, machine, store).missing else []
        except Exception as error:
            failures.append(Failure.of(job, error))
    return left, failures


__all__ = ["Ray", "Resources"]
