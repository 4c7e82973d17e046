"""Two results of one memo compared: verdicts, estimates, claims added and removed, and where each
ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Any

from claims.comparison.changes import Change, ClaimChange, Comparison
from claims.comparison.shift import RESAMPLES, Shift, estimate_shifts, seeds_to_compare
from claims.evidence import ERROR, SUPPORTED, AtomEvidence, Evidence
from claims.result_file import Result, check_same_memo

LEVEL = 0.05  # of a false alarm anywhere in a comparison
FIRST_RESAMPLES = 999  # of every estimate; only small p-values are computed again with more
CLEARLY_STEADY = 0.2  # a p-value above this needs no more resamples
# of the environment: they differ from run to run without a meaning
IGNORED = ("created", "commit", "commit_date", "dirty", "seed_base", "claims_file")


@dataclass(frozen=True)
class _Test:
    """One claim whose estimates are compared, by the shift of the atom that moved most."""

    change: ClaimChange
    old: Evidence
    new: Evidence
    shift: Shift

    @property
    def p_value(self) -> float:
        """Corrected over the claim's atoms."""
        return min(1.0, self.change.n_atoms * self.shift.p_value)

    def again(self, confidence: float, n_resamples: int) -> _Test:
        """The same with another confidence and more resamples."""
        seeds = seeds_to_compare(self.old, self.new, _repeats(self.change.causes))
        if seeds is None:
            return self
        found = estimate_shifts(self.old, self.new, seeds, confidence, n_resamples)
        atom = (self.shift.expression, self.shift.bindings)
        return replace(self, shift=next(s for s in found if (s.expression, s.bindings) == atom))


def compare(old: Result, new: Result, level: float = LEVEL) -> Comparison:
    """What changed from `old` to `new`; level: the chance of calling anything moved that did not.
    Raises ResultFileError for results of different memos.
    """
    check_same_memo(old.path, memos_of(old), new.path, memos_of(new))
    before = {(e.id, e.setting): e for e in old.claims}
    now = {(e.id, e.setting): e for e in new.claims}
    changes = [
        _compare_claim(before[key], e)
        if key in before
        else ClaimChange(*key, _one_sided(old, Change.ADDED), new=e)
        for key, e in now.items()
    ]
    changes += [
        ClaimChange(*key, _one_sided(new, Change.REMOVED), old=e)
        for key, e in before.items()
        if key not in now
    ]
    tests = [_Test(c, c.old, c.new, c.shift) for c in changes if c.old and c.new and c.shift]
    corrected = _corrected(tests, level)
    return Comparison(
        old,
        new,
        tuple(corrected.get((c.id, c.setting), c) for c in changes),
        _environment(old, new),
        len(tests),
    )


def memos_of(result: Result) -> set[str]:
    """The memos that a result's claims are from, or those that it lists where no claim has one."""
    return {e.memo for e in result.claims if e.memo is not None} or set(result.memos)


def _one_sided(other: Result, change: Change) -> Change:
    """The change of a claim that only one result has; a partial result lacks it for another
    reason.
    """
    if not other.partial:
        return change
    return Change.NOT_RUN if change is Change.REMOVED else Change.INCOMPARABLE


def _compare_claim(old: Evidence, new: Evidence) -> ClaimChange:
    """The change of one claim before correction over all: no more than a changed verdict yet, and
    the shift of the atom that moved most.
    """
    same = ClaimChange(new.id, new.setting, Change.STEADY, old, new, causes=_causes(old, new))
    if old.expression != new.expression:
        return replace(same, change=Change.RESTATED, reason=f"was {old.expression}")
    turned = old.verdict != new.verdict
    found = replace(same, change=Change.VERDICT) if turned else same
    if not old.terms or not new.terms:
        return found if turned else _without_values(same, old, new)
    repeats = _repeats(same.causes)
    seeds = seeds_to_compare(old, new, repeats)
    if seeds is None or (repeats and _same_values(old, new)):
        if turned:
            return replace(found, reason="the same seeds on the same code")
        return replace(same, change=Change.REPLAY)
    if _same_values(old, new):
        return replace(found, reason="every value is the same")
    shifts = estimate_shifts(old, new, seeds, n_resamples=FIRST_RESAMPLES)
    if shifts:
        return replace(found, shift=min(shifts, key=lambda s: s.p_value), n_atoms=len(shifts))
    if turned:
        return found
    return replace(same, change=Change.INCOMPARABLE, reason="the files hold too little to compare")


