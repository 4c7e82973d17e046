"""Two results of one memo -> what changed: verdicts, estimates, claims that came and went, and
where the two ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil, inf
from typing import Any

from claims.comparison.changes import Change, ClaimChange, Comparison
from claims.comparison.shift import RESAMPLES, seeds_to_compare, shifts
from claims.evidence import ERROR, SUPPORTED, AtomEvidence, Evidence
from claims.report.result_file import Result, refuse_other_memo

LEVEL = 0.05  # of a false alarm anywhere in a comparison
GLANCE = 999  # resamples for a first look
UNREMARKABLE = 0.2  # p beyond which a first look is enough
PASSING = (
    "created",
    "commit",
    "commit_date",
    "dirty",
    "seed_base",
    "claims_file",
)  # differ from run to run without meaning anything


def compare(old: Result, new: Result, level: float = LEVEL) -> Comparison:
    """What changed from `old` to `new`; `level` bounds the chance of calling anything moved that
    did not. Raises ResultFileError.
    """
    refuse_other_memo(old.path, memos_of(old), new.path, memos_of(new))
    before = {(e.id, e.setting): e for e in old.claims}
    now = {(e.id, e.setting): e for e in new.claims}
    changes = [
        _compared(before[key], e)
        if key in before
        else ClaimChange(*key, _absent(old, Change.ADDED), new=e)
        for key, e in now.items()
    ]
    changes += [
        ClaimChange(*key, _absent(new, Change.REMOVED), old=e)
        for key, e in before.items()
        if key not in now
    ]
    tested = [c for c in changes if c.shift is not None]
    settled = _settled(tested, level)
    return Comparison(
        old,
        new,
        tuple(settled.get((c.id, c.setting), c) for c in changes),
        _environment(old, new),
        len(tested),
    )


def memos_of(result: Result) -> set[str]:
    return {e.memo for e in result.claims if e.memo is not None} or set(result.memos)


def _absent(other: Result, change: Change) -> Change:
    """A claim that a partial result lacks was not added or removed by that."""
    return (
        change
        if not other.partial
        else Change.NOT_RUN
        if change is Change.REMOVED
        else Change.INCOMPARABLE
    )


def _compared(old: Evidence, new: Evidence) -> ClaimChange:
    """One claim before correction over all: `change` says no more than the verdict yet."""
    blank = ClaimChange(new.id, new.setting, Change.STEADY, old, new, causes=_causes(old, new))
    if old.expression != new.expression:
        return replace(blank, change=Change.RESTATED, reason=f"was {old.expression}")
    turned = replace(blank, change=Change.VERDICT) if old.verdict != new.verdict else blank
    if not old.terms or not new.terms:
        reason = next(
            f"{when} {e.reason or 'no values recorded'}"
            for when, e in (("before:", old), ("now:", new))
            if not e.terms
        )
        measured = ERROR not in (old.verdict, new.verdict)
        return (
            turned
            if turned is not blank
            else replace(
                blank, change=Change.INCOMPARABLE if measured else Change.STEADY, reason=reason
            )
        )
    seeds = seeds_to_compare(old, new, _repeats(blank.causes))
    if seeds is None or (_repeats(blank.causes) and _same_values(old, new)):
        return (
            replace(turned, change=Change.REPLAY)
            if turned is blank
            else replace(turned, reason="the same seeds on the same code")
        )
    if _same_values(old, new):
        return replace(turned, reason="every value is the same")
    found = shifts(old, new, seeds, n_resamples=GLANCE)
    if not found:
        return (
            turned
            if turned is not blank
            else replace(
                blank, change=Change.INCOMPARABLE, reason="the files hold too little to compare"
            )
        )
    return replace(turned, shift=min(found, key=lambda s: s.p_value), n_atoms=len(found))


def _same_values(old: Evidence, new: Evidence) -> bool:
    return tuple(old.seeds) == tuple(new.seeds) and dict(old.terms) == dict(new.terms)


def _causes(old: Evidence, new: Evidence) -> tuple[str, ...]:
    """What may have moved a claim: its settings, the code that measured it, other seeds; or, all
    these being the same, what gave the same seeds other values: a library, a machine, a file of
    recorded results.
    """
    pairs = {
        "settings": (old.settings_digest, new.settings_digest),
        "code": (old.source_digest, new.source_digest),
        "seeds": (tuple(old.seeds), tuple(new.seeds)),
    }
    causes = tuple(name for name, (then, now) in pairs.items() if then != now)
    return (
        causes
        if {"settings", "code"} & set(causes) or _agree(old, new)
        else (*causes, "values of the same seeds")
    )


def _repeats(causes: Sequence[str]) -> bool:
    """Whether a seed that both ran is the same measurement twice."""
    return not {"settings", "code", "values of the same seeds"} & set(causes)


def _agree(old: Evidence, new: Evidence) -> bool:
    """Whether every seed that both ran has the same values in both."""
    if not new.paired:
        return _same_values(old, new)
    rows = [({seed: i for i, seed in enumerate(e.seeds)}, e.terms) for e in (old, new)]
    shared = set(rows[0][0]) & set(rows[1][0])
    return all(
        rows[0][1][term][rows[0][0][seed]] == rows[1][1][term][rows[1][0][seed]]
        for term in set(old.terms) & set(new.terms)
        for seed in shared
    )


def _settled(tested: Sequence[ClaimChange], level: float) -> dict[tuple[str, str], ClaimChange]:
    """Holm's correction over the claims, each at first corrected over its own atoms; then what each
    change is called.
    """
    tested = [_resolved(c, level, len(tested)) for c in tested]
    p_values = [min(1.0, c.n_atoms * c.shift.p_value) for c in tested]
    order = sorted(range(len(tested)), key=p_values.__getitem__)
    settled, adjusted, stopped = {}, 0.0, False
    for rank, i in enumerate(order):
        c, left = tested[i], len(tested) - rank
        adjusted = max(adjusted, min(1.0, left * p_values[i]))
        c = replace(c, p_holm=adjusted)
        if adjusted <= level and not stopped:
            c = _confirmed(c, level / (left * c.n_atoms))
        stopped |= not c.moved
        settled[c.id, c.setting] = _named(c)
    return settled


def _resolved(c: ClaimChange, level: float, family: int) -> ClaimChange:
    """A p-value worth the resamples: few show that nothing moved, and with many claims it must get
    small enough to survive correction.
    """
    if c.shift.p_value > UNREMARKABLE:
        return c
    c = replace(c, shift=_again(c, c.shift.confidence, RESAMPLES))
    wanted = ceil(4 * family * c.n_atoms / level)
    if wanted <= RESAMPLES or c.shift.p_value > 4 / (RESAMPLES + 1):
        return c
    return replace(c, shift=_again(c, c.shift.confidence, wanted))


def _confirmed(c: ClaimChange, level: float) -> ClaimChange:
    """The interval at the level that the correction left this claim; so few seeds may not reach it,
    and then it has not moved.
    """
    shift = _again(c, 1 - level, max(RESAMPLES, ceil(4 / level)))
    return replace(c, shift=shift, moved=shift.low > 0 or shift.high < 0)


def _again(c: ClaimChange, confidence: float, n_resamples: int) -> Shift:
    found = shifts(
        c.old, c.new, seeds_to_compare(c.old, c.new, _repeats(c.causes)), confidence, n_resamples
    )
    return next(
        s for s in found if (s.expression, s.bindings) == (c.shift.expression, c.shift.bindings)
    )


def _named(c: ClaimChange) -> ClaimChange:
    if not c.moved or c.change is Change.VERDICT:
        return c
    atom = next(
        a
        for a in c.new.atoms
        if (a.expression, dict(a.bindings)) == (c.shift.expression, c.shift.bindings)
    )
    if c.new.verdict != SUPPORTED or (atom.lower is None and atom.upper is None):
        return replace(c, change=Change.MOVED)
    then, now = _margin(atom, c.shift.then), _margin(atom, c.shift.now)
    return replace(c, change=Change.SHRANK if now < then else Change.GREW)


def _margin(atom: AtomEvidence, value: float) -> float:
    """How far inside what is claimed an estimate lies."""
    return min(
        value - (atom.lower if atom.lower is not None else -inf),
        (atom.upper if atom.upper is not None else inf) - value,
    )


def _environment(old: Result, new: Result) -> dict[str, tuple[Any, Any]]:
    names: Iterable[str] = dict.fromkeys([*old.environment, *new.environment])
    return {
        name: (old.environment.get(name), new.environment.get(name))
        for name in names
        if name not in PASSING and old.environment.get(name) != new.environment.get(name)
    }
