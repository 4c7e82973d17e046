"""An independent implementation to test against: one network, one seed, autograd, written from the
definitions alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class OneNetwork(nn.Module):
    """The network of the reading, unstacked. Takes its parameters from one seed of a stack."""

    def __init__(self, settings, params: dict[str, Tensor]):
        super().__init__()
        self.s = settings
        self.p = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(t.double()) for name, t in params.items()}
        )

    def act(self, z: Tensor) -> Tensor:
        return torch.tanh(z) if self.s.activation == "tanh" else torch.relu(z)

    def norm(self, h: Tensor) -> Tensor:
        return h if self.s.norm == "none" else torch.nn.functional.layer_norm(h, h.shape[-1:])

    def embed(self, x: Tensor) -> Tensor:
        z = x @ self.p["input_W"] + self.p["input_b"]
        return z if self.s.residual else self.act(z)

    def block(self, level: int, h: Tensor) -> Tensor:
        """The states at level + 1 from those at level."""
        r = self.act(self.norm(h) @ self.p["block_W1"][level] + self.p["block_b1"][level])
        return (
            h + r @ self.p["block_W2"][level] + self.p["block_b2"][level] if self.s.residual else r
        )

    def head(self, h: Tensor) -> Tensor:
        return self.norm(h) @ self.p["head_W"] + self.p["head_b"]

    def levels(self, x: Tensor) -> list[Tensor]:
        h = [self.embed(x)]
        for level in range(self.s.blocks):
            h.append(self.block(level, h[-1]))
        return h

    def losses_from(self, level: int, h: Tensor, y: Tensor) -> Tensor:
        for above in range(level, self.s.blocks):
            h = self.block(above, h)
        return nn.functional.cross_entropy(self.head(h), y, reduction="none")

    def true_credit(self, x: Tensor, y: Tensor) -> list[Tensor]:
        """d loss_i / d h_l at every level, by autograd."""
        leaves = [h.detach().requires_grad_() for h in self.levels(x)]
        return [
            torch.autograd.grad(self.losses_from(level, h, y).sum(), h)[0]
            for level, h in enumerate(leaves)
        ]

    def local_gradients(self, x: Tensor, y: Tensor, credit: list[Tensor]) -> dict[str, Tensor]:
        """Every part's update from its own credit alone: the batch mean of its own vector-Jacobian
        products; the head's is exact.
        """
        n, h = len(x), [t.detach() for t in self.levels(x)]
        total = (self.embed(x) * credit[0]).sum()
        for level in range(self.s.blocks):
            total = total + (self.block(level, h[level]) * credit[level + 1]).sum()
        total = total + nn.functional.cross_entropy(self.head(h[-1]), y, reduction="sum")
        names = list(self.p)
        grads = torch.autograd.grad(total / n, [self.p[name] for name in names])
        return {name.replace("_", ".", 1): g for name, g in zip(names, grads, strict=True)}
