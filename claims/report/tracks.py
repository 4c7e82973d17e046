"""A claim through the results of a history."""

from __future__ import annotations

from dataclasses import dataclass

from claims.comparison.changes import ClaimChange
from claims.evidence import Evidence


@dataclass(frozen=True)
class Point:
    """One claim in one result. `change`: how it differs from before, where it does."""

    place: int
    evidence: Evidence
    change: ClaimChange | None = None


@dataclass(frozen=True)
class Track:
    """One claim in one setting through all results that have it."""

    id: str
    setting: str
    points: tuple[Point, ...]

    @property
    def last(self) -> Evidence:
        return self.points[-1].evidence

    @property
    def changes(self) -> tuple[Point, ...]:
        return tuple(p for p in self.points if p.change is not None)
