"""`check`: a claim file's mistakes, and what judging it would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.commands import check_settings, claims_file, print_problems
from claims.schema import Claim, ExperimentSpec, NotAsked, Suite, Undescribed, read_suite

if TYPE_CHECKING:
    from claims.run import Run


@dataclass(frozen=True)
class Line:
    """What one experiment in one setting would take."""

    experiment: str
    setting: str
    asked: int
    not_asked: tuple[str, ...]  # ids and reasons
    seeds: int | None  # None where nothing is asked
    cached: int | None  # None where that is not known
    seconds: float | None
    obstacle: str = ""  # why that is not known

    @property
    def missing(self) -> int | None:
        return None if self.seeds is None or self.cached is None else self.seeds - self.cached


@click.command(short_help="validate and print the plan")
@claims_file
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="S",
    help="Plan this setting; repeatable (default: each experiment's first)",
)
@click.option(
    "--device",
    metavar="D",
    default="auto",
    show_default=True,
    help="Where networks are trained: one that the experiments know, as pytest's",
)
@click.option(
    "--seed-base",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The first seed",
)
def command(file: Path, settings: tuple[str, ...], device: str, seed_base: int) -> None:
    """Validate FILE (claims.yaml) and print the plan. Exits 1 for a file with mistakes; the plan is
    then of the claims without any.
    """
    reading = read_suite(file)
    suite = reading.suite
    if suite is not None:
        check_settings(settings, suite)
        if suite.claims:
            run = _run(suite, settings, device, seed_base)
            show(suite, plan(run))
            for line in variants_lines(run):
                click.echo(line)
    if suite is None or reading.problems:
        print_problems(reading.path, reading.problems, reading.lines)
        raise SystemExit(1)
    count = len(suite.claims)
    click.echo(f"{file}: {count} claim{'s' * (count != 1)}, no mistakes.")


def _run(suite: Suite, settings: Sequence[str], device: str, seed_base: int) -> Run:
    """The run that is planned. Ends the command where the device is not to be had."""
    from claims.execution.machine import Machine, check_machine
    from claims.experiments.base import DeviceError
    from claims.run import Run, store_root
    from claims.store.entries import Store

    run = Run(suite, tuple(settings), Machine(device), Store(store_root(suite.path)), seed_base)
    try:
        check_machine(run.machine, list(run.experiments().values()))
    except DeviceError as error:
        raise click.BadParameter(str(error), param_hint="--device") from None
    return run


def plan(run: Run) -> list[Line]:
    """A line for every experiment and setting that some claim is asked in."""
    suite, lines = run.suite, []
    for name, setting in run.experiments():
        claims = [claim for claim in suite.claims if claim.experiment == name]
        lines.append(_line(run, suite.experiments[name], setting, claims))
    order = list(suite.experiments)
    return sorted(lines, key=lambda line: order.index(line.experiment))


def variants_lines(run: Run) -> list[str]:
    """What `--claims-variants` would judge besides: a line for every experiment and setting that
    has variants.
    """
    from claims.variants import count_trainings, variant_cases, variant_claims

    if not run.suite.variants:
        return []
    every, lines = list(variant_cases(run)), []
    for experiment, setting in dict.fromkeys((case.experiment, case.setting) for case in every):
        mine = [case for case in every if (case.experiment, case.setting) == (experiment, setting)]
        drawn = sum(case.variant.number is not None for case in mine)
        lines.append(
            f"--claims-variants: {experiment} ({setting}): {len(variant_claims(run, experiment))} "
            f"claims under {len(mine)} variants (1 as written,"
            f" {len(mine) - drawn - 1} single choices, {drawn} combinations) on "
            f"{mine[0].seeds} seeds; {count_trainings(run, mine)} trainings a seed"
        )
    return lines


def _line(run: Run, spec: ExperimentSpec, setting: str, claims: Sequence[Claim]) -> Line:
    asked, not_asked = [], []
    for claim in claims:
        reason = _reason_not_asked(claim, setting)
        asked += [claim] if reason is None else []
        not_asked += [f"{claim.id}: {reason}"] if reason is not None else []
    if not asked:
        return Line(spec.name, setting, 0, tuple(not_asked), None, None, None)
    available = spec.experiment(setting).available_seeds
    if available is not None:
        return Line(
            spec.name, setting, len(asked), tuple(not_asked), len(available), len(available), 0.0
        )
    n_seeds = max(claim.within(setting).seeds.max for claim in asked)
    wanted = range(run.seed_base, run.seed_base + n_seeds)
    found = _stored(run, spec, setting, wanted)
    return Line(spec.name, setting, len(asked), tuple(not_asked), len(wanted), *found)


def _reason_not_asked(claim: Claim, setting: str) -> str | None:
    try:
        question = claim.ask(setting)
    except Undescribed:
        return None
    return question.reason if isinstance(question, NotAsked) else None


def _stored(
    run: Run, spec: ExperimentSpec, setting: str, wanted: Sequence[int]
) -> tuple[int | None, float | None, str]:
    """How many of the wanted seeds are cached, how long the others would take; or why that is not
    known: data or a library that are not here.
    """
    from claims.execution.measure import plan as plan_measuring

    try:
        found = plan_measuring(spec.experiment(setting), list(wanted), run.machine, run.store)
    except ValueError as error:
        return None, None, str(error)
    return found.cached, found.seconds, ""


def show(suite: Suite, lines: Sequence[Line]) -> None:
    """The claims, then the plan, as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    claims = Table(title=f"{suite.path}", title_justify="left", box=None, pad_edge=False)
    for heading in ("claim", "experiment", "expected", "seeds"):
        claims.add_column(heading, no_wrap=heading != "expected")
    for claim in suite.claims:
        claims.add_row(claim.id, claim.experiment, _expected(claim), _seeds(claim))
    console.print(claims)
    console.print()
    table = Table(box=None, pad_edge=False)
    for heading in (
        "experiment",
        "setting",
        "claims",
        "seeds",
        "cached",
        "to train",
        "expected time",
    ):
        table.add_column(
            heading, justify="left" if heading in ("experiment", "setting") else "right"
        )
    for line in lines:
        table.add_row(
            line.experiment,
            line.setting,
            str(line.asked),
            *map(_count, (line.seeds, line.cached, line.missing)),
            _time(line),
        )
    console.print(table)
    for line in lines:
        if line.obstacle:
            text = f"{line.experiment} ({line.setting}) cannot be measured here: {line.obstacle}"
            console.print(text, highlight=False, markup=False)
        for reason in line.not_asked:
            console.print(f"not asked in {line.setting}: {reason}", highlight=False, markup=False)
    console.print()


def _expected(claim: Claim) -> str:
    if isinstance(claim.expected, str):
        return claim.expected
    return ", ".join(f"{setting}: {verdict}" for setting, verdict in claim.expected.items())


def _seeds(claim: Claim) -> str:
    if any(
        claim.spec.experiment(setting).available_seeds is not None
        for setting in claim.spec.settings
    ):
        return "as recorded"
    return (
        str(claim.seeds.start)
        if not claim.seeds.step
        else f"{claim.seeds.start} to {claim.seeds.max} by {claim.seeds.step}"
    )


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def _time(line: Line) -> str:
    if line.seeds is None or not line.missing:
        return "-"
    if line.seconds is None:
        return "unknown"
    return f"{line.seconds:.0f} s" if line.seconds < 120 else f"{line.seconds / 60:.0f} min"
