"""How many seeds are measured at once."""

from __future__ import annotations

from claims.experiments.kinds import BoundExperiment

# bytes measured at once on a CPU: stacks of small networks slow down where they outgrow the caches
CPU_WORKING_SET = 12 * 2**20
FEWEST_AT_ONCE = 8  # networks that outgrow them one by one are as fast in stacks as alone
# bytes that no chunk goes beyond, unless a single seed does: what comes after training takes as
# much again and more
LARGEST_WORKING_SET = 2**30


def chunk_size(experiment: BoundExperiment, device: str, n_seeds: int) -> int:
    """Seeds of `n_seeds` that are measured together on `device`, at least one."""
    each = experiment.implementation.bytes_of_seed()
    if each is None:
        return n_seeds
    free = experiment.implementation.free_memory(device)
    if free is None:
        return min(n_seeds, seeds_at_once(each))
    return min(n_seeds, max(1, free // 2 // each))  # the other half: see LARGEST_WORKING_SET


def seeds_at_once(each: int) -> int:
    """How many seeds of `each` bytes a CPU measures in one stack."""
    return max(1, CPU_WORKING_SET // each, min(FEWEST_AT_ONCE, LARGEST_WORKING_SET // each))
