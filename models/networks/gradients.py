"""What credit does to parameters: each part's update from its own credit alone, the batch mean of
its vector-Jacobian products.

Credit that is the output error times a matrix (DFA's, vec's) has rank C, the number of classes. It
need not be formed: of x^T (e M) the cheap order is (x^T e) M, an eighth of the arithmetic at CIFAR
size. `Factored` keeps the factors, and the functions here take either form.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.networks.network import Activations, Network, Tensors

FEWEST_CLASSES, LEAST_WIDTH = 4, 16  # of a product with the classes in front


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

    def formed(self, out: Tensor | None = None) -> Tensor:
        """(n_levels, G, B, W); into `out` where one is given."""
        made = torch.bmm(
            _flat(self.left).transpose(1, 2),
            _flat(self.right),
            out=None if out is None else _flat(out),
        )
        return made.unflatten(0, self.left.shape[:2])


Credit = Tensor | Factored  # (n_levels, G, B, W), formed or not


def factored(left: Tensor, right: Tensor) -> Credit:
    """Credit left^T right, kept as factors where that saves arithmetic. left (n_levels, G, C, B),
    right (n_levels, G, C, W).
    """
    credit, (n_classes, width) = Factored(left, right), right.shape[-2:]
    return credit if n_classes <= width // 2 and _apart(n_classes, width) else credit.formed()


def formed(credit: Credit) -> Tensor:
    """Credit as one tensor, (n_levels, G, B, W)."""
    return credit.formed() if isinstance(credit, Factored) else credit


def _writable(credit: Credit, spare: Tensor | None) -> Tensor:
    """Credit as one tensor that nobody else reads, in `spare` where there is one: (n_levels, G, B,
    W).
    """
    if isinstance(credit, Factored):
        return credit.formed(spare)
    return credit.clone() if spare is None else spare.copy_(credit)


def block_gradients(
    network: Network, params: Tensors, acts: Activations, credit: Credit, out: Tensors
) -> None:
    """Gradients of all blocks. credit (L, G, B, W) at levels 1 ... L. Written into out["block.*"],
    shaped as the parameters.
    """
    if network.settings.residual:
        _outer(network, acts.inner, credit, out["block.W2"])
        _mean(credit, out["block.b2"])
        dz = _times(network, credit, _flat(params["block.W2"]).transpose(1, 2), acts.spare)
    else:
        dz = _flat(_writable(credit, acts.spare))
    dz = network.through_activation(dz, _flat(acts.inner))
    network.mean_product(_flat(acts.normed[: network.n_blocks]), dz, _flat(out["block.W1"]))
    torch.mean(dz, dim=1, keepdim=True, out=_flat(out["block.b1"]))


def input_gradients(
    network: Network, x: Tensor, acts: Activations, credit: Credit, out: Tensors
) -> None:
    """The input layer's, from its credit (1, G, B, W) at level 0 and examples x (G, B, n_in)."""
    if not network.settings.residual:
        dz = _writable(credit, None if acts.spare is None else acts.spare[:1])
        credit = network.through_activation(dz[0], acts.h[0])[None]
    _outer(network, x[None], credit, out["input.W"][None])
    _mean(credit, out["input.b"][None])


def head_gradients(network: Network, acts: Activations, error: Tensor, out: Tensors) -> None:
    """The head's exact gradient. error (G, C, B)."""
    normed, (_, n_classes, n_batch) = acts.normed[network.n_blocks], error.shape
    if _apart(n_classes, normed.shape[2]):
        out["head.W"].copy_(torch.bmm(error, normed).transpose(1, 2)).mul_(1 / n_batch)
    else:
        network.mean_product(normed, error.transpose(1, 2), out["head.W"])
    torch.mean(error.unsqueeze(1), dim=3, out=out["head.b"])


def _outer(network: Network, inputs: Tensor, credit: Credit, out: Tensor) -> None:
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


def _mean(credit: Credit, out: Tensor) -> None:
    """The batch mean of credit: (L, G, B, O) -> out (L, G, 1, O)."""
    if isinstance(credit, Factored):
        torch.sum(credit.left.mean(3, keepdim=True) * credit.right, dim=2, keepdim=True, out=out)
    else:
        torch.mean(credit, dim=2, keepdim=True, out=out)


def _times(network: Network, credit: Credit, right: Tensor, out: Tensor | None) -> Tensor:
    """credit right: (L, G, B, W), (L * G, W, V) -> (L * G, B, V); into `out` where one is given."""
    out = None if out is None else _flat(out)
    if isinstance(credit, Factored):
        return torch.bmm(
            _flat(credit.left).transpose(1, 2), torch.bmm(_flat(credit.right), right), out=out
        )
    return network.product(_flat(credit), right, out)


def _apart(n_classes: int, width: int) -> bool:
    """Whether a batched product, (C, K) (K, W), does each of its matrices alone. Smaller ones go
    several at once: their last bits would depend on how many there are. (Found by trial, MKL as in
    torch 2.13; `tests/test_training.py` would notice.)
    """
    return n_classes >= FEWEST_CLASSES and width >= LEAST_WIDTH


def _flat(t: Tensor) -> Tensor:
    """(L, G, ...) -> (L * G, ...)."""
    return t.flatten(0, 1)
