"""The oracle: the true gradient of each example's loss with respect to h_l, by backpropagation in
closed form.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.credit.base import Rule, Signal
from models.networks.network import Activations, Network, Tensors


def initial(
    network: Network, seeds: Sequence[int], device: str, feedback_scale: float = 1.0
) -> Tensors:
    """An empty state: the oracle reads the network's own weights."""
    return {}


def credit(state: Tensors, signal: Signal) -> Tensor:
    """d loss_i / d h_l at the levels of the signal: (n_levels, G, B, W)."""
    network, params, acts = signal.network, signal.params, signal.acts
    top = network.n_blocks
    grad = torch.bmm(signal.error.transpose(1, 2), params["head.W"].transpose(1, 2))
    found = {}
    for level in range(top, min(signal.levels) - 1, -1):
        if level < top:
            grad = _block_backward(network, params, acts, level, found[level + 1])
        passed = network.norm_backward(grad, acts.normed[level], acts.rstd[level])
        skip = found[level + 1] if level < top and network.settings.residual else None
        found[level] = (
            passed if skip is None else passed.add_(skip) if passed is not grad else passed + skip
        )
    return torch.stack([found[level] for level in signal.levels])


def _block_backward(
    network: Network, params: Tensors, acts: Activations, level: int, above: Tensor
) -> Tensor:
    """The gradient at the normed states of `level` from that at the level above it."""
    into = (
        network.product(above, params["block.W2"][level].transpose(1, 2))
        if network.settings.residual
        else above.clone()
    )
    dz = network.activation_backward(into, acts.inner[level])
    return torch.bmm(dz, params["block.W1"][level].transpose(1, 2))


RULE = Rule("oracle", credit, initial)
