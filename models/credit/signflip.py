"""Negative control: the oracle's credit with a random sign for each example, drawn anew at every
step.

Each example keeps its own gradient but for the sign, so that the mean, which is the update, is zero
in expectation. Shuffling credit over the examples would keep the mean: that is no null hypothesis.
"""

from __future__ import annotations

from torch import Tensor

from models.credit import oracle
from models.credit.base import Rule, Signal
from models.networks.network import Tensors

STREAM = 1  # of this rule's draws; the other control has another


def credit(state: Tensors, signal: Signal) -> Tensor:
    """The oracle's credit with one sign for each example at all levels: (n_levels, G, B, W)."""
    truth = oracle.credit(state, signal)
    signs = signal.require_draws("signflip").signs(STREAM, (truth.shape[2], 1)).to(truth.device)
    return truth * signs


RULE = Rule("signflip", credit, oracle.initial)
