"""`--variants`: the claims of an experiment judged again under every reading of its memo that the
claim file states.

A reading is one more setting of the experiment. All are judged on equally many seeds in one look,
the one as written too, so that fewer seeds are not taken for another reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import ERROR, Evidence, NoVerdict, plain
from claims.judging import judge
from claims.schema import Claim, Seeds
from claims.schema.variants import Variant, setting_of, settings_of, with_readings

if TYPE_CHECKING:
    from claims.experiments.base import Configured
    from claims.run import Run


@dataclass(frozen=True)
class Case:
    """One reading of one experiment in one setting: what a worker judges in one go, since all its
    claims look at the same networks.
    """

    experiment: str
    setting: str
    reading: Variant
    seeds: int
    name: str  # of the test, and in what crosses from a worker


@dataclass(frozen=True)
class Row:
    """What came out for one claim under one reading. Figures are those of its weakest atom, on the
    log scale for ratios (`log`).
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
class Reread:
    """All claims under one reading."""

    case: str
    rows: tuple[Row, ...] = field(default=())

    @property
    def unmeasured(self) -> tuple[Row, ...]:
        """Claims without a verdict for another reason than divergence, which is an outcome of the
        reading.
        """
        return tuple(row for row in self.rows if row.verdict == ERROR and not row.diverged)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data: it crosses from the worker."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reread:
        return cls(data["case"], tuple(Row(**row) for row in data["rows"]))


def cases(run: Run) -> Iterator[Case]:
    """Every reading of every experiment that has variants, in the settings that its claims are
    asked in.
    """
    asked = dict.fromkeys((claim.experiment, setting) for claim, setting in run.cases())
    for name, variants in run.suite.variants.items():
        spec = run.suite.experiments[name]
        for setting in (setting for experiment, setting in asked if experiment == name):
            where = name if setting == next(iter(spec.settings)) else f"{name}@{setting}"
            for reading in variants.readings(settings_of(spec, setting)):
                yield Case(name, setting, reading, variants.seeds, f"{where}-{reading.name}")


def claims_of(run: Run, experiment: str) -> tuple[Claim, ...]:
    """The claims that are judged again: those of the experiment, but for the tags that its variants
    leave out.
    """
    without = set(run.suite.variants[experiment].without)
    return tuple(
        claim
        for claim in run.suite.claims
        if claim.experiment == experiment and not without & set(claim.tags)
    )


def reread(run: Run, case: Case) -> Reread:
    """Judge all claims under one reading. What cannot be measured is a row, never an exception."""
    spec = with_readings(run.suite.experiments[case.experiment], case.setting, [case.reading])
    setting = setting_of(case.setting, case.reading)
    rows = []
    for claim in claims_of(run, case.experiment):
        again = replace(
            claim, spec=spec, seeds=Seeds(case.seeds, 0, case.seeds), seeds_in={}, expected={}
        )
        rows.append(
            _row(
                judge(
                    again,
                    setting,
                    lambda seeds: run.measure(spec, setting, seeds),
                    seed_base=run.seed_base,
                )
            )
        )
    return Reread(case.name, tuple(rows))


def _row(evidence: Evidence) -> Row:
    diverged = evidence.verdict == ERROR and evidence.code == NoVerdict.DIVERGED
    if not evidence.atoms:
        return Row(evidence.id, evidence.verdict, evidence.reason, diverged)
    atom = evidence.atoms[evidence.headline]
    return Row(
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


def experiment_of(run: Run, case: Case) -> Configured:
    """The experiment as a reading has it."""
    spec = with_readings(run.suite.experiments[case.experiment], case.setting, [case.reading])
    return spec.experiment(setting_of(case.setting, case.reading))


def trainings(run: Run, of: Sequence[Case]) -> int:
    """How many different trainings the cases need: readings that only probe otherwise share
    snapshots.
    """
    from claims.execution.measure import observations_digest, snapshots_digests

    digests = set()
    for case in of:
        experiment = experiment_of(run, case)
        digests.update(
            snapshots_digests(experiment, run.machine)
            or [observations_digest(experiment, run.machine)]
        )
    return len(digests)


__all__ = ["Case", "Reread", "Row", "cases", "claims_of", "experiment_of", "reread", "trainings"]
