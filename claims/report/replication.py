"""The replication probability in words: of all claims together, and of those where it is low."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.evidence import INCONCLUSIVE, Evidence

SURE = 0.9  # claims that are less likely to come out as expected again are listed


def joint_replication_probability(evidence: Sequence[Evidence]) -> float | None:
    """The share of predicted worlds in which every claim comes out as expected; None where nothing
    was predicted.

    Claims of one experiment look at the same worlds, as they share their seeds; those of different
    experiments at worlds drawn apart.
    """
    known = [e.replication_worlds for e in evidence if e.replication_worlds]
    if not known:
        return None
    n_worlds = min(map(len, known))
    return sum(all(worlds[i] == "1" for worlds in known) for i in range(n_worlds)) / n_worlds


def replication_lines(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Lines for people: all claims together, then each whose probability is below `SURE`."""
    together = joint_replication_probability(evidence)
    if together is None:
        return
    yield (
        "on fresh seeds all claims would come out as expected with a chance of "
        f"{100 * together:.0f} %"
    )
    for e in evidence:
        if e.replication_probability is not None and e.replication_probability < SURE:
            yield f"  {e.id}: {100 * e.replication_probability:.0f} %{_remedy(e)}"


def _remedy(evidence: Evidence) -> str:
    if evidence.verdict != evidence.expected:
        return ", as it is not as expected now"
    if evidence.verdict == INCONCLUSIVE:
        return "; seeds that decide it would change what is expected"
    schedule = ""
    if evidence.max_seeds is not None and evidence.n_seeds < evidence.max_seeds:
        schedule = (
            f"; it stopped at {evidence.n_seeds}, and its schedule goes to "
            f"{evidence.max_seeds} already"
        )
    if evidence.seeds_to_replicate is None:
        return f"; the data do not say how many seeds would help{schedule}"
    return f"; about {evidence.seeds_to_replicate} seeds in one look would make it 90 %{schedule}"
