"""Two results of one memo -> what changed: verdicts, estimates, claims that came and went, and where the two ran."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, inf
from typing import Any

from claims.evidence import ERROR, PASSED, REFUTED, SUPPORTED, AtomEvidence, Evidence, figure
from claims.report.result_file import Result, refuse_other_memo
from claims.report.shift import RESAMPLES, Shift, seeds_to_compare, shifts

LEVEL = 0.05  # of a false alarm anywhere in a comparison
PASSING = ("created", "commit", "commit_date", "dirty", "seed_base", "claims_file")  # differ from run to run without meaning anything


class Change(StrEnum):
    """What became of a claim; `sentence` is how a report says it."""

    sentence: str

    VERDICT = "verdict", "the verdict changed"
    SHRANK = "shrank", "still supported, but the effect shrank"
    GREW = "grew", "still supported, and the effect grew"
    MOVED = "moved", "the same verdict, but the estimate moved"
    STEADY = "steady", "no more change than chance would give"
    REPLAY = "replay", "the same seeds on the same code: a replay, not evidence"
    RESTATED = "restated", "claims something else than before"
    ADDED = "added", "new"
    REMOVED = "removed", "no longer claimed"
    NOT_RUN = "not run", "not part of this partial run"
    INCOMPARABLE = "incomparable", "nothing to compare"

    def __new__(cls, value: str, sentence: str) -> Change:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


@dataclass(frozen=True)
class ClaimChange:
    """One claim in one setting, then and now. `moved`: its estimate moved, after correction over all claims compared."""

    id: str
    setting: str
    change: Change
    old: Evidence | None = None
    new: Evidence | None = None
    shift: Shift | None = None
    moved: bool = False
    p_holm: float | None = None
    n_atoms: int = 1  # compared, of which `shift` moved most
    causes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """The claim file was edited to expect what came out, or to explain it: reviewed like any other change."""
        old, new = self.old, self.new
        return bool(old and new and new.outcome == PASSED and (new.expected, new.note) != (old.expected, old.note))

    @property
    def drifted(self) -> bool:
        """Whether `--fail-on=drift` fails: the estimate moved, or the verdict turned over, and nobody accepted it."""
        verdicts = {self.old.verdict, self.new.verdict} if self.old and self.new else set()
        return not self.accepted and (self.moved or (self.change is Change.VERDICT and verdicts == {SUPPORTED, REFUTED}))

    @property
    def notable(self) -> bool:
        return self.change not in (Change.STEADY, Change.REPLAY, Change.NOT_RUN)

    def sentence(self) -> str:
        """What happened, for a person."""
        if self.change is Change.VERDICT:
            text = f"Was {_verdict(self.old)}, is {_verdict(self.new)}"
            text += f"; {amount(self.shift)}" if self.moved else "; the estimate did not move beyond chance" if self.shift else ""
        elif self.change in (Change.SHRANK, Change.GREW, Change.MOVED):
            text = f"Still {_verdict(self.new)}, {_how(self)}"
        else:
            text = self.change.sentence.capitalize()
        text += f" ({self.reason})" if self.reason else ""
        return f"{text}.{' Accepted in the claim file.' if self.accepted and (self.moved or self.change is Change.VERDICT) else ''}"


@dataclass(frozen=True)
class Comparison:
    """All of it. `environment`: {what: (then, now)} where they differ and it could matter."""

    old: Result
    new: Result
    changes: tuple[ClaimChange, ...]
    environment: Mapping[str, tuple[Any, Any]]
    n_tests: int

    @property
    def drifted(self) -> tuple[ClaimChange, ...]:
        return tuple(change for change in self.changes if change.drifted)

    def of(self, evidence: Evidence) -> ClaimChange | None:
        return next((c for c in self.changes if (c.id, c.setting) == (evidence.id, evidence.setting)), None)

    def counts(self) -> dict[Change, int]:
        return {change: n for change in Change if (n := sum(c.change is change for c in self.changes))}


def compare(old: Result, new: Result, level: float = LEVEL) -> Comparison:
    """What changed from `old` to `new`; `level` bounds the chance of calling anything moved that did not. Raises ResultFileError."""
    refuse_other_memo(old.path, memos_of(old), new.path, memos_of(new))
    before = {(e.id, e.setting): e for e in old.claims}
    now = {(e.id, e.setting): e for e in new.claims}
    changes = [_compared(before[key], e) if key in before else ClaimChange(*key, _absent(old, Change.ADDED), new=e) for key, e in now.items()]
    changes += [ClaimChange(*key, _absent(new, Change.REMOVED), old=e) for key, e in before.items() if key not in now]
    tested = [c for c in changes if c.shift is not None]
    settled = _settled(tested, level)
    return Comparison(old, new, tuple(settled.get((c.id, c.setting), c) for c in changes), _environment(old, new), len(tested))


def memos_of(result: Result) -> set[str]:
    return {e.memo for e in result.claims if e.memo is not None} or set(result.memos)


def amount(shift: Shift) -> str:
    """How far an estimate moved, with its interval."""
    d, low, high = (math.exp(min(x, 700.0)) for x in (shift.difference, shift.low, shift.high)) if shift.log else \
        (shift.difference, shift.low, shift.high)
    by = "by a factor of" if shift.log else "by"
    return f"the estimate moved {by} {figure(d)} [{_end(low)}, {_end(high)}]"


def _end(value: float) -> str:
    return figure(value) if math.isfinite(value) else "unbounded"


def _how(change: ClaimChange) -> str:
    """The size of an effect that moved, told as a size: both ends positive."""
    shift = change.shift
    if change.change is Change.MOVED:
        return f"but {amount(shift)}"
    ends = sorted(abs(x) for x in (shift.low, shift.high))
    size = abs(shift.difference)
    size, *ends = [math.exp(min(x, 700.0)) for x in (size, *ends)] if shift.log else [size, *ends]
    verb = "but the effect shrank" if change.change is Change.SHRANK else "and the effect grew"
    return f"{verb} {'by a factor of ' if shift.log else 'by '}{figure(size)} [{_end(ends[0])}, {_end(ends[1])}]"


def _verdict(evidence: Evidence) -> str:
    return evidence.verdict or "not asked"


def _absent(other: Result, change: Change) -> Change:
    """A claim that a partial result lacks was not added or removed by that."""
    return change if not other.partial else Change.NOT_RUN if change is Change.REMOVED else Change.INCOMPARABLE


def _compared(old: Evidence, new: Evidence) -> ClaimChange:
    """One claim before correction over all: `change` says no more than the verdict yet."""
    blank = ClaimChange(new.id, new.setting, Change.STEADY, old, new, causes=_causes(old, new))
    if old.expression != new.expression:
        return replace(blank, change=Change.RESTATED, reason=f"was {old.expression}")
    turned = replace(blank, change=Change.VERDICT) if old.verdict != new.verdict else blank
    if not old.terms or not new.terms:
        reason = next(f"{when} {e.reason or 'no values recorded'}" for when, e in (("before:", old), ("now:", new)) if not e.terms)
        measured = ERROR not in (old.verdict, new.verdict)
        return turned if turned is not blank else replace(blank, change=Change.INCOMPARABLE if measured else Change.STEADY, reason=reason)
    same_code = "code" not in blank.causes and "settings" not in blank.causes
    seeds = seeds_to_compare(old, new, same_code)
    if seeds is None or (same_code and _same_values(old, new)):
        return replace(turned, change=Change.REPLAY) if turned is blank else replace(turned, reason="the same seeds on the same code")
    if _same_values(old, new):
        return replace(turned, reason="every value is the same")
    found = shifts(old, new, seeds)
    if not found:
        return turned if turned is not blank else replace(blank, change=Change.INCOMPARABLE, reason="the files hold too little to compare")
    return replace(turned, shift=min(found, key=lambda s: s.p_value), n_atoms=len(found))


def _same_values(old: Evidence, new: Evidence) -> bool:
    return tuple(old.seeds) == tuple(new.seeds) and dict(old.terms) == dict(new.terms)


def _causes(old: Evidence, new: Evidence) -> tuple[str, ...]:
    """What may have moved a claim: its settings, the code that measured it, other seeds."""
    pairs = {"settings": (old.settings_digest, new.settings_digest), "code": (old.source_digest, new.source_digest),
             "seeds": (tuple(old.seeds), tuple(new.seeds))}
    return tuple(name for name, (then, now) in pairs.items() if then != now)


def _settled(tested: Sequence[ClaimChange], level: float) -> dict[tuple[str, str], ClaimChange]:
    """Holm's correction over the claims, each at first corrected over its own atoms; then what each change is called."""
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
    """With many claims a p-value must be able to get small enough to survive correction: more resamples where it is at its floor."""
    wanted = ceil(4 * family * c.n_atoms / level)
    if wanted <= RESAMPLES or c.shift.p_value > 4 / (RESAMPLES + 1):
        return c
    return replace(c, shift=_again(c, c.shift.confidence, wanted))


