"""Negative control: credit drawn anew at every step, each example's as long as the oracle's,
pointing anywhere.

It knows nothing but how large credit should be. What it brings about is due to taking steps of that
size, not to what credit says.
"""

from __future__ import annotations

from torch import Tensor

from models.credit import Rule, Signal, oracle
from models.networks.network import Tensors

STREAM = 0  # tells this rule's draws from those of the other controls


def credit(state: Tensors, signal: Signal) -> Tensor:
    """Random directions, the oracle's norms: (n_levels, G, B, W)."""
    truth = oracle.credit(state, signal)
    n_levels, _, *shape = truth.shape
    noise = (
        signal.draws("random").normal(STREAM, (n_levels, *shape)).to(truth.device).transpose(0, 1)
    )
    return noise * (truth.norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True))


RULE = Rule("random", credit, oracle.initial)
