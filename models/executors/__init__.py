"""Where missing work runs, behind one small protocol. Whoever runs it, results are the store's own entries.

An executor only hands work out: that each seed is made once rests on the store's locks, in whichever process the work ends up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models.experiment import Configured, create
from models.measure import Machine
from models.snapshots import Store


@dataclass(frozen=True)
class Job:
    """Seeds of one experiment to be measured, as data that crosses to another process: see `models.experiment.create`."""

    name: str  # as people know it
    kind: str
    options: Mapping[str, Any]
    base: Path
    seeds: tuple[int, ...]

    def experiment(self) -> Configured:
        """The experiment, made anew in the process that asks."""
        return create(self.kind, self.options, self.base)


@dataclass(frozen=True)
class Failure:
    """A job that could not be done, and why."""

    job: str
    reason: str


class Executor(Protocol):
    """Measures every seed of its jobs into the store."""

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        """Do all jobs, those after a failed one too. Returns what failed, each reason once."""
        ...


__all__ = ["Executor", "Failure", "Job"]
