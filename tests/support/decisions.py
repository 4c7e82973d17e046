"""Decisions with a generator of their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from claims.inference import Atom, Decision, Sample, decide


def judge(sample: Sample, atoms: Sequence[Atom], seed: int = 0, **options: Any) -> Decision:
    """`decide` with random numbers of this seed."""
    return decide(sample, atoms, rng=np.random.default_rng(seed), **options)
