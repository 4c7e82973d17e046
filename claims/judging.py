"""One claim judged: the observations of its experiment -> Evidence. Statistics are left to
`claims.inference`.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from claims.evidence import (
    ERROR,
    FAILED,
    INCONCLUSIVE,
    NOT_ASKED,
    PASSED,
    AtomEvidence,
    Evidence,
    NoVerdict,
    plain,
)
from claims.execution.jobs import FailedElsewhere, format_error
from claims.experiments.base import Diverged
from claims.experiments.digests import digest_of
from claims.language import ExpressionError, to_text
from claims.samples import (
    ExtractedSample,
    NonFiniteObservation,
    ObservationError,
    atom_of,
    description_of,
    extract_sample,
)
from claims.schema import Claim, NotAsked, Question, Undescribed

if TYPE_CHECKING:
    import numpy as np
    import xarray

    from claims.inference import Atom, AtomResult, Decision, Look, Sample
    from claims.language import CompiledAtom

Observe = Callable[[Sequence[int]], "xarray.Dataset"]
# worlds of fresh seeds; fewer in the search for a number of seeds, which is reported as approximate
N_WORLDS, N_SEARCH_WORLDS = 200, 100
SURE = 0.9  # a claim with a lower replication probability says how many seeds would help


def judge(
    claim: Claim, setting: str, observe: Observe, *, seed_base: int = 0, method: str = "bootstrap-t"
) -> Evidence:
    """The evidence for a claim in a setting, from observations made by `observe(seeds)`.

    An exception, but an interrupt, becomes the verdict `error`, with the exception as reason.
    """
    began = time.monotonic()
    blank = _unjudged(claim, setting)
    try:
        evidence = _judge(claim, setting, observe, seed_base, method, blank)
    except (Exception, SystemExit) as error:
        evidence = replace(
            blank,
            verdict=ERROR,
            outcome=ERROR,
            code=error_code(error),
            reason=format_error(error),
        )
    return replace(evidence, elapsed_s=round(time.monotonic() - began, 3))


def error_code(error: BaseException) -> NoVerdict:
    """Why an exception left a claim without a verdict."""
    from claims.inference import InferenceError

    if isinstance(error, Diverged | NonFiniteObservation):
        return NoVerdict.DIVERGED
    if isinstance(error, FailedElsewhere) and error.diverged:
        return NoVerdict.DIVERGED
    if isinstance(error, ObservationError | InferenceError | ExpressionError):
        return NoVerdict.UNUSABLE
    return NoVerdict.MEASUREMENT_FAILED


def _unjudged(claim: Claim, setting: str) -> Evidence:
    """The record of a claim before anything is measured."""
    experiment = claim.spec.experiment(setting)
    options = plain(dict(claim.spec.settings[setting]))
    return Evidence(
        id=claim.id,
        setting=setting,
        experiment=claim.experiment,
        expression=claim.expression,
        memo=claim.memo,
        where=claim.where,
        says=claim.says,
        note=claim.note,
        tags=tuple(claim.tags),
        expected=claim.expected_in(setting),
        confidence=claim.confidence,
        settings_digest=digest_of({"kind": claim.spec.kind, "options": options}),
        source_digest=experiment.source(),
        paired=experiment.paired,
    )


def outcome_of(verdict: str, expected: str | None) -> str:
    """Passed where the verdict is the expected one; an inconclusive claim passes only where that is
    expected.
    """
    if verdict == ERROR:
        return ERROR
    return PASSED if verdict == expected else FAILED


def generator(name: str, seed_base: int) -> np.random.Generator:
    """A generator seeded by a name, such as a claim's id, and the seed base; the same in every
    process.
    """
    import numpy as np

    return np.random.default_rng([zlib.crc32(name.encode()), seed_base])


def _judge(
    claim: Claim, setting: str, observe: Observe, seed_base: int, method: str, blank: Evidence
) -> Evidence:
    from claims.inference import Verdict, decide, overall

    experiment = claim.spec.experiment(setting)
    available = experiment.available_seeds
    question = ask(claim, setting, observe, available, seed_base)
    if isinstance(question, NotAsked):
        code = NoVerdict.NOT_IN_SETTING
        return replace(blank, outcome=NOT_ASKED, code=code, reason=question.reason)
    looks = looks_of(claim, available)
    rng, p_values = generator(claim.id, seed_base), []
    for look in looks:
        seeds = tuple(available or range(seed_base, seed_base + look.n))
        extracted = extract_sample(observe(seeds), question.terms, experiment)
        atoms = [atom_of(compiled, extracted.terms) for compiled in question.atoms]
        decision = decide(
            extracted.sample, atoms, confidence=look.confidence, method=method, rng=rng
        )
        p_values.append(decision.p_value)
        if decision.verdict is not Verdict.INCONCLUSIVE or look is looks[-1]:
            evidence = _decided(
                replace(blank, seeds=seeds), question, extracted, decision, look.adjust
            )
            evidence = replace(evidence, p_value=overall(looks, p_values))
            return _with_replication(claim, evidence, extracted.sample, atoms, looks, seed_base)
    raise AssertionError("a schedule has at least one look")


def looks_of(claim: Claim, available: Sequence[int] | None) -> tuple[Look, ...]:
    """The claim's looks; one look at all replicates where these are given, not chosen."""
    from claims.inference import schedule

    if available:
        return schedule(len(available), 0, len(available), claim.confidence)
    return schedule(claim.seeds.start, claim.seeds.step, claim.seeds.max, claim.confidence)


