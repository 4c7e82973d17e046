"""What becomes of a claim between two results, and how it is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from claims.comparison.shift import Shift
from claims.evidence import PASSED, REFUTED, SUPPORTED, Evidence, figure
from claims.report.result_file import Result


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
    """One claim in one setting, then and now. `moved`: its estimate moved, after correction over
    all claims compared.
    """

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
        """The claim file was edited to expect what came out, or to explain it: reviewed like any
        other change.
        """
        old, new = self.old, self.new
        return bool(
            old
            and new
            and new.outcome == PASSED
            and (new.expected, new.note) != (old.expected, old.note)
        )

    @property
    def drifted(self) -> bool:
        """Whether `--claims-fail-on=drift` fails: the estimate moved, or the verdict turned over, and
        nobody accepted it.
        """
        verdicts = {self.old.verdict, self.new.verdict} if self.old and self.new else set()
        return not self.accepted and (
            self.moved or (self.change is Change.VERDICT and verdicts == {SUPPORTED, REFUTED})
        )

    @property
    def notable(self) -> bool:
        return self.change not in (Change.STEADY, Change.REPLAY, Change.NOT_RUN)

    def sentence(self) -> str:
        """What happened, for a person."""
        if self.change is Change.VERDICT:
            text = f"Was {_verdict(self.old)}, is {_verdict(self.new)}"
            text += (
                f"; {amount(self.shift)}"
                if self.moved
                else "; the estimate did not move beyond chance"
                if self.shift
                else ""
            )
        elif self.change in (Change.SHRANK, Change.GREW, Change.MOVED):
            text = f"Still {_verdict(self.new)}, {_how(self)}"
        else:
            text = self.change.sentence.capitalize()
        text += f" ({self.reason})" if self.reason else ""
        told = self.accepted and (self.moved or self.change is Change.VERDICT)
        return f"{text}.{' Accepted in the claim file.' if told else ''}"


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
        return next(
            (c for c in self.changes if (c.id, c.setting) == (evidence.id, evidence.setting)), None
        )

    def counts(self) -> dict[Change, int]:
        return {
            change: n for change in Change if (n := sum(c.change is change for c in self.changes))
        }


def amount(shift: Shift) -> str:
    """How far an estimate moved, with its interval."""
    d, low, high = (
        (math.exp(min(x, 700.0)) for x in (shift.difference, shift.low, shift.high))
        if shift.log
        else (shift.difference, shift.low, shift.high)
    )
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
    return (
        f"{verb} {'by a factor of ' if shift.log else 'by '}{figure(size)} [{_end(ends[0])}, "
        f"{_end(ends[1])}]"
    )


def _verdict(evidence: Evidence) -> str:
    return evidence.verdict or "not asked"