def _confirmed(c: ClaimChange, level: float) -> ClaimChange:
    """The interval at the level that the correction left this claim; so few seeds may not reach it, and then it has not moved."""
    shift = _again(c, 1 - level, max(RESAMPLES, ceil(4 / level)))
    return replace(c, shift=shift, moved=shift.low > 0 or shift.high < 0)


def _again(c: ClaimChange, confidence: float, n_resamples: int) -> Shift:
    same_code = not {"code", "settings"} & set(c.causes)
    found = shifts(c.old, c.new, seeds_to_compare(c.old, c.new, same_code), confidence, n_resamples)
    return next(s for s in found if (s.expression, s.bindings) == (c.shift.expression, c.shift.bindings))


def _named(c: ClaimChange) -> ClaimChange:
    if not c.moved or c.change is Change.VERDICT:
        return c
    atom = next(a for a in c.new.atoms if (a.expression, dict(a.bindings)) == (c.shift.expression, c.shift.bindings))
    if c.new.verdict != SUPPORTED or (atom.lower is None and atom.upper is None):
        return replace(c, change=Change.MOVED)
    then, now = _margin(atom, c.shift.then), _margin(atom, c.shift.now)
    return replace(c, change=Change.SHRANK if now < then else Change.GREW)


def _margin(atom: AtomEvidence, value: float) -> float:
    """How far inside what is claimed an estimate lies."""
    return min(value - (atom.lower if atom.lower is not None else -inf), (atom.upper if atom.upper is not None else inf) - value)


def _environment(old: Result, new: Result) -> dict[str, tuple[Any, Any]]:
    names: Iterable[str] = dict.fromkeys([*old.environment, *new.environment])
    return {name: (old.environment.get(name), new.environment.get(name)) for name in names
            if name not in PASSING and old.environment.get(name) != new.environment.get(name)}
