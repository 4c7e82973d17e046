"""Where missing work runs: as asked for (`Machine`), and as an experiment takes it
(`Placement`).
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.experiments.base import DeviceError, MissingLibrary
from claims.experiments.kinds import BoundExperiment

MISSING = "missing"


@dataclass(frozen=True)
class Machine:
    """The machine as it is asked for. Which device that is, each kind of experiment decides.

    workers: processes that share the store and the cores, this one included; worker: this one's
    number, from 0; threads: each process's, 0 for its share of the cores; remote: the device is
    another machine's and is not looked for here; precision: None for each kind's usual one.
    """

    device: str = "auto"
    precision: str | None = None
    workers: int = 1
    worker: int = 0
    threads: int = 0
    remote: bool = False

    def place(self, experiment: BoundExperiment) -> Placement:
        """The machine as `experiment` takes it.

        Raises MissingLibrary, or DeviceError where a device is not there.
        """
        kind = experiment.implementation
        libraries = {library: version_of(library) for library in kind.libraries}
        if missing := [library for library, version in libraries.items() if version == MISSING]:
            raise MissingLibrary(
                f"`{experiment.kind}` needs {' and '.join(missing)}, not installed here"
                + (f"; remedy: {kind.install_hint}" if kind.install_hint else "")
            )
        name = self.device if self.device in kind.devices else "auto"
        device = name if self.remote and name != "auto" else kind.resolve_device(name)
        workers = self.workers
        if not self.remote and workers > 1:
            device, workers = kind.spread(device, self.worker, workers)
        usual = kind.precisions[0] if kind.precisions else ""
        precision = self.precision if self.precision in kind.precisions else usual
        return Placement(device, precision or "", workers, self.threads, libraries)


@dataclass(frozen=True)
class Placement:
    """Where one experiment runs. `workers`: processes that measure; `libraries`: {name:
    version}.
    """

    device: str
    precision: str
    workers: int
    threads: int
    libraries: Mapping[str, str]

    def identity(self) -> dict[str, Any]:
        """What of the machine determines results: library versions, kind of device, precision."""
        precision = {"precision": self.precision} if self.precision else {}
        return {**self.libraries, "device": self.device.partition(":")[0], **precision}

    @property
    def threads_each(self) -> int:
        """Threads of each process: as asked for, or its share of the cores."""
        return self.threads or max(1, cores() // self.workers)


def check_machine(
    machine: Machine, experiments: Sequence[BoundExperiment], option: str = "--{}"
) -> None:
    """Raises DeviceError for a device or precision that none of the experiments knows, or that one
    of them cannot have here. `option`: how the user named it, "{}" for the word.

    An experiment whose libraries are missing is passed over: its claims will say so.
    """
    chosen = [made for made in experiments if made.available_seeds is None]
    devices = dict.fromkeys(("auto", "cpu", *(d for e in chosen for d in e.implementation.devices)))
    if machine.device not in devices:
        given = f"`{option.format('device')}` is {machine.device!r}"
        raise DeviceError(f"{given}; allowed: {', '.join(devices)}")
    precisions = dict.fromkeys(p for e in chosen for p in e.implementation.precisions)
    if machine.precision is not None and machine.precision not in precisions:
        given = f"`{option.format('precision')}` is {machine.precision!r}"
        allowed = ", ".join(precisions) or "none, these experiments have no choice"
        raise DeviceError(f"{given}; allowed: {allowed}")
    for made in chosen:
        with contextlib.suppress(MissingLibrary):
            machine.place(made)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def version_of(library: str) -> str:
    """The installed version of a distribution, or "missing"."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return MISSING
