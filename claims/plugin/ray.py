"""`--claims-executor=ray`: the executor that the options ask for, and the one cluster that all
processes of a run share.

Given no address, the process in charge starts a cluster on this machine, at the first call for work
and never before: a run that lacks nothing starts none. Workers call by a file in a folder of the
run's own, and find the address beside it, and what failed for one of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claims.execution.jobs import format_error
from claims.plugin.cases import ARGUMENT
from claims.plugin.options import RunError
from claims.plugin.workers import worker_input, worker_number, workers_to_start
from claims.run import Run, first_jobs

if TYPE_CHECKING:
    from claims.execution.ray import Ray

FOLDER = "claims_cluster"  # among what a worker is sent
WANTED, ADDRESS, REFUSED = "wanted", "address", "refused"
# Ray sets it in the process that starts a cluster; who joins has to agree
AUTH_MODE, UNSET = "RAY_AUTH_MODE", "-"
POLL = 0.1  # seconds
PREFIX = "--claims-"


def make_executor(config: pytest.Config) -> Ray | None:
    """Where the options of `config` send the work; None: it is done where it is asked for. Raises
    RunError.
    """
    address = config.option.claims_ray_address
    cpus, gpus = config.option.claims_ray_cpus, config.option.claims_ray_gpus
    if config.option.claims_executor != "ray":
        if (address, cpus, gpus) != (None, None, None):
            raise RunError(
                "`--claims-ray-address`, `--claims-ray-cpus` and `--claims-ray-gpus` say something "
                "of a cluster; add --claims-executor ray"
            )
        return None
    from claims.execution.ray.executor import ray_executor

    given = worker_input(config).get(FOLDER)
    folder = None if given is None else Path(given)
    if address is None and folder is not None:
        address = partial(called_for, folder)
    try:
        return ray_executor(address, cpus, gpus, folder=folder, prefix=PREFIX)
    except ValueError as error:
        raise RunError(str(error)) from None


def called_for(folder: Path) -> str:
    """The address of the cluster that the process in charge starts when it is called. Raises
    ClusterError with its reason where it cannot.
    """
    from claims.execution.ray.connection import ClusterError

    with contextlib.suppress(OSError):
        (folder / WANTED).touch()
    while folder.exists():
        for name in (ADDRESS, REFUSED):
            with contextlib.suppress(FileNotFoundError):
                text = (folder / name).read_text(encoding="utf-8")
                if name == REFUSED:
                    raise ClusterError(text)
                address, mode = text.split()
                # Ray finds its token by itself where it knows that one is asked for
                if mode != UNSET:
                    os.environ.setdefault(AUTH_MODE, mode)
                return address
        time.sleep(POLL)
    raise ClusterError("the run that was to start a Ray cluster is over")


class Cluster:
    """A run's part in its cluster: asks ahead for what the collected claims need, hosts a cluster
    for its workers, and lets go at the end.
    """

    def __init__(self, config: pytest.Config, run: Run, executor: Ray):
        self.config, self.run, self.executor = config, run, executor
        self.ended, self.thread = threading.Event(), None
        shared = workers_to_start(config) and not config.getoption("collectonly")
        self.folder = Path(tempfile.mkdtemp(prefix="claims-cluster-")) if shared else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:
        node.workerinput[FOLDER] = None if self.folder is None else str(self.folder)

    def pytest_sessionstart(self) -> None:
        if self.folder is not None and not self.config.option.claims_ray_address:
            self.thread = threading.Thread(
                target=self._host, args=[self.folder], name="claims-cluster", daemon=True
            )
            self.thread.start()

    def _host(self, folder: Path) -> None:
        """Start a cluster when called, and end it with the run: Linux ends a cluster's processes
        with the thread that started them.
        """
        while not (folder / WANTED).exists():
            if self.ended.wait(POLL):
                return
        self._answer(folder)
        self.ended.wait()
        self.executor.close()

    def _answer(self, folder: Path) -> None:
        from claims.execution.ray.connection import ClusterError

        try:
            address = self.executor.connection().address
            name, text = ADDRESS, f"{address} {os.environ.get(AUTH_MODE, UNSET)}"
        except Exception as error:
            name, text = (
                REFUSED,
                str(error) if isinstance(error, ClusterError) else format_error(error),
            )
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        os.replace(part, folder / name)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """One process hands out all first looks at once, so that the cluster is busy from the
        start. What fails here is reported by its claims.
        """
        first = worker_number(self.config) == 0
        if first and session.items and not self.config.getoption("collectonly"):
            collected = [item for item in session.items if isinstance(item, pytest.Function)]
            self._ahead([item.callspec.params for item in collected if hasattr(item, "callspec")])

    def _ahead(self, parameters: list[dict]) -> None:

        cases = [found[ARGUMENT] for found in parameters if ARGUMENT in found]
        claims = {case.claim.id: case.claim for case in cases}
        named = {f"{case.claim.experiment} ({case.setting})" for case in cases}
        suite = replace(self.run.suite, claims=tuple(claims.values()))
        settings = tuple({case.setting for case in cases})
        jobs = [job for job in first_jobs(suite, settings, self.run.seed_base) if job.name in named]
        with contextlib.suppress(Exception):
            self.executor.run(jobs, self.run.machine, self.run.store)

    def pytest_unconfigure(self) -> None:
        self.ended.set()
        if self.thread is None:
            self.executor.close()
        else:
            self.thread.join()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
