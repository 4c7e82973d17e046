"""Where missing work runs, behind one small protocol. Whoever runs it, results are the store's own
entries.

An executor only hands work out: that each seed is made once rests on the store's locks, in
whichever process the work ends up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from claims.execution.machine import Machine
from claims.experiments.base import Diverged
from claims.experiments.kinds import BoundExperiment, create
from claims.store.entries import Store


@dataclass(frozen=True)
class Job:
    """Seeds of one experiment to be measured, as data that crosses to another process: see
    `claims.experiments.kinds.create`.
    """

    name: str  # of the experiment and its setting, for people
    target: str  # package.module:Class
    options: Mapping[str, Any]
    base: Path
    seeds: tuple[int, ...]

    def experiment(self) -> BoundExperiment:
        """The experiment, made anew in the process that asks."""
        return create(self.target, self.options, self.base)


@dataclass(frozen=True)
class Failure:
    """A job that could not be done, and why: what was raised wherever the work ran, by the name of
    its type.
    """

    job: str
    error: str
    message: str
    diverged: bool = False

    @classmethod
    def of(cls, job: Job, error: BaseException) -> Failure:
        """That `error` ended a job."""
        return cls(job.name, type(error).__name__, str(error), isinstance(error, Diverged))

    @property
    def reason(self) -> str:
        """Both, as an exception is told."""
        return f"{self.error}: {self.message}"


class FailedElsewhere(RuntimeError):
    """An executor could not make what was asked of it. `error` names what was raised there, or this
    type where failures differ; `diverged`: all of them are of runs that diverged.
    """

    def __init__(self, failures: Sequence[Failure]):
        names = {failure.error for failure in failures}
        self.error = names.pop() if len(names) == 1 else type(self).__name__
        self.diverged = all(failure.diverged for failure in failures)
        super().__init__(
            "; ".join(f.message if f.error == self.error else f.reason for f in failures)
        )


def format_error(error: BaseException) -> str:
    """An error's type and message, alike whether it was raised here or where an executor had the
    work done.
    """
    return f"{error.error if isinstance(error, FailedElsewhere) else type(error).__name__}: {error}"


class Executor(Protocol):
    """Measures every seed of its jobs into the store."""

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        """Do all jobs, those after a failed one too. Returns what failed, each reason once."""
        ...

    def close(self) -> None:
        """Let go of what it works with; it is not used any more."""
        ...


__all__ = ["Executor", "FailedElsewhere", "Failure", "Job", "format_error"]
