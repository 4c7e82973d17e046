"""`prepare`: train what is missing ahead of the tests, with progress."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from claims.commands import claims_file, load_or_exit
from claims.commands.ray_options import ray_options
from claims.execution.display import Display, Named, duration
from claims.execution.estimates import expected_seconds
from claims.execution.jobs import Executor, Failure, Job
from claims.execution.machine import Machine, check_machine, cores
from claims.execution.measure import observations_digest, plan
from claims.store.activity import register_process
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
    "--device",
    metavar="D",
    default="auto",
    show_default=True,
    help="Where networks are trained: one that the experiments know, as pytest's",
)
@click.option("--precision", metavar="P", help="One that the experiments know, as pytest's")
@click.option(
    "--seed-base",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The first seed",
)
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
    precision: str | None,
    seed_base: int,
    executor_name: str,
    workers: int | None,
    **ray: Any,
) -> None:
    """Train and measure what the claims of FILE (claims.yaml) need at their first look and the
    store lacks. Exits 1 where something failed.
    """
    from claims.run import first_jobs, store_bound, store_root
    from claims.store.pruning import prune, remove_leftovers

    try:
        machine = Machine(device, precision, remote=executor_name == "ray")
        store = Store(store_root(file))
        suite = load_or_exit(file, settings)
        jobs = first_jobs(suite, settings, seed_base)
        check_machine(machine, [job.experiment() for job in jobs])
        jobs = missing(jobs, machine, store)
        if not jobs:
            return click.echo("nothing is missing.")
        with (
            register_process(store),
            _executor(executor_name, workers or _processes(jobs, machine), **ray) as executor,
        ):
            failures = run(executor, jobs, machine, store)
            prune(store, bound=store_bound())
        remove_leftovers(store)
    except (StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    for failure in failures:
        click.echo(f"{failure.job}: {failure.reason}", err=True)
    if failures:
        raise SystemExit(1)


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
        from claims.execution.ray.executor import ray_executor

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


def _processes(jobs: Sequence[Job], machine: Machine) -> int:
    """As many as cores where all is measured on CPUs; one where an accelerator is used."""
    devices = {machine.place(job.experiment()).device for job in jobs}
    return cores() if devices == {"cpu"} else 1