def _without_values(same: ClaimChange, old: Evidence, new: Evidence) -> ClaimChange:
    """The change of a claim with one verdict, of which a result holds no values."""
    reason = next(
        f"{when} {e.reason or 'no values recorded'}"
        for when, e in (("before:", old), ("now:", new))
        if not e.terms
    )
    measured = ERROR not in (old.verdict, new.verdict)
    return replace(same, change=Change.INCOMPARABLE if measured else Change.STEADY, reason=reason)


def _same_values(old: Evidence, new: Evidence) -> bool:
    return tuple(old.seeds) == tuple(new.seeds) and dict(old.terms) == dict(new.terms)


def _causes(old: Evidence, new: Evidence) -> tuple[str, ...]:
    """What may have moved a claim: its settings, the code that measured it, other seeds. Where
    settings and code are the same and a seed has other values, that: it may be a library, a
    machine, or a file of recorded results.
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


def _corrected(tests: Sequence[_Test], level: float) -> dict[tuple[str, str], ClaimChange]:
    """The changes after Holm's correction over the claims, by id and setting."""
    tests = [_refined(test, level, len(tests)) for test in tests]
    order = sorted(range(len(tests)), key=lambda i: tests[i].p_value)
    corrected, adjusted, stopped = {}, 0.0, False
    for rank, i in enumerate(order):
        test, left = tests[i], len(tests) - rank
        adjusted, moved = max(adjusted, min(1.0, left * test.p_value)), False
        if adjusted <= level and not stopped:
            test, moved = _confirmed(test, level / (left * test.change.n_atoms))
        stopped |= not moved
        change = replace(test.change, shift=test.shift, p_holm=adjusted, moved=moved)
        named = _named(change, test.new, test.shift)
        corrected[named.id, named.setting] = named
    return corrected


def _refined(test: _Test, level: float, family: int) -> _Test:
    """The test with as many resamples as its p-value needs: more where it may have moved, and more
    again where it must be small enough to survive correction over a large family.
    """
    if test.shift.p_value > CLEARLY_STEADY:
        return test
    confidence = test.shift.confidence
    test = test.again(confidence, RESAMPLES)
    wanted = ceil(4 * family * test.change.n_atoms / level)
    if wanted <= RESAMPLES or test.shift.p_value > 4 / (RESAMPLES + 1):
        return test
    return test.again(confidence, wanted)


def _confirmed(test: _Test, level: float) -> tuple[_Test, bool]:
    """The test with the interval at the level that the correction leaves it, and whether that
    excludes zero; few seeds may not reach the level, and then the estimate has not moved.
    """
    test = test.again(1 - level, max(RESAMPLES, ceil(4 / level)))
    return test, test.shift.low > 0 or test.shift.high < 0


def _named(change: ClaimChange, new: Evidence, shift: Shift) -> ClaimChange:
    """The change by its name: moved, or where the claim is still supported, shrank or grew."""
    if not change.moved or change.change is Change.VERDICT:
        return change
    atom = next(
        a
        for a in new.atoms
        if (a.expression, dict(a.bindings)) == (shift.expression, shift.bindings)
    )
    if new.verdict != SUPPORTED or (atom.lower is None and atom.upper is None):
        return replace(change, change=Change.MOVED)
    shrank = _margin(atom, shift.now) < _margin(atom, shift.then)
    return replace(change, change=Change.SHRANK if shrank else Change.GREW)


def _margin(atom: AtomEvidence, value: float) -> float:
    """How far inside the claimed limits an estimate lies."""
    return min(
        value - (atom.lower if atom.lower is not None else -inf),
        (atom.upper if atom.upper is not None else inf) - value,
    )


def _environment(old: Result, new: Result) -> dict[str, tuple[Any, Any]]:
    names: Iterable[str] = dict.fromkeys([*old.environment, *new.environment])
    return {
        name: (old.environment.get(name), new.environment.get(name))
        for name in names
        if name not in IGNORED and old.environment.get(name) != new.environment.get(name)
    }
