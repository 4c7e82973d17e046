"""`--claims-variants`: the claims of an experiment judged again under every variant that the claim
file states.

A variant is one more setting of the experiment. All are judged on equally many seeds in one look,
the variant as written too, so that fewer seeds are not taken for the effect of a variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import ERROR, Evidence, NoVerdict, plain
from claims.judging import judge
from claims.schema import Claim, Seeds
from claims.schema.variants import Variant, settings_by_path, variant_setting, with_variants

if TYPE_CHECKING:
    from claims.experiments.kinds import BoundExperiment
    from claims.run import Run


@dataclass(frozen=True)
class VariantCase:
    """One variant of one experiment in one setting: what a worker judges at once, since all its
    claims are measured on the same networks.
    """

    experiment: str
    setting: str
    variant: Variant
    seeds: int
    name: str  # of the test, and of its result when a worker sends it


@dataclass(frozen=True)
class VariantRow:
    """The verdict on one claim under one variant. Figures are those of its weakest atom, on the log
    scale for ratios (`log`).
    """

    id: str
    verdict: str | None
    reason: str = ""
    diverged: bool = False
    expression: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    lower: float | None = None
    upper: float | None = None
    log: bool = False


@dataclass(frozen=True)
class VariantResult:
    """The verdicts on all claims under one variant."""

    case: str
    rows: tuple[VariantRow, ...] = field(default=())

    @property
    def unmeasured(self) -> tuple[VariantRow, ...]:
        """Claims that could not be measured, but for divergence, which is an outcome of the
        variant.
        """
        return tuple(row for row in self.rows if row.verdict == ERROR and not row.diverged)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, as a worker sends it."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VariantResult:
        """The inverse of `to_json`."""
        return cls(data["case"], tuple(VariantRow(**row) for row in data["rows"]))


def variant_cases(run: Run) -> Iterator[VariantCase]:
    """Every variant of every experiment that has some, in the settings that its claims are judged
    in.
    """
    judged = dict.fromkeys((claim.experiment, setting) for claim, setting in run.cases())
    for name, variants in run.suite.variants.items():
        spec = run.suite.experiments[name]
        for setting in (setting for experiment, setting in judged if experiment == name):
            where = name if setting == next(iter(spec.settings)) else f"{name}@{setting}"
            for variant in variants.expand(settings_by_path(spec, setting)):
                yield VariantCase(name, setting, variant, variants.seeds, f"{where}-{variant.name}")


def variant_claims(run: Run, experiment: str) -> tuple[Claim, ...]:
    """The claims that are judged under variants: those of the experiment, but for the tags that its
    variants leave out.
    """
    without = set(run.suite.variants[experiment].without)
    return tuple(
        claim
        for claim in run.suite.claims
        if claim.experiment == experiment and not without & set(claim.tags)
    )


def judge_variant(run: Run, case: VariantCase) -> VariantResult:
    """Judge all claims under one variant. A claim that cannot be measured is a row, never an
    exception.
    """
    spec = with_variants(run.suite.experiments[case.experiment], case.setting, [case.variant])
    setting = variant_setting(case.setting, case.variant)
    rows = []
    for claim in variant_claims(run, case.experiment):
        varied = replace(
            claim, spec=spec, seeds=Seeds(case.seeds, 0, case.seeds), seeds_in={}, expected={}
        )
        rows.append(
            _row(
                judge(
                    varied,
                    setting,
                    lambda seeds: run.measure(spec, setting, seeds),
                    seed_base=run.seed_base,
                )
            )
        )
    return VariantResult(case.name, tuple(rows))


def _row(evidence: Evidence) -> VariantRow:
    diverged = evidence.verdict == ERROR and evidence.code == NoVerdict.DIVERGED
    if not evidence.atoms:
        return VariantRow(evidence.id, evidence.verdict, evidence.reason, diverged)
    atom = evidence.atoms[evidence.headline]
    return VariantRow(
        evidence.id,
        evidence.verdict,
        evidence.reason,
        diverged,
        atom.expression,
        atom.estimate,
        atom.low,
        atom.high,
        atom.lower,
        atom.upper,
        atom.log,
    )


def variant_experiment(run: Run, case: VariantCase) -> BoundExperiment:
    """The experiment with the settings of a variant."""
    spec = with_variants(run.suite.experiments[case.experiment], case.setting, [case.variant])
    return spec.experiment(variant_setting(case.setting, case.variant))


def count_trainings(run: Run, cases: Sequence[VariantCase]) -> int:
    """How many different trainings the cases need: variants that change only the probe share
    snapshots.
    """
    from claims.execution.measure import observations_digest, snapshots_digests

    digests = set()
    for case in cases:
        experiment = variant_experiment(run, case)
        digests.update(
            snapshots_digests(experiment, run.machine)
            or [observations_digest(experiment, run.machine)]
        )
    return len(digests)


__all__ = [
    "VariantCase",
    "VariantResult",
    "VariantRow",
    "count_trainings",
    "judge_variant",
    "variant_cases",
    "variant_claims",
    "variant_experiment",
]
