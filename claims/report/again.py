"""What would happen again: the chance that the suite stays green on fresh seeds, and the claims
that put it at risk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.evidence import INCONCLUSIVE, Evidence

SURE = 0.9


def stays_green(evidence: Sequence[Evidence]) -> float | None:
    """The share of predicted worlds in which every claim comes out as expected; None where nothing
    was predicted.

    Claims of one experiment look at the same worlds, as they share their seeds; those of different
    experiments at worlds drawn apart.
    """
    known = [e.replication_worlds for e in evidence if e.replication_worlds]
    if not known:
        return None
    worlds = min(map(len, known))
    return sum(all(passes[w] == "1" for passes in known) for w in range(worlds)) / worlds


def chances(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Lines for people: the suite as a whole, then each claim that may well come out
    differently.
    """
    green = stays_green(evidence)
    if green is None:
        return
    yield (
        f"on fresh seeds all claims would come out as expected with a chance of {100 * green:.0f} %"
    )
    for e in evidence:
        if e.replication_probability is not None and e.replication_probability < SURE:
            yield f"  {e.id}: {100 * e.replication_probability:.0f} %{_remedy(e)}"


def _remedy(evidence: Evidence) -> str:
    if evidence.verdict != evidence.expected:
        return ", as it is not as expected now"
    if evidence.verdict == INCONCLUSIVE:
        return "; seeds that decide it would change what is expected"
    goes_on = evidence.max_seeds is not None and evidence.n_seeds < evidence.max_seeds
    schedule = (
        f"; it stopped at {evidence.n_seeds}, and its schedule goes to {evidence.max_seeds} already"
        if goes_on
        else ""
    )
    if evidence.seeds_to_replicate is None:
        return f"; the data do not say how many seeds would help{schedule}"
    return f"; about {evidence.seeds_to_replicate} seeds in one look would make it 90 %{schedule}"
