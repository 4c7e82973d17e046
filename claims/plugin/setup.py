"""From the command line to a Run: everything that can be wrong with what was asked is told here,
before anything is collected.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from claims.execution.machine import Machine, check_machine
from claims.experiments.base import DeviceError
from claims.plugin.ray import executor_of
from claims.run import Run, store_root
from claims.schema import Suite, load_suite
from claims.store.entries import Store

if TYPE_CHECKING:
    import pytest

    from claims.execution.jobs import Executor
    from claims.report.publish import ReportOptions


class RunError(ValueError):
    """What was asked for cannot be run; one line says why and what would."""


def make_run(config: pytest.Config, package: Path, *, fresh_store: Path | None = None) -> Run:
    """The run that the options of `config` describe. Raises ClaimFileError or RunError."""
    chosen = config.getoption("claims_file")
    path = config.invocation_params.dir / chosen if chosen else package.parent / "claims.yaml"
    if path.is_dir():
        raise RunError(f"claim file {path} is a folder; name a file in it with --claims-file=F")
    if not path.is_file():
        raise RunError(f"claim file {path} does not exist; name another with --claims-file=F")
    suite = load_suite(path)
    settings = tuple(config.getoption("setting"))
    _check_settings(suite, settings)
    if config.getoption("variants") and not suite.variants:
        raise RunError(
            f"`--variants`: {path.name} states no `variants`; name the choices that the "
            "memo leaves open (docs/variants.md)"
        )
    if config.getoption("seed_base") < 0:
        raise RunError(f"`--seed-base` is {config.getoption('seed_base')}; allowed: 0 or more")
    executor = _executor(config)
    machine = Machine(
        config.getoption("device"),
        config.getoption("precision"),
        workers=_workers(config),
        worker=_number(config),
        remote=executor is not None,
    )
    run = Run(
        suite,
        settings,
        machine,
        Store(fresh_store or store_root(path)),
        config.getoption("seed_base"),
        executor,
    )
    try:
        check_machine(machine, list(run.experiments().values()), "--claims-{}")
    except DeviceError as error:
        raise RunError(str(error)) from None
    return run


def make_wishes(config: pytest.Config, run: Run) -> ReportOptions:
    """What the options ask of the reports. Raises RunError; a bad baseline is told before anything
    trains.
    """
    from claims.report.publish import ReportOptions, read_baseline
    from claims.report.result_file import ResultFileError

    where, baseline, history = (
        config.invocation_params.dir,
        config.getoption("baseline"),
        config.getoption("history"),
    )
    if config.getoption("fail_on") and not baseline:
        raise RunError(
            "`--fail-on=drift` needs something to have drifted from; name a result file "
            "with --baseline=F"
        )
    try:
        read = read_baseline(where / baseline, run.suite) if baseline else None
    except ResultFileError as error:
        raise RunError(f"`--baseline`: {error}") from None
    return ReportOptions(
        _folder(where, "--report-dir", config.getoption("report_dir")),
        read,
        config.getoption("fail_on") == "drift",
        _folder(where, "--history", history) if history else None,
    )


def _folder(where: Path, option: str, name: str) -> Path:
    """A folder to write to, there or to be made. Told before anything trains: at the end the
    results would be lost.
    """
    path = where / name
    nearest = next(p for p in (path, *path.parents) if p.exists())
    if not nearest.is_dir():
        raise RunError(f"`{option}={name}`: {nearest} is a file; name a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise RunError(
            f"`{option}={name}`: nothing may be written in {nearest}; name another folder"
        )
    return path


def _check_settings(suite: Suite, settings: tuple[str, ...]) -> None:
    for name in settings:
        if name not in suite.settings:
            close = difflib.get_close_matches(name, suite.settings, n=1)
            hint = (
                f"did you mean {close[0]}?" if close else f"settings: {', '.join(suite.settings)}"
            )
            raise RunError(
                f"`--setting {name}`: no experiment of {suite.path.name} has that setting; {hint}"
            )


def _executor(config: pytest.Config) -> Executor | None:
    try:
        return executor_of(config)
    except ValueError as error:
        raise RunError(str(error)) from None


def _workers(config: pytest.Config) -> int:
    return int(getattr(config, "workerinput", {}).get("workercount", 1))


def _number(config: pytest.Config) -> int:
    """Which of the workers this process is, from 0; the controlling process counts as the first."""
    return int(getattr(config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))


def share_cores(config: pytest.Config) -> None:
    """Workers about to start inherit their share of the cores for numpy's products: two workers
    with two threads each run at half speed.
    """
    workers = len(getattr(config.option, "tx", None) or ())
    if workers and not hasattr(config, "workerinput"):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, str(max(1, (os.cpu_count() or 1) // workers)))
