"""The oracle: the true gradient of each example's loss with respect to h_l, by backpropagation in
closed form.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.credit import Rule, Signal
from models.networks.network import Network, Tensors


def initial(
    network: Network, seeds: Sequence[int], device: str, feedback_scale: float = 1.0
) -> Tensors:
    """Nothing: the oracle reads the network itself."""
    return {}


def credit(state: Tensors, signal: Signal) -> Tensor:
    """d loss_i / d h_l at every level asked for: (n_levels, G, B, W)."""
    network, params, acts = signal.network, signal.params, signal.acts
    top = network.n_blocks
    grad = torch.bmm(signal.error.transpose(1, 2), params["head.W"].transpose(1, 2))
    found = {}
    for l in range(top, min(signal.levels) - 1, -1):
        if l < top:
            grad = _through_block(network, params, acts, l, found[l + 1])
        passed = network.norm_backward(grad, acts.normed[l], acts.rstd[l])
        skip = found[l + 1] if l < top and network.settings.residual else None
        found[l] = (
            passed if skip is None else passed.add_(skip) if passed is not grad else passed + skip
        )
    return torch.stack([found[l] for l in signal.levels])


def _through_block(network: Network, params: Tensors, acts, l: int, above: Tensor) -> Tensor:
    """From the gradient at level l+1 to that at the normed level l."""
    into = (
        network.product(above, params["block.W2"][l].transpose(1, 2))
        if network.settings.residual
        else above.clone()
    )
    dz = network.through_activation(into, acts.inner[l])
    return torch.bmm(dz, params["block.W1"][l].transpose(1, 2))


RULE = Rule("oracle", credit, initial)
