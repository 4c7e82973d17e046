"""Credit rules: what a block is told about its own output. One rule a file, one signature; comparing rules changes an argument.

A rule turns a `Signal` into credit at the levels asked for. Its state (feedback matrices, learned matrices) is a dict of
stacked tensors that the caller owns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from models.network import Activations, Network, Tensors


@dataclass(frozen=True)
class Signal:
    """What a rule may look at. `error` (G, B, C) is the output error e of each example; `levels` are the levels asked for
    (0 is the input layer's output, l the output of block l), and a rule's state holds those levels in this order."""

    network: Network
    params: Tensors
    acts: Activations
    error: Tensor
    levels: Sequence[int]


@dataclass(frozen=True)
class Rule:
    """`credit(state, signal)` -> (n_levels, G, B, W): per example, no 1 / batch in it.

    `initial(network, seeds, device, feedback_scale)` -> state with leading axis L+1 (levels), then G.
    """

    name: str
    credit: Callable[[Tensors, Signal], Tensor]
    initial: Callable[..., Tensors]


def rule(name: str) -> Rule:
    """The rule called `name`. Raises ValueError, naming those there are."""
    from models.credit import dfa, oracle, vec

    rules = {r.name: r for r in (dfa.RULE, oracle.RULE, vec.RULE)}
    if name not in rules:
        raise ValueError(f"`credit` is {name!r}; allowed: {', '.join(rules)}")
    return rules[name]


def at_levels(state: Tensors, levels: Sequence[int]) -> Tensors:
    """The part of a rule's state that belongs to `levels`."""
    return {name: tensor[list(levels)] for name, tensor in state.items()}
