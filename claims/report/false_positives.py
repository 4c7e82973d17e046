"""Rates of false positives in words: the largest, and those of claims with skewed observations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.evidence import Evidence
from claims.false_positives import MAX_FALSE_POSITIVE_RATE
from claims.report.wording import percent


def false_positive_lines(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Lines for people: the largest rate, then each claim whose rate is too high in worlds as
    skewed as its observations. None where rates were not asked for.
    """
    rates = [(e.false_positive_rate, e.id) for e in evidence if e.false_positive_rate is not None]
    if not rates:
        return
    largest, name = max(rates, key=lambda pair: pair[0])
    yield (
        f"where they are false, claims were supported in {percent(largest)} of "
        f"worlds or less (most: {name})"
    )
    for e in evidence:
        if (
            e.false_positive_rate_skewed is not None
            and e.false_positive_rate_skewed > MAX_FALSE_POSITIVE_RATE
        ):
            yield (
                f"  warning: in worlds as skewed as its seeds {e.id} was supported in "
                f"{percent(e.false_positive_rate_skewed)}, were it false;"
                " this decides nothing (docs/controls.md)"
            )
