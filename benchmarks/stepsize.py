"""`python -m benchmarks.stepsize`: the probe's step size, on seeds that are never judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.commands import claims_file, load_or_exit
from models.devices import DEVICES
from models.stepsize import TARGET, find_rate, rounded

if TYPE_CHECKING:
    from claims.schema import ExperimentSpec, Suite

CALIBRATION_SEEDS = 20000
SWEEP = "models.experiments.snapshot_sweep:SnapshotSweep"


@click.command(short_help="find the probe's step size")
@claims_file
@click.option(
    "--experiment",
    "name",
    default="sweep",
    show_default=True,
    help="A snapshot_sweep of the claim file.",
)
@click.option("--setting", help="One of its settings. Omitted: the first.")
@click.option(
    "--seeds",
    default=16,
    show_default=True,
    type=click.IntRange(min=6),
    help="Calibration seeds, from 20000 on.",
)
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
def command(file: Path, name: str, setting: str | None, seeds: int, device: str) -> None:
    """Find the probe's step size: that at which the oracle's dL_same at epoch 5 is -0.0086, on
    seeds 20000, 20001, ...

    Prints each step size tried with the change of loss found there, and the answer rounded to two
    digits, to be written into `probe.lr`.
    """
    from claims.execution.machine import Machine
    from claims.execution.measure import measure
    from claims.run import store_root
    from claims.store.entries import Store, StoreError

    suite = load_or_exit(file)
    spec = _sweep(suite, name)
    options = _options(spec, setting)
    chosen = tuple(range(CALIBRATION_SEEDS, CALIBRATION_SEEDS + seeds))

    def change(rate: float) -> float:
        found = measure(probing_at(spec.target, options, rate, spec.base), chosen, machine, store)
        value = float(found["dL_same"].mean())
        click.echo(
            f"probe.lr {rate:.6g}: dL_same(oracle, epoch=5) = {value:.6f} over {seeds} seeds"
        )
        return value

    machine, store = Machine(device), Store(store_root(file))
    try:
        rate = find_rate(change, options["probe"]["lr"])
    except (StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"step size for {TARGET}: {rate:.6g}; rounded: {rounded(rate)}")


def _sweep(suite: Suite, name: str) -> ExperimentSpec:
    from claims.language import nearest

    sweeps = [other for other, spec in suite.experiments.items() if spec.target == SWEEP]
    if name not in suite.experiments:
        raise click.BadParameter(
            f"no experiment is called `{name}`; {nearest(name, sweeps)}", param_hint="--experiment"
        )
    if name not in sweeps:
        raise click.BadParameter(
            f"`{name}` is of kind {suite.experiments[name].kind}, which has no probe; it "
            "must be a snapshot_sweep",
            param_hint="--experiment",
        )
    return suite.experiments[name]


def _options(spec: ExperimentSpec, setting: str | None) -> dict:
    from claims.language import nearest

    if setting is not None and setting not in spec.settings:
        raise click.BadParameter(
            f"experiment `{spec.name}` has no setting `{setting}`; "
            f"{nearest(setting, spec.settings)}",
            param_hint="--setting",
        )
    return dict(spec.settings[setting or next(iter(spec.settings))])


def probing_at(target: str, options: dict, rate: float, base: Path):
    """The experiment with this step size, the oracle alone, at epoch 5."""
    from claims.experiments.digests import deep_merge
    from claims.experiments.kinds import create

    return create(
        target,
        deep_merge(options, {"snapshots": [5], "probe": {"lr": rate, "credits": ["oracle"]}}),
        base,
    )


if __name__ == "__main__":
    command(prog_name="python -m benchmarks.stepsize")
