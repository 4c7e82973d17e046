"""Learned vector credit: a_l = (e M_l) / std(h_l), M_l fitted by node-perturbation regression.

For noise v at h_l, <a_l, v> is fitted to the central difference d = (L(h_l + sigma v) - L(h_l -
sigma v)) / (2 sigma) of each example's loss. With E[v v^T] = 1 this is linear least squares: M =
(sum e~ e~^T)^+ sum e~ d v^T, e~ = e / std(h_l). It is solved, not descended on; an exponential
window lets it follow a network that trains. No gradient is ever propagated: only losses are seen.
The noise is random signs, isotropic in the sense the regression needs, and cheap. Cf. Lansdell,
Prakash & Kording 2020 (arXiv:1906.00889); Fiete & Seung 2006 (node perturbation).

At the last level credit of this form can equal the oracle's but for the norm's projection: a high
alignment there is expected. The levels below are the harder test.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.credit.base import Rule, Signal
from models.networks.gradients import Credit, from_factors
from models.networks.network import Activations, Network, Tensors, example_losses

KEY, GRAM, RESPONSE = "credit.level.bridge", "credit.level.gram", "credit.level.response"
# the last bits of a product's remaining columns depend on how many products are done together
WHOLE_COLUMNS = 16
TINY = 1e-30  # keeps the solve defined where every error is exactly zero


def initial(
    network: Network, seeds: Sequence[int], device: str, feedback_scale: float = 1.0
) -> Tensors:
    """M_l = 0 and empty sums: bridge (L+1, G, C, W), gram (L+1, G, C, C) and response (L+1, G, C,
    W) in float64.
    """
    n_levels, n_classes, width = network.n_blocks + 1, network.n_classes, network.settings.width
    wide = (n_levels, len(seeds), n_classes, width)
    return {
        KEY: torch.zeros(wide, device=device),
        GRAM: torch.zeros(
            n_levels, len(seeds), n_classes, n_classes, device=device, dtype=torch.float64
        ),
        RESPONSE: torch.zeros(wide, device=device, dtype=torch.float64),
    }


def credit(state: Tensors, signal: Signal) -> Credit:
    """(e M_l) / std(h_l) at the levels of the signal: (n_levels, G, B, W)."""
    scaled = [_scaled(signal.error, signal.acts, level) for level in signal.levels]
    return from_factors(torch.stack(scaled), state[KEY])


def _scaled(error: Tensor, acts: Activations, level: int) -> Tensor:
    """e / std(h), or e where there is no norm: (G, C, B)."""
    rstd = acts.rstd[level]
    return error if rstd is None else error * rstd.transpose(1, 2)


def observe(
    state: Tensors,
    network: Network,
    params: Tensors,
    acts: Activations,
    error: Tensor,
    labels: Tensor,
    noise: Tensor,
    *,
    sigma: float,
    keep: float,
) -> None:
    """Add one batch of perturbations at every level to the sums, in place, after multiplying the
    old sums by `keep`.

    noise (L+1, G, B, W), of unit variance; sigma: share of each state's root mean square; labels
    (G, B); error (G, C, B).
    """
    response = perturbation_responses(network, params, acts, labels, noise, sigma)
    width = noise.shape[-1]
    for level in range(network.n_blocks + 1):
        scaled = _scaled(error, acts, level)
        state[GRAM][level].mul_(keep).add_(torch.bmm(scaled, scaled.transpose(1, 2)))
        weighted = torch.nn.functional.pad(
            noise[level] * response[level].unsqueeze(-1), (0, -width % WHOLE_COLUMNS)
        )
        state[RESPONSE][level].mul_(keep).add_(torch.bmm(scaled, weighted)[..., :width])


def perturbation_responses(
    network: Network,
    params: Tensors,
    acts: Activations,
    labels: Tensor,
    noise: Tensor,
    sigma: float,
) -> Tensor:
    """Central differences of each example's loss along noise (L+1, G, B, W) at every level: (L+1,
    G, B).

    The perturbed states of all levels below go through each block as one batch.
    """
    n_batch = labels.shape[-1]
    perturbed, steps = [], []  # states at the level reached so far, of all levels perturbed below
    layers = network.layers(params)
    for level in range(network.n_blocks + 1):
        if level:
            below = torch.cat(perturbed, dim=1)
            perturbed = [network.block(layers[level - 1], below, network.norm(below)[0])]
        h = acts.h[level]
        step = h.square().mean(-1, keepdim=True).sqrt_().mul_(sigma)  # (G, B, 1)
        moved = noise[level] * step
        steps.append(step)
        perturbed += [h + moved, h - moved]
    logits = network.readout(params, network.norm(torch.cat(perturbed, dim=1))[0])
    pairs = 2 * (network.n_blocks + 1)
    losses = example_losses(logits, labels.repeat(1, pairs)).view(
        -1, network.n_blocks + 1, 2, n_batch
    )
    difference = (losses[:, :, 0] - losses[:, :, 1]).transpose(0, 1)
    return (difference / (2 * torch.stack(steps).squeeze(-1).double())).float()


def solve(state: Tensors, ridge: float) -> None:
    """Write M into the state from the sums. `ridge`: share of the Gram matrix's mean diagonal.

    e sums to zero over the classes, so the Gram matrix is singular in the direction of equal
    entries. That direction gets the mean weight, and the solution is zero there: with a small ridge
    elsewhere, it is the pseudo-inverse's.
    """
    gram = state[GRAM]
    n_classes = gram.shape[-1]
    mean = gram.diagonal(dim1=-2, dim2=-1).mean(-1).add(TINY)[..., None, None]
    regular = torch.eye(n_classes, dtype=gram.dtype, device=gram.device) * ridge + 1 / n_classes
    factor, _ = torch.linalg.cholesky_ex(gram + mean * regular)  # _ex: no host synchronisation
    half_solved = torch.linalg.solve_triangular(factor, state[RESPONSE], upper=False)
    state[KEY].copy_(torch.linalg.solve_triangular(factor.mT, half_solved, upper=True))


RULE = Rule("vec", credit, initial)