def _with_replication(
    claim: Claim,
    evidence: Evidence,
    sample: Sample,
    atoms: Sequence[Atom],
    looks: Sequence[Look],
    seed_base: int,
) -> Evidence:
    """The evidence with the probability that fresh seeds give the expected verdict again. Claims of
    one experiment, judged on the same seeds, see the same predicted worlds.
    """
    from claims.inference.predictive import (
        replication_probability,
        replications,
        seeds_to_replicate,
    )

    if (expected := evidence.expected) is None:
        return evidence

    def generators() -> tuple[np.random.Generator, np.random.Generator]:
        worlds = generator(f"{claim.experiment}@{evidence.setting}", seed_base)
        return worlds, generator(f"{claim.id} again", seed_base)

    def in_one_look(size: int) -> float:
        worlds, rng = generators()
        return replication_probability(
            size,
            sample,
            atoms,
            expected,
            confidence=claim.confidence,
            n_worlds=N_SEARCH_WORLDS,
            worlds=worlds,
            rng=rng,
        )

    worlds, rng = generators()
    came = replications(sample, atoms, looks, expected, n_worlds=N_WORLDS, worlds=worlds, rng=rng)
    probability, needed = float(came.mean()), None
    if probability < SURE and expected == evidence.verdict != INCONCLUSIVE:
        known = (looks[-1].n, probability)
        needed = seeds_to_replicate(in_one_look, max(sample.sizes), known, claim.confidence)
    return replace(
        evidence,
        replication_probability=probability,
        replication_worlds="".join("01"[r] for r in came.astype(int)),
        seeds_to_replicate=needed,
        max_seeds=looks[-1].n if len(looks) > 1 else None,
    )


def ask(
    claim: Claim, setting: str, observe: Observe, available: Sequence[int] | None, seed_base: int
) -> Question | NotAsked:
    """The claim's question in a setting. Where a kind does not describe what it measures, its first
    observations do.
    """
    try:
        return claim.ask(setting)
    except Undescribed:
        observed = observe(tuple(available or range(seed_base, seed_base + claim.seeds.start)))
        replicates = claim.spec.experiment(setting).replicates
        return claim.ask(setting, description_of(observed, replicates))


def _decided(
    blank: Evidence,
    question: Question,
    extracted: ExtractedSample,
    decision: Decision,
    adjust: Callable[[float], float],
) -> Evidence:
    """The evidence of a decision; adjust: p-values of its look to those of the whole schedule."""
    atoms = [
        _atom_evidence(compiled, result, adjust)
        for compiled, result in zip(question.atoms, decision.atoms, strict=True)
    ]
    head = atoms[decision.headline]
    verdict = decision.verdict
    return replace(
        blank,
        verdict=verdict,
        outcome=outcome_of(verdict, blank.expected),
        code=decision.cause,
        reason=decision.reason,
        estimate=head.estimate,
        low=head.low,
        high=head.high,
        threshold=head.threshold,
        method=decision.method,
        p_value=adjust(decision.p_value),
        n_seeds=max(extracted.sample.sizes),
        seeds_needed=decision.seeds_needed if verdict == INCONCLUSIVE else None,
        headline=decision.headline,
        atoms=tuple(atoms),
        terms=extracted.values,
    )


def _atom_evidence(
    compiled: CompiledAtom, result: AtomResult, adjust: Callable[[float], float]
) -> AtomEvidence:
    ends = [t for t in (compiled.lower, compiled.upper) if math.isfinite(t)]
    return AtomEvidence(
        expression=compiled.expression,
        bindings=dict(compiled.bindings),
        estimate=result.estimate,
        low=result.low,
        high=result.high,
        threshold=ends[0] if len(ends) == 1 else ends,
        p_value=adjust(result.p_value),
        verdict=result.verdict,
        log=compiled.log,
        code=result.cause,
        reason=result.reason,
        lower=_finite(compiled.lower),
        upper=_finite(compiled.upper),
        estimand=to_text(compiled.node),
    )


def _finite(threshold: float) -> float | None:
    return threshold if math.isfinite(threshold) else None
