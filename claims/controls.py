"""Whether a claim can fail: judged, by the functions that judge it, in worlds made of its own
observations in which it is false.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import figure
from claims.execution.jobs import told
from claims.judging import ask, atom_of, cut, generator, looks_of
from claims.schema import Claim, NotAsked

if TYPE_CHECKING:
    import xarray

    from claims.inference.boundary import Boundary
    from claims.language import Term

WORLDS, SKEWED = 400, 200  # the latter decide nothing
# false support; a one-sided test at 2.5 % on small, skewed samples is somewhat above its level
ALLOWED = 0.06
CHANCE = 0.05  # that any control of the run fails though every rate is at what is allowed


@dataclass(frozen=True)
class Control:
    """What became of a claim where it is false. false_support: the largest rate over the
    boundaries; at_least: its lower confidence bound.

    false_support_skewed: the same rate in worlds that lean as the observations do. It decides
    nothing: how far they lean is itself estimated from these few seeds, and worlds drawn from them
    repeat the accident of a single one far out.
    """

    id: str
    setting: str
    false_support: float | None = None
    at_least: float | None = None
    false_support_skewed: float | None = None
    where: str = ""
    passed: bool = True
    reason: str = ""  # why it failed, or, where nothing was asked, why not
    asked: bool = True
    error: bool = False  # it could not be judged at all

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def control(
    claim: Claim,
    setting: str,
    observe: Callable[[Sequence[int]], xarray.Dataset],
    *,
    seed_base: int,
    n_controls: int,
) -> Control:
    """The control of one claim on the seeds of its first look; `n_controls`: how many the run has,
    for the correction.

    Never raises for what the data hold: then `error` is set, and `reason` says what was raised.
    """
    try:
        return _controlled(claim, setting, observe, seed_base, n_controls)
    except (Exception, SystemExit) as error:
        return Control(claim.id, setting, passed=False, error=True, reason=told(error))


def _controlled(
    claim: Claim,
    setting: str,
    observe: Callable[[Sequence[int]], xarray.Dataset],
    seed_base: int,
    n_controls: int,
) -> Control:
    from claims.inference.boundary import boundaries, cannot_fail

    experiment = claim.spec.experiment(setting)
    available = experiment.available_seeds
    question = ask(claim, setting, observe, available, seed_base)
    if isinstance(question, NotAsked):
        return Control(claim.id, setting, reason=question.reason, asked=False)
    looks = looks_of(claim, available)
    terms = cut(
        observe(tuple(available or range(seed_base, seed_base + looks[0].n))),
        question.terms,
        experiment,
    )
    atoms = [atom_of(a, terms.order) for a in question.atoms]
    rng, placed = (
        generator(f"{claim.id} can fail", seed_base),
        [question.terms[i] for i in terms.order],
    )
    known = claim.spec.ranges(setting)
    ranges = [known.get(term.metric, (-math.inf, math.inf)) for term in placed]
    if cannot_fail(terms.sample, atoms, _alike(placed), ranges, rng):
        return Control(
            claim.id,
            setting,
            1.0,
            1.0,
            passed=False,
            reason="it holds in every single replicate however conditions are swapped and values "
            "are moved by their own size: its "
            "limits are wider than the data",
        )
    found = boundaries(terms.sample, atoms, looks, ranges, WORLDS, rng)
    verdict = _verdict(
        Control(claim.id, setting), found, [a.expression for a in question.atoms], n_controls
    )
    if verdict.false_support is None:
        return verdict
    leaning = boundaries(
        terms.sample,
        atoms,
        looks,
        ranges,
        SKEWED,
        generator(f"{claim.id} can fail, skewed", seed_base),
        symmetric=False,
    )
    return replace(verdict, false_support_skewed=max(b.supported / b.n_worlds for b in leaning))


def _alike(terms: Sequence[Term]) -> list[int]:
    """Terms of one metric get one number: conditions are swapped with each other, not with what is
    measured otherwise.
    """
    metrics = list(dict.fromkeys(term.metric for term in terms))
    return [metrics.index(term.metric) for term in terms]


def _verdict(
    blank: Control, found: Sequence[Boundary], expressions: Sequence[str], n_controls: int
) -> Control:
    from claims.inference.boundary import share_at_least

    for stuck in (b for b in found if b.obstacle):
        return replace(
            blank,
            passed=False,
            reason="no world can be made of the data in which it is false: "
            f"`{expressions[stuck.atom]}`, with"
            f" threshold {figure(stuck.threshold)}, {stuck.obstacle.sentence}",
        )
    worst = max(found, key=lambda b: b.supported / b.n_worlds)
    rate = worst.supported / worst.n_worlds
    least = share_at_least(worst.supported, worst.n_worlds, CHANCE / (n_controls * len(found)))
    where = f"`{expressions[worst.atom]}` at {figure(worst.threshold)}"
    reason = (
        ""
        if least <= ALLOWED
        else (
            f"at {where}, where it is false, it was supported in {100 * rate:.3g} % of "
            f"{worst.n_worlds} worlds, surely in"
            f" {100 * least:.3g} % or more; allowed: {100 * ALLOWED:g} %"
        )
    )
    return replace(
        blank, false_support=rate, at_least=least, where=where, passed=not reason, reason=reason
    )
