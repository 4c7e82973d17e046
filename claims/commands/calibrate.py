"""`calibrate`: error rates of the verdicts, by simulation through the functions that judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.commands import claims_file, load_or_exit

if TYPE_CHECKING:
    from claims.inference.worlds import Estimation


@click.command()
@claims_file
@click.option(
    "--worlds",
    default=4000,
    show_default=True,
    type=click.IntRange(min=50),
    help="Simulated worlds a cell",
)
@click.option(
    "--resamples",
    default=1999,
    show_default=True,
    type=click.IntRange(min=199),
    help="Resamples of each world",
)
@click.option(
    "--method",
    default="bootstrap-t",
    show_default=True,
    help="Method: bootstrap-t (the suite's), studentized, t, bca or percentile",
)
@click.option(
    "--observed/--no-observed",
    default=True,
    show_default=True,
    help="Also worlds resampled from the suite's own observations in store",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed of the simulation",
)
@click.option(
    "--output",
    default="reports/calibration.md",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the tables go",
)
def command(
    file: Path, worlds: int, resamples: int, method: str, observed: bool, seed: int, output: Path
) -> None:
    """Simulate verdicts in worlds whose truth is known: coverage, width, false verdicts, power.

    A short table sets the methods side by side. Observed worlds are drawn from what the claims of
    FILE measured: their atoms, on seeds resampled from the store. Nothing is trained.
    """
    import numpy as np

    from claims.inference import METHODS
    from claims.inference.calibration import COMPARED, render_markdown, run

    if method not in METHODS:
        raise click.BadParameter(
            f"{method!r}; allowed: {', '.join(METHODS)}", param_hint="--method"
        )
    own = tuple(observed_worlds(file)) if observed else ()
    click.echo(
        f"{worlds} worlds a cell, {len(own)} atoms of {file.name} with observations in store"
    )
    table = run(
        rng=np.random.default_rng(seed),
        observed=own,
        compare=COMPARED,
        n_worlds=worlds,
        n_resamples=resamples,
        method=method,
        progress=click.echo,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(render_markdown(table), encoding="utf-8")
    click.echo(f"written: {output}")


def observed_worlds(file: Path) -> Iterator[Estimation]:
    """One world for each atom of each claim whose seeds are all in store, in its experiment's first
    setting.
    """
    from claims.execution.machine import Machine
    from claims.execution.measure import plan
    from claims.inference import InferenceError
    from claims.inference.worlds import resampled
    from claims.run import Run, store_root
    from claims.samples import atom_of, extract_sample
    from claims.schema import NotAsked
    from claims.store.entries import Store

    run = Run(load_or_exit(file), (), Machine(), Store(store_root(file)))
    for claim, setting in run.cases():
        experiment = claim.spec.experiment(setting)
        seeds = experiment.available_seeds or range(claim.seeds.start)
        question = (
            NotAsked("not described") if experiment.describe() is None else claim.ask(setting)
        )
        if (
            isinstance(question, NotAsked)
            or plan(experiment, seeds, run.machine, run.store).missing
        ):
            continue
        observed = run.measure(claim.spec, setting, seeds)
        extracted = extract_sample(observed, question.terms, experiment)
        for atom in question.atoms:
            bound = ", ".join(f"{k}={v}" for k, v in atom.bindings.items())
            try:
                yield resampled(
                    f"`{claim.id}` ({bound})" if bound else f"`{claim.id}`",
                    extracted.sample,
                    atom_of(atom, extracted.terms),
                )
            except InferenceError:
                continue  # nothing can be resampled from a sample without spread
