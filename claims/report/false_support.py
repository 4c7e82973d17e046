"""What `--controls` found: how often claims were supported where they are false."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.evidence import Evidence
from claims.false_positives import ALLOWED
from claims.report.wording import percent


def rates(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Lines for people: the worst rate, then each claim whose rate is high in worlds as skewed as
    its observations.
    """
    known = [e for e in evidence if e.false_positive_rate is not None]
    if not known:
        return
    worst = max(known, key=lambda e: e.false_positive_rate)
    yield (
        f"where they are false, claims were supported in {percent(worst.false_positive_rate)} of "
        f"worlds or less (most: {worst.id})"
    )
    for e in known:
        if e.false_positive_rate_skewed is not None and e.false_positive_rate_skewed > ALLOWED:
            yield (
                f"  warning: in worlds as skewed as its seeds {e.id} was supported in "
                f"{percent(e.false_positive_rate_skewed)}, were it false;"
                " this decides nothing (docs/controls.md)"
            )
