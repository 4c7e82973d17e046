"""`prepare`: train what is missing ahead of the tests, with progress."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from claims.commands import claims_file, load_or_exit
from claims.execution.display import Display, Named, duration
from claims.execution.jobs import Executor, Failure, Job
from claims.execution.measure import (
    PRECISIONS,
    Machine,
    expected_seconds,
    observations_digest,
    plan,
)
from claims.plugin.ray import ray_executor, ray_options
from claims.schema import NotAsked, Suite, Undescribed
from claims.store.activity import present
from claims.store.entries import Store, StoreError


@click.command(short_help="train what is missing ahead of the tests")
@claims_file
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="S",
    help="Prepare this setting; repeatable (default: each experiment's first)",
)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=PRECISIONS[0],
    show_default=True,
    help="Of training's matrix products, as pytest's.",
)
@click.option("--seed-base", type=click.IntRange(min=0), default=0, show_default=True)
@ray_options
@click.option(
    "-n",
    "--workers",
    type=click.IntRange(min=1),
    help="Processes (default: as many as cores on a CPU, one on a GPU)",
)
def command(
    file: Path,
    settings: tuple[str, ...],
    device: str,
    precision: str,
    seed_base: int,
    executor_name: str,
    workers: int | None,
    **ray: Any,
) -> None:
    """Train and measure what the claims of FILE (claims.yaml) need at their first look and the
    store lacks. Exits 1 where something failed.
    """
    from claims.run import store_bound, store_root
    from claims.store.pruning import prune, sweep
    from models.devices import DeviceError, resolve_device

    try:
        # the GPU is the cluster's, not this machine's
        elsewhere = executor_name == "ray" and device == "cuda"
        machine = Machine(device if elsewhere else resolve_device(device), precision)
        store = Store(store_root(file))
        suite = load_or_exit(file, settings)
        jobs = missing(jobs_of(suite, settings, seed_base), machine, store)
        if not jobs:
            return click.echo("nothing is missing.")
        with (
            present(store),
            _executor(executor_name, workers or _cores(machine.device), **ray) as executor,
        ):
            failures = run(executor, jobs, machine, store)
            prune(store, bound=store_bound())
        sweep(store)
    except (DeviceError, StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    for failure in failures:
        click.echo(f"{failure.job}: {failure.reason}", err=True)
    if failures:
        raise SystemExit(1)


def jobs_of(suite: Suite, settings: Sequence[str], seed_base: int) -> list[Job]:
    """What the claims ask for at their first look, a job for each experiment and setting."""
    jobs = []
    for spec in suite.experiments.values():
        names = (
            [name for name in settings if name in spec.settings]
            if settings
            else [next(iter(spec.settings))]
        )
        for setting in names:
            asking = [
                claim.within(setting)
                for claim in suite.claims
                if claim.experiment == spec.name and _asked(claim, setting)
            ]
            if asking and spec.experiment(setting).available_seeds is None:
                n = max(claim.seeds.start for claim in asking)
                jobs.append(
                    Job(
                        f"{spec.name} ({setting})",
                        spec.kind,
                        spec.settings[setting],
                        spec.base,
                        tuple(range(seed_base, seed_base + n)),
                    )
                )
    return jobs


def missing(jobs: Sequence[Job], machine: Machine, store: Store) -> list[Job]:
    """The jobs that the store cannot answer yet; says what each would take."""
    left = []
    for job in jobs:
        found = plan(job.experiment(), job.seeds, machine, store)
        when = "" if not found.seconds else f", about {duration(found.seconds)} of one process"
        click.echo(
            f"{job.name}: {found.cached} of {found.total} seeds are there"
            + (f", {found.missing} to train{when}" if found.missing else "")
        )
        left += [job] if found.missing else []
    return left


def run(executor: Executor, jobs: Sequence[Job], machine: Machine, store: Store) -> list[Failure]:
    """Run the jobs under the display of their progress."""

    def names() -> dict[str, Named]:
        made = [(job.name, job.experiment()) for job in jobs]
        return {
            observations_digest(e, machine): Named(name, expected_seconds(e, machine, store))
            for name, e in made
        }

    known = names()
    with Display(store, lambda: known, sys.stdout, bars=sys.stdout.isatty()):
        return executor.run(jobs, machine, store)


def _asked(claim, setting: str) -> bool:
    try:
        return not isinstance(claim.ask(setting), NotAsked)
    except Undescribed:
        return True


@contextlib.contextmanager
def _executor(
    name: str,
    workers: int,
    *,
    ray_address: str | None,
    ray_cpus: float | None,
    ray_gpus: float | None,
) -> Iterator[Executor]:
    if name == "ray":
        executor = ray_executor(ray_address, ray_cpus, ray_gpus)
        try:
            yield executor
        finally:
            executor.close()
        return
    from claims.execution.local import InProcess, Processes

    if (ray_address, ray_cpus, ray_gpus) != (None, None, None):
        raise ValueError(
            "`--ray-address`, `--ray-cpus` and `--ray-gpus` say something of a cluster; "
            "add --executor ray"
        )
    yield InProcess() if workers == 1 else Processes(workers)


def _cores(device: str) -> int:
    if device != "cpu":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
