"""From the options to a Run: what is wrong with them or the claim file is found here, before
anything is collected.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from claims.execution.machine import Machine, check_machine
from claims.experiments.base import DeviceError
from claims.language import nearest
from claims.plugin.options import RunError, claim_file
from claims.plugin.workers import worker_count, worker_number
from claims.run import Run, store_root
from claims.schema import Suite, load_suite
from claims.store.entries import Store

if TYPE_CHECKING:
    import pytest

    from claims.execution.jobs import Executor
    from claims.report.published import ReportOptions


def make_run(
    config: pytest.Config, *, executor: Executor | None = None, store: Path | None = None
) -> Run:
    """The run that the options of `config` describe, on an executor of its own or none; `store`:
    elsewhere than in its usual place. Raises ClaimFileError or RunError.
    """
    path = claim_file(config)
    if path.is_dir():
        raise RunError(f"claim file {path} is a folder; name a file in it with --claims-file=F")
    if not path.is_file():
        raise RunError(f"claim file {path} does not exist; name another with --claims-file=F")
    suite = load_suite(path)
    settings = tuple(config.option.claims_setting)
    _check_settings(suite, settings)
    if config.option.claims_variants and not suite.variants:
        raise RunError(
            f"`--claims-variants`: {path.name} states no `variants`; name the choices that the "
            "memo leaves open (docs/variants.md)"
        )
    seed_base = config.option.claims_seed_base
    if seed_base < 0:
        raise RunError(f"`--claims-seed-base` is {seed_base}; allowed: 0 or more")
    machine = Machine(
        config.option.claims_device,
        config.option.claims_precision,
        workers=worker_count(config),
        worker=worker_number(config),
        remote=executor is not None,
    )
    run = Run(suite, settings, machine, Store(store or store_root(path)), seed_base, executor)
    try:
        check_machine(machine, list(run.experiments().values()), "--claims-{}")
    except DeviceError as error:
        raise RunError(str(error)) from None
    return run


def make_report_options(config: pytest.Config, run: Run) -> ReportOptions:
    """What the options ask of the reports. Raises RunError; a bad baseline is found before anything
    is measured.
    """
    from claims.report.publish import read_baseline
    from claims.report.published import ReportOptions
    from claims.result_file import ResultFileError

    where = config.invocation_params.dir
    baseline, history = config.option.claims_baseline, config.option.claims_history
    fail_on = config.option.claims_fail_on
    if fail_on and not baseline:
        raise RunError(
            "`--claims-fail-on=drift` needs something to have drifted from; name a result file "
            "with --claims-baseline=F"
        )
    try:
        read = read_baseline(where / baseline, run.suite) if baseline else None
    except ResultFileError as error:
        raise RunError(f"`--claims-baseline`: {error}") from None
    return ReportOptions(
        _folder(where, "--claims-report", config.option.claims_report),
        read,
        fail_on == "drift",
        _folder(where, "--claims-history", history) if history else None,
    )


def _folder(where: Path, option: str, name: str) -> Path:
    """A folder to write to, there or to be made. Checked before anything is measured: at the end
    the results would be lost.
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
            raise RunError(
                f"`--claims-setting={name}`: no experiment of {suite.path.name} has that setting; "
                f"{nearest(name, suite.settings)}"
            )
