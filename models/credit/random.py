"""Negative control: credit of random direction, drawn anew at every step, each example's with the
norm of the oracle's.

Only the size of the steps is right: an effect of this rule is due to their size, not to the
direction of credit.
"""

from __future__ import annotations

from torch import Tensor

from models.credit import oracle
from models.credit.base import Rule, Signal
from models.networks.network import Tensors

STREAM = 0  # of this rule's draws; the other control has another


def credit(state: Tensors, signal: Signal) -> Tensor:
    """Random directions, the oracle's norms: (n_levels, G, B, W)."""
    truth = oracle.credit(state, signal)
    n_levels, _, *shape = truth.shape
    noise = (
        signal.require_draws("random")
        .normal(STREAM, (n_levels, *shape))
        .to(truth.device)
        .transpose(0, 1)
    )
    return noise * (truth.norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True))


RULE = Rule("random", credit, oracle.initial)
