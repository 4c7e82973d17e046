"""All that a run found out about variants, as the reports take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from claims.comparison.sensitivity import (
    ChoiceEffect,
    Sensitivity,
    VariantsTable,
    choice_effects,
    sensitivity,
)
from claims.provenance import environment
from claims.schema.variants import settings_by_path
from claims.variants import VariantCase, VariantResult, variant_cases, variant_claims

if TYPE_CHECKING:
    from claims.run import Run
    from claims.schema import Claim


@dataclass(frozen=True)
class ExperimentVariants:
    """One experiment in one setting: its verdicts, its claims, and the summary of each."""

    table: VariantsTable
    claims: tuple[Claim, ...]
    summaries: tuple[Sensitivity, ...]
    effects: tuple[ChoiceEffect, ...]
    seeds: int
    sample_seed: int
    written: Mapping[str, Any]  # {path: value} of the settings that choices are made of

    @property
    def n_judged(self) -> int:
        """How many variants were judged."""
        return sum(
            any(rows[i] is not None for rows in self.table.rows.values())
            for i in range(len(self.table.variants))
        )

    @property
    def single_columns(self) -> list[int]:
        """Columns of the variants that make at most one choice."""
        return [i for i, variant in enumerate(self.table.variants) if not variant.number]


@dataclass(frozen=True)
class VariantsResults:
    """Every experiment of which some variant was judged. `partial`: some variants were not."""

    experiments: tuple[ExperimentVariants, ...]
    environment: Mapping[str, Any]
    partial: bool


def variants_results_of(run: Run, results: Mapping[str, VariantResult]) -> VariantsResults:
    """The results of a run from those of its cases, by name."""
    cases = list(variant_cases(run))
    return VariantsResults(
        tuple(_experiments(run, cases, results)),
        environment(run),
        any(case.name not in results for case in cases),
    )


def _experiments(
    run: Run, cases: Sequence[VariantCase], results: Mapping[str, VariantResult]
) -> Iterator[ExperimentVariants]:
    """Every experiment and setting of which some variant was judged."""
    for experiment, setting in dict.fromkeys((case.experiment, case.setting) for case in cases):
        members = [
            case for case in cases if (case.experiment, case.setting) == (experiment, setting)
        ]
        if not any(case.name in results for case in members):
            continue
        claims, variants = variant_claims(run, experiment), run.suite.variants[experiment]
        rows = [
            {row.id: row for row in results[case.name].rows} if case.name in results else {}
            for case in members
        ]
        table = VariantsTable(
            experiment,
            setting,
            tuple(case.variant for case in members),
            {claim.id: tuple(by_id.get(claim.id) for by_id in rows) for claim in claims},
        )
        written = settings_by_path(run.suite.experiments[experiment], setting)
        yield ExperimentVariants(
            table,
            claims,
            tuple(sensitivity(table, claim.id) for claim in claims),
            tuple(choice_effects(table)),
            variants.seeds,
            variants.sample_seed,
            {path: written.get(path) for path in variants.choices},
        )
