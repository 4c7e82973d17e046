"""One run of the suite: what was asked for, where it is measured, and the observations it has seen
so far.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from claims.evidence import Evidence
from claims.execution.jobs import Executor, FailedElsewhere, Job
from claims.execution.machine import Machine
from claims.execution.measure import measure
from claims.judging import judge
from claims.schema import Claim, ExperimentSpec, Suite
from claims.store.entries import Store
from claims.store.pruning import DEFAULT_BOUND, parse_size

if TYPE_CHECKING:
    import xarray

    from claims.experiments.kinds import BoundExperiment
    from claims.false_positives import FalsePositiveCheck

STORE_VARIABLE = "CLAIMS_STORE"
STORE_FOLDER = ".claims"
BOUND_VARIABLE = "CLAIMS_STORE_BOUND"


@dataclass(frozen=True)
class Run:
    """A suite to be judged in some settings, on a machine, through a store."""

    suite: Suite
    settings: tuple[str, ...]  # as asked for; empty: each experiment's default
    machine: Machine
    store: Store
    seed_base: int = 0
    executor: Executor | None = None  # where missing seeds are made; None: here
    _seen: dict = field(default_factory=dict, repr=False)
    _failed: dict = field(default_factory=dict, repr=False)

    def cases(self) -> Iterator[tuple[Claim, str]]:
        """Every claim with every setting it is asked in: those named that its experiment has, or
        its default.
        """
        for claim in self.suite.claims:
            names = (
                [s for s in self.settings if s in claim.spec.settings]
                if self.settings
                else [next(iter(claim.spec.settings))]
            )
            for setting in names:
                yield claim.within(setting), setting

    def experiments(self) -> dict[tuple[str, str], BoundExperiment]:
        """{(experiment, setting): experiment} of all that some claim is asked of."""
        asked = {(claim.experiment, setting): claim.spec for claim, setting in self.cases()}
        return {
            (name, setting): spec.experiment(setting) for (name, setting), spec in asked.items()
        }

    def measure(self, spec: ExperimentSpec, setting: str, seeds: Sequence[int]) -> xarray.Dataset:
        """Observations of an experiment in a setting, `seeds` in the order given. What failed once
        fails again without being tried.
        """
        name, seeds = (spec.name, setting), tuple(seeds)
        known = self._seen.get(name)
        if known is not None and set(seeds) <= set(known["seed"].values.tolist()):
            return known.sel(seed=list(seeds)) if spec.experiment(setting).paired else known
        if (name, seeds) in self._failed:
            raise self._failed[name, seeds]
        try:
            self._make_elsewhere(spec, setting, seeds)
            self._seen[name] = measure(spec.experiment(setting), seeds, self.machine, self.store)
        except (Exception, SystemExit) as error:
            self._failed[name, seeds] = error
            raise
        return self._seen[name]

    def _make_elsewhere(self, spec: ExperimentSpec, setting: str, seeds: tuple[int, ...]) -> None:
        if self.executor is None or spec.experiment(setting).available_seeds is not None:
            return
        if failures := self.executor.run([spec.job(setting, seeds)], self.machine, self.store):
            raise FailedElsewhere(failures)

    def judge(self, claim: Claim, setting: str) -> Evidence:
        """One claim's evidence in one setting."""
        return judge(
            claim,
            setting,
            lambda seeds: self.measure(claim.spec, setting, seeds),
            seed_base=self.seed_base,
        )

    def check_false_positives(self, claim: Claim, setting: str) -> FalsePositiveCheck:
        """How often one claim is supported where it is false, on what it was judged on."""
        from claims.false_positives import check_false_positives

        n_checks = sum(1 for _ in self.cases())
        return check_false_positives(
            claim,
            setting,
            lambda seeds: self.measure(claim.spec, setting, seeds),
            seed_base=self.seed_base,
            n_checks=n_checks,
        )


def first_jobs(suite: Suite, settings: Sequence[str], seed_base: int) -> list[Job]:
    """What the claims ask for at their first look, a job for each experiment and setting."""
    jobs = []
    for spec in suite.experiments.values():
        default = [next(iter(spec.settings))]
        names = [name for name in settings if name in spec.settings] if settings else default
        for setting in names:
            asking = [
                claim.within(setting)
                for claim in suite.claims
                if claim.experiment == spec.name and claim.is_asked(setting)
            ]
            if asking and spec.experiment(setting).available_seeds is None:
                n = max(claim.seeds.start for claim in asking)
                jobs.append(spec.job(setting, range(seed_base, seed_base + n)))
    return jobs


def store_root(suite_path: Path) -> Path:
    """Where the caches lie: `CLAIMS_STORE`, or `.claims/` beside the claim file."""
    elsewhere = os.environ.get(STORE_VARIABLE)
    return Path(elsewhere) if elsewhere else suite_path.resolve().parent / STORE_FOLDER


def store_bound() -> int:
    """Bytes that the store is kept within, but for what is in use: `CLAIMS_STORE_BOUND` (8G, 500M),
    or the default. Raises ValueError.
    """
    text = os.environ.get(BOUND_VARIABLE)
    try:
        return DEFAULT_BOUND if text is None else parse_size(text)
    except ValueError as error:
        raise ValueError(f"`{BOUND_VARIABLE}`: {error}") from None
