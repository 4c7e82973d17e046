"""Gradients of parameters from credit: each part's update from its own credit alone, the batch mean
of its vector-Jacobian products.

Credit that is the output error times a matrix (DFA's, vec's) has rank C, the number of classes, and
need not be multiplied out: of x^T (e M) the cheap order is (x^T e) M, an eighth of the arithmetic
at CIFAR size. `Factored` keeps the factors, and the functions here take dense credit too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.networks.network import Activations, Network, Tensors

MIN_CLASSES, MIN_WIDTH = 4, 16  # see `_computed_alone`


@dataclass(frozen=True)
class Factored:
    """Credit left^T right, level by level: `left` (n_levels, G, C, B), of each example; `right`
    (n_levels, G, C, W).
    """

    left: Tensor
    right: Tensor

    def __getitem__(self, levels: slice) -> Factored:
        """The part at some of the levels."""
        return Factored(self.left[levels], self.right[levels])

    def dense(self, out: Tensor | None = None) -> Tensor:
        """The product (n_levels, G, B, W); into `out` where one is given."""
        made = torch.bmm(
            _flat(self.left).transpose(1, 2),
            _flat(self.right),
            out=None if out is None else _flat(out),
        )
        return made.unflatten(0, self.left.shape[:2])


Credit = Tensor | Factored  # (n_levels, G, B, W), dense or factored


def from_factors(left: Tensor, right: Tensor) -> Credit:
    """Credit left^T right, kept as factors where that saves arithmetic. left (n_levels, G, C, B),
    right (n_levels, G, C, W).
    """
    credit, (n_classes, width) = Factored(left, right), right.shape[-2:]
    return (
        credit if n_classes <= width // 2 and _computed_alone(n_classes, width) else credit.dense()
    )


def dense(credit: Credit) -> Tensor:
    """Credit as one tensor, (n_levels, G, B, W)."""
    return credit.dense() if isinstance(credit, Factored) else credit


def _writable(credit: Credit, spare: Tensor | None) -> Tensor:
    """A copy of credit as one tensor, in `spare` where there is one: (n_levels, G, B, W)."""
    if isinstance(credit, Factored):
        return credit.dense(spare)
    return credit.clone() if spare is None else spare.copy_(credit)


def block_gradients(
    network: Network, params: Tensors, acts: Activations, credit: Credit, out: Tensors
) -> None:
    """Gradients of all blocks. credit (L, G, B, W) at levels 1 ... L. Written into out["block.*"],
    shaped as the parameters.
    """
    if network.settings.residual:
        _mean_outer_product(network, acts.inner, credit, out["block.W2"])
        _batch_mean(credit, out["block.b2"])
        dz = _multiply(network, credit, _flat(params["block.W2"]).transpose(1, 2), acts.spare)
    else:
        dz = _flat(_writable(credit, acts.spare))
    dz = network.activation_backward(dz, _flat(acts.inner))
    network.mean_product(_flat(acts.normed[: network.n_blocks]), dz, _flat(out["block.W1"]))
    torch.mean(dz, dim=1, keepdim=True, out=_flat(out["block.b1"]))


def input_gradients(
    network: Network, x: Tensor, acts: Activations, credit: Credit, out: Tensors
) -> None:
    """Gradients of the input layer, from its credit (1, G, B, W) at level 0 and examples x (G, B,
    n_in).
    """
    if not network.settings.residual:
        dz = _writable(credit, None if acts.spare is None else acts.spare[:1])
        credit = network.activation_backward(dz[0], acts.h[0])[None]
    _mean_outer_product(network, x[None], credit, out["input.W"][None])
    _batch_mean(credit, out["input.b"][None])


def head_gradients(network: Network, acts: Activations, error: Tensor, out: Tensors) -> None:
    """The exact gradient of the head, into out["head.*"]. error (G, C, B)."""
    normed, (_, n_classes, n_batch) = acts.normed[network.n_blocks], error.shape
    if _computed_alone(n_classes, normed.shape[2]):
        out["head.W"].copy_(torch.bmm(error, normed).transpose(1, 2)).mul_(1 / n_batch)
    else:
        network.mean_product(normed, error.transpose(1, 2), out["head.W"])
    torch.mean(error.unsqueeze(1), dim=3, out=out["head.b"])


def _mean_outer_product(network: Network, inputs: Tensor, credit: Credit, out: Tensor) -> None:
    """The batch mean of inputs^T credit: (L, G, B, I), (L, G, B, O) -> out (L, G, I, O)."""
    if isinstance(credit, Factored):
        pulled = torch.bmm(_flat(credit.left), _flat(inputs))
        out = _flat(out)
        torch.baddbmm(
            out,
            pulled.transpose(1, 2),
            _flat(credit.right),
            beta=0,
            alpha=1 / inputs.shape[2],
            out=out,
        )
    else:
        network.mean_product(_flat(inputs), _flat(credit), _flat(out))


def _batch_mean(credit: Credit, out: Tensor) -> None:
    """The batch mean of credit: (L, G, B, O) -> out (L, G, 1, O)."""
    if isinstance(credit, Factored):
        torch.sum(credit.left.mean(3, keepdim=True) * credit.right, dim=2, keepdim=True, out=out)
    else:
        torch.mean(credit, dim=2, keepdim=True, out=out)


def _multiply(network: Network, credit: Credit, right: Tensor, out: Tensor | None) -> Tensor:
    """credit right: (L, G, B, W), (L * G, W, V) -> (L * G, B, V); into `out` where one is given."""
    out = None if out is None else _flat(out)
    if isinstance(credit, Factored):
        return torch.bmm(
            _flat(credit.left).transpose(1, 2),
            torch.bmm(_flat(credit.right), right),
            out=out,
        )
    return network.product(_flat(credit), right, out)


def _computed_alone(n_classes: int, width: int) -> bool:
    """Whether a batched product, (C, K) (K, W), computes each of its matrices alone. Smaller ones
    are computed several at once, and their last bits depend on how many there are. (Found by trial,
    MKL as in torch 2.13; `tests/models/test_training.py` tests it.)
    """
    return n_classes >= MIN_CLASSES and width >= MIN_WIDTH


def _flat(t: Tensor) -> Tensor:
    """(L, G, ...) -> (L * G, ...)."""
    return t.flatten(0, 1)
