"""Explicit randomness: one stream of random numbers for each (purpose, seed, position).

Because a stream depends on nothing but these, a seed draws the same numbers whatever is trained
with it, and training resumes at any epoch without a saved generator. Streams are drawn on the
host, so every device sees the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# purposes: a number never changes its meaning, and a new purpose takes a new number
INITIAL, FEEDBACK, BATCHES, PERTURBATION, FIT_BATCHES, FIT_PERTURBATION, PROBE_BATCHES, CONTROL = (
    range(8)
)


def stream(purpose: int, seed: int, *position: int) -> np.random.Generator:
    """The generator of one purpose, one seed and one position, for example an epoch."""
    return np.random.default_rng([purpose, seed, *position])


def batch_order(seeds: Sequence[int], epoch: int, n_examples: int, batch: int) -> np.ndarray:
    """Indices of one epoch's batches, each seed in an order of its own; a last batch that is not
    full is dropped.

    Returns (n_steps, n_seeds, batch) int64.
    """
    n_steps = n_examples // batch
    orders = [
        stream(BATCHES, seed, epoch).permutation(n_examples)[: n_steps * batch] for seed in seeds
    ]
    return np.stack(orders).reshape(len(seeds), n_steps, batch).swapaxes(0, 1).copy()


def independent_batches(
    purpose: int, seeds: Sequence[int], n_examples: int, n_batches: int, batch: int, *position: int
) -> np.ndarray:
    """Indices of batches drawn independently, without repeats inside a batch: two may overlap.

    Returns (n_batches, n_seeds, batch) int64.
    """
    draws = np.empty((n_batches, len(seeds), batch), dtype=np.int64)
    for s, seed in enumerate(seeds):
        rng = stream(purpose, seed, *position)
        for b in range(n_batches):
            draws[b, s] = rng.choice(n_examples, batch, replace=False)
    return draws


def sign_bytes(
    purpose: int, seeds: Sequence[int], n_steps: int, n_signs: int, *position: int
) -> np.ndarray:
    """Random signs packed eight to a byte: (n_steps, n_seeds, ceil(n_signs / 8)) uint8."""
    n_bytes = -(-n_signs // 8)
    packed = [
        np.frombuffer(stream(purpose, seed, *position).bytes(n_steps * n_bytes), np.uint8)
        for seed in seeds
    ]
    return np.stack(packed).reshape(len(seeds), n_steps, n_bytes).swapaxes(0, 1).copy()
