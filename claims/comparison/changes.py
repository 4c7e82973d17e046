"""What changed of each claim between two results, and the sentences that say so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.comparison.shift import Shift
from claims.evidence import PASSED, REFUTED, SUPPORTED, Evidence, figure
from claims.inference import Code
from claims.result_file import Result


class Change(Code):
    """What changed of a claim."""

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


@dataclass(frozen=True)
class ClaimChange:
    """One claim in one setting, in an old and a new result.

    shift: of the atom that moved most, of `n_atoms`. moved: its estimate moved, after correction
    over all claims compared. p_holm: so corrected. causes: what may have moved it. reason: further
    explanation.
    """

    id: str
    setting: str
    change: Change
    old: Evidence | None = None
    new: Evidence | None = None
    shift: Shift | None = None
    moved: bool = False
    p_holm: float | None = None
    n_atoms: int = 1
    causes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the claim file was edited to expect the new result, or to explain it."""
        old, new = self.old, self.new
        return bool(
            old
            and new
            and new.outcome == PASSED
            and (new.expected, new.note) != (old.expected, old.note)
        )

    @property
    def drifted(self) -> bool:
        """Whether it counts as drift: the estimate moved, or the verdict changed between supported
        and refuted, and the claim file does not accept it.
        """
        verdicts = {self.old.verdict, self.new.verdict} if self.old and self.new else set()
        return not self.accepted and (
            self.moved or (self.change is Change.VERDICT and verdicts == {SUPPORTED, REFUTED})
        )

    @property
    def notable(self) -> bool:
        """Whether there is anything to report."""
        return self.change not in (Change.STEADY, Change.REPLAY, Change.NOT_RUN)

    def sentence(self) -> str:
        """The change for readers."""
        text = self._what()
        text += f" ({self.reason})" if self.reason else ""
        accepted = self.accepted and (self.moved or self.change is Change.VERDICT)
        return f"{text}.{' Accepted in the claim file.' if accepted else ''}"

    def _what(self) -> str:
        if self.change is Change.VERDICT:
            text = f"Was {_verdict(self.old)}, is {_verdict(self.new)}"
            if self.shift is None:
                return text
            if self.moved:
                return f"{text}; {_movement(self.shift)}"
            return f"{text}; the estimate did not move beyond chance"
        if self.shift is not None and self.change is Change.MOVED:
            return f"Still {_verdict(self.new)}, but {_movement(self.shift)}"
        if self.shift is not None and self.change in (Change.SHRANK, Change.GREW):
            return f"Still {_verdict(self.new)}, {_effect_change(self.change, self.shift)}"
        return self.change.sentence.capitalize()


@dataclass(frozen=True)
class Comparison:
    """Two results compared. environment: {what: (then, now)} where the two ran differently and it
    may matter. n_tests: estimates compared.
    """

    old: Result
    new: Result
    changes: tuple[ClaimChange, ...]
    environment: Mapping[str, tuple[Any, Any]]
    n_tests: int

    @property
    def drifted(self) -> tuple[ClaimChange, ...]:
        """The changes that count as drift."""
        return tuple(change for change in self.changes if change.drifted)

    def of(self, evidence: Evidence) -> ClaimChange | None:
        """The change of one claim in its setting; None where there is none."""
        return next(
            (c for c in self.changes if (c.id, c.setting) == (evidence.id, evidence.setting)), None
        )

    def counts(self) -> dict[Change, int]:
        """How many claims changed in which way, without ways that did not occur."""
        return {
            change: n for change in Change if (n := sum(c.change is change for c in self.changes))
        }


def _movement(shift: Shift) -> str:
    """How far an estimate moved, with its interval."""
    d, low, high = (
        (math.exp(min(x, 700.0)) for x in (shift.difference, shift.low, shift.high))
        if shift.log
        else (shift.difference, shift.low, shift.high)
    )
    by = "by a factor of" if shift.log else "by"
    return f"the estimate moved {by} {figure(d)} [{_bound(low)}, {_bound(high)}]"


def _effect_change(change: Change, shift: Shift) -> str:
    """How much an effect shrank or grew, as a positive size with its interval."""
    sizes = [abs(shift.difference), *sorted(abs(x) for x in (shift.low, shift.high))]
    size, low, high = (math.exp(min(x, 700.0)) for x in sizes) if shift.log else sizes
    verb = "but the effect shrank" if change is Change.SHRANK else "and the effect grew"
    by = "by a factor of" if shift.log else "by"
    return f"{verb} {by} {figure(size)} [{_bound(low)}, {_bound(high)}]"


def _bound(value: float) -> str:
    return figure(value) if math.isfinite(value) else "unbounded"


def _verdict(evidence: Evidence | None) -> str:
    return (evidence and evidence.verdict) or "not asked"
