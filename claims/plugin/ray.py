"""`--executor ray`: the options, the executor they ask for, and the one cluster that all processes
of a run share.

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
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claims.execution.jobs import Executor, format_error
from claims.run import Run

if TYPE_CHECKING:
    import click

EXECUTORS = ("local", "ray")
FOLDER = "claims_cluster"
WANTED, ADDRESS, REFUSED = "wanted", "address", "refused"
AUTH_MODE, UNSET = (
    "RAY_AUTH_MODE",
    "-",
)  # Ray sets it in the process that starts a cluster; who joins has to agree
POLL = 0.1  # seconds


def add_options(group: pytest.OptionGroup) -> None:
    """What pytest is told about executors."""
    group.addoption(
        "--executor",
        choices=EXECUTORS,
        default="local",
        help="where missing seeds are trained: in the test processes, or on a Ray cluster",
    )
    group.addoption(
        "--ray-address",
        metavar="A",
        help="the cluster: auto, HOST:PORT or ray://HOST:PORT (default: one on this machine, "
        "for this run)",
    )
    group.addoption(
        "--ray-cpus",
        type=float,
        metavar="N",
        help="cores of one task, and its threads (default: 1)",
    )
    group.addoption(
        "--ray-gpus",
        type=float,
        metavar="N",
        help="GPUs of one task (default: 1 on cuda; 0.5: two tasks share one)",
    )


def ray_options(command: click.Command) -> Callable:
    """The same for a click command."""
    import click

    for option in (
        click.option(
            "--ray-gpus",
            type=click.FloatRange(min=0),
            metavar="N",
            help="GPUs of one task. Omitted: 1 on cuda.",
        ),
        click.option(
            "--ray-cpus",
            type=click.FloatRange(min=0, min_open=True),
            metavar="N",
            help="Cores of one task. Omitted: 1.",
        ),
        click.option(
            "--ray-address",
            metavar="A",
            help="auto, HOST:PORT or ray://HOST:PORT. Omitted: a cluster on this machine, for "
            "this command.",
        ),
        click.option(
            "--executor",
            "executor_name",
            type=click.Choice(EXECUTORS),
            default="local",
            show_default=True,
            help="Where it is trained.",
        ),
    ):
        command = option(command)
    return command


def ray_executor(
    address: str | Callable[[], str] | None,
    num_cpus: float | None,
    num_gpus: float | None,
    folder: Path | None = None,
) -> Executor:
    """Ray's executor, which tells those given the same `folder` what failed. Raises ValueError
    where Ray is missing, or a task would take nothing.
    """
    from claims.execution.ray import Ray, Resources
    from claims.execution.ray.connection import MISSING, installed
    from claims.execution.ray.failures import Failures

    if not installed():
        raise ValueError(MISSING)
    for name, value, least in (
        ("--ray-cpus", num_cpus, "above 0"),
        ("--ray-gpus", num_gpus, "0 or more"),
    ):
        if value is not None and (value < 0 or (value == 0 and name == "--ray-cpus")):
            raise ValueError(f"`{name}` is {value:g}; allowed: {least}")
    return Ray(address, Resources(num_cpus, num_gpus), Failures(folder))


def executor_of(config: pytest.Config) -> Executor | None:
    """Where the options of `config` send the work; None: it is done where it is asked for. Raises
    ValueError.
    """
    address, numbers = (
        config.getoption("ray_address"),
        (config.getoption("ray_cpus"), config.getoption("ray_gpus")),
    )
    if config.getoption("executor") != "ray":
        if address is not None or numbers != (None, None):
            raise ValueError(
                "`--ray-address`, `--ray-cpus` and `--ray-gpus` say something of a "
                "cluster; add --executor ray"
            )
        return None
    given = getattr(config, "workerinput", {}).get(FOLDER)
    folder = None if given is None else Path(given)
    return ray_executor(
        address or (None if folder is None else lambda: called_for(folder)), *numbers, folder
    )


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
                if (
                    mode != UNSET
                ):  # Ray finds its token by itself where it knows that one is asked for
                    os.environ.setdefault(AUTH_MODE, mode)
                return address
        time.sleep(POLL)
    raise ClusterError("the run that was to start a Ray cluster is over")


class Cluster:
    """A run's part in its cluster: asks ahead for what the collected claims need, hosts a cluster
    for its workers, and lets go at the end.
    """

    def __init__(self, config: pytest.Config, run: Run):
        self.config, self.run = config, run
        self.ended, self.thread = threading.Event(), None
        self.folder = (
            Path(tempfile.mkdtemp(prefix="claims-cluster-")) if self._has_workers() else None
        )

    def _has_workers(self) -> bool:
        in_charge_of_workers = not hasattr(self.config, "workerinput") and bool(
            getattr(self.config.option, "tx", None)
        )
        return in_charge_of_workers and not self.config.getoption("collectonly")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:
        node.workerinput[FOLDER] = None if self.folder is None else str(self.folder)

    def pytest_sessionstart(self) -> None:
        if self.folder is not None and not self.config.getoption("ray_address"):
            self.thread = threading.Thread(target=self._host, name="claims-cluster", daemon=True)
            self.thread.start()

    def _host(self) -> None:
        """Start a cluster when called, and end it with the run: Linux ends a cluster's processes
        with the thread that started them.
        """
        while not (self.folder / WANTED).exists():
            if self.ended.wait(POLL):
                return
        self._answer()
        self.ended.wait()
        self.run.executor.close()

    def _answer(self) -> None:
        from claims.execution.ray.connection import ClusterError

        try:
            name, text = (
                ADDRESS,
                f"{self.run.executor.connection().address} {os.environ.get(AUTH_MODE, UNSET)}",
            )
        except Exception as error:
            name, text = (
                REFUSED,
                str(error) if isinstance(error, ClusterError) else format_error(error),
            )
        part = self.folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        os.replace(part, self.folder / name)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """One process hands out all first looks at once, so that the cluster is busy from the
        start. What fails here is told by its claims.
        """
        first = getattr(self.config, "workerinput", {"workerid": "gw0"})["workerid"] == "gw0"
        if first and session.items and not self.config.getoption("collectonly"):
            self._ahead(
                [item.callspec.params for item in session.items if hasattr(item, "callspec")]
            )

    def _ahead(self, cases: list[dict]) -> None:
        from claims.commands.prepare import jobs_of

        asked = [
            (case["claim"], case["setting"]) for case in cases if {"claim", "setting"} <= set(case)
        ]
        claims, named = (
            {claim.id: claim for claim, _ in asked},
            {f"{claim.experiment} ({setting})" for claim, setting in asked},
        )
        suite = replace(self.run.suite, claims=tuple(claims.values()))
        jobs = [
            job
            for job in jobs_of(suite, tuple({setting for _, setting in asked}), self.run.seed_base)
            if job.name in named
        ]
        with contextlib.suppress(Exception):
            self.run.executor.run(jobs, self.run.machine, self.run.store)

    def pytest_unconfigure(self) -> None:
        self.ended.set()
        if self.thread is None:
            self.run.executor.close()
        else:
            self.thread.join()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
