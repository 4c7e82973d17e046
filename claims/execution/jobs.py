"""Jobs, the protocol of the executors that run them, and what is reported of those that fail.

Every executor leaves its results as entries of the store. That each seed is measured once rests on
the store's locks, in whichever process it is measured.
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
    """A job that failed: the name of the type of what was raised where it ran, and its message."""

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
        """Type and message, in the form of `format_error`."""
        return f"{self.error}: {self.message}"


class FailedElsewhere(RuntimeError):
    """Jobs of an executor failed. `error` names what was raised there, or this type where failures
    differ; `diverged`: all of them are of runs that diverged.
    """

    def __init__(self, failures: Sequence[Failure]):
        names = {failure.error for failure in failures}
        self.error = names.pop() if len(names) == 1 else type(self).__name__
        self.diverged = all(failure.diverged for failure in failures)
        super().__init__(
            "; ".join(f.message if f.error == self.error else f.reason for f in failures)
        )


def format_error(error: BaseException) -> str:
    """An error's type and message, the same whether it was raised here or in an executor."""
    return f"{error.error if isinstance(error, FailedElsewhere) else type(error).__name__}: {error}"


class Executor(Protocol):
    """Measures every seed of its jobs into the store."""

    def run(self, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
        """Do all jobs, those after a failed one too. Returns what failed, each reason once."""
        ...

    def close(self) -> None:
        """Release what it holds. It is not used afterwards."""
        ...


__all__ = ["Executor", "FailedElsewhere", "Failure", "Job", "format_error"]
