"""How often a claim is supported where it is false: judged, by the functions that judge it, in
worlds made of its own observations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import figure
from claims.execution.jobs import format_error
from claims.judging import ask, generator, looks_of
from claims.samples import atom_of, extract_sample
from claims.schema import Claim, NotAsked

if TYPE_CHECKING:
    import xarray

    from claims.inference.boundary import Boundary
    from claims.language import Term

N_WORLDS, N_SKEWED_WORLDS = 400, 200  # the latter decide nothing
# a one-sided test at 2.5 % on small, skewed samples is somewhat above its level
MAX_FALSE_POSITIVE_RATE = 0.06
CHANCE = 0.05  # that any check of the run fails though every rate is at what is allowed


@dataclass(frozen=True)
class FalsePositiveCheck:
    """How often a claim was supported where it is false.

    false_positive_rate: the largest rate over the claim's boundaries. at_least: its lower
    confidence bound. where: at which boundary. asked, error: False, or True, where there is no rate
    because the setting lacks something that the claim names, or because of an exception; reason
    says so, or why the check failed.

    false_positive_rate_skewed: the same rate in worlds as skewed as the observations. It decides
    nothing: their skewness is itself estimated from these few seeds, and worlds drawn from them
    repeat a single outlier.
    """

    id: str
    setting: str
    false_positive_rate: float | None = None
    at_least: float | None = None
    false_positive_rate_skewed: float | None = None
    where: str = ""
    passed: bool = True
    reason: str = ""
    asked: bool = True
    error: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)


def check_false_positives(
    claim: Claim,
    setting: str,
    observe: Callable[[Sequence[int]], xarray.Dataset],
    *,
    seed_base: int,
    n_checks: int,
) -> FalsePositiveCheck:
    """The check of one claim on the seeds of its first look; n_checks: of the whole run, for the
    correction.

    An exception, but an interrupt, sets `error`, with the exception as reason.
    """
    try:
        return _check(claim, setting, observe, seed_base, n_checks)
    except (Exception, SystemExit) as error:
        return FalsePositiveCheck(
            claim.id, setting, passed=False, error=True, reason=format_error(error)
        )


def _check(
    claim: Claim,
    setting: str,
    observe: Callable[[Sequence[int]], xarray.Dataset],
    seed_base: int,
    n_checks: int,
) -> FalsePositiveCheck:
    from claims.inference.boundary import boundaries, cannot_fail

    experiment = claim.spec.experiment(setting)
    available = experiment.available_seeds
    question = ask(claim, setting, observe, available, seed_base)
    if isinstance(question, NotAsked):
        return FalsePositiveCheck(claim.id, setting, reason=question.reason, asked=False)
    looks = looks_of(claim, available)
    seeds = tuple(available or range(seed_base, seed_base + looks[0].n))
    extracted = extract_sample(observe(seeds), question.terms, experiment)
    sample, terms = extracted.sample, extracted.terms
    atoms = [atom_of(compiled, terms) for compiled in question.atoms]
    rng = generator(f"{claim.id} can fail", seed_base)
    known = claim.spec.ranges(setting)
    ranges = [known.get(term.metric, (-math.inf, math.inf)) for term in terms]
    if cannot_fail(sample, atoms, _metric_numbers(terms), ranges, rng):
        return FalsePositiveCheck(
            claim.id,
            setting,
            1.0,
            1.0,
            passed=False,
            reason="it holds in every single replicate however conditions are swapped and values "
            "are moved by their own size: its "
            "limits are wider than the data",
        )
    found = boundaries(sample, atoms, looks, ranges, N_WORLDS, rng)
    expressions = [compiled.expression for compiled in question.atoms]
    checked = _result(FalsePositiveCheck(claim.id, setting), found, expressions, n_checks)
    if checked.false_positive_rate is None:
        return checked
    rng = generator(f"{claim.id} can fail, skewed", seed_base)
    skewed = boundaries(sample, atoms, looks, ranges, N_SKEWED_WORLDS, rng, symmetric=False)
    return replace(
        checked, false_positive_rate_skewed=max(b.supported / b.n_worlds for b in skewed)
    )


def _metric_numbers(terms: Sequence[Term]) -> list[int]:
    """A number for each term, equal for terms of one metric: only their conditions are swapped with
    each other.
    """
    metrics = list(dict.fromkeys(term.metric for term in terms))
    return [metrics.index(term.metric) for term in terms]


def _result(
    blank: FalsePositiveCheck,
    found: Sequence[Boundary],
    expressions: Sequence[str],
    n_checks: int,
) -> FalsePositiveCheck:
    """The check's result from the claim's boundaries; expressions: of its atoms."""
    from claims.inference.boundary import share_at_least

    for boundary in found:
        if boundary.obstacle is not None:
            return replace(
                blank,
                passed=False,
                reason="no world can be made of the data in which it is false: "
                f"`{expressions[boundary.atom]}`, with"
                f" threshold {figure(boundary.threshold)}, {boundary.obstacle.sentence}",
            )
    worst = max(found, key=lambda b: b.supported / b.n_worlds)
    rate = worst.supported / worst.n_worlds
    least = share_at_least(worst.supported, worst.n_worlds, CHANCE / (n_checks * len(found)))
    where = f"`{expressions[worst.atom]}` at {figure(worst.threshold)}"
    reason = (
        ""
        if least <= MAX_FALSE_POSITIVE_RATE
        else (
            f"at {where}, where it is false, it was supported in {100 * rate:.3g} % of "
            f"{worst.n_worlds} worlds, surely in"
            f" {100 * least:.3g} % or more; allowed: {100 * MAX_FALSE_POSITIVE_RATE:g} %"
        )
    )
    return replace(
        blank,
        false_positive_rate=rate,
        at_least=least,
        where=where,
        passed=not reason,
        reason=reason,
    )
