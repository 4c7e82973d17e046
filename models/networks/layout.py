"""Memory layout of a stack's tensors: all in one vector, so that the optimizer takes one pass, and
no network's bits depend on the others.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.networks.network import Tensors, stack_axis

ALIGNMENT = 16  # floats: one 512-bit register, one cache line


def packed(tensors: Tensors) -> tuple[Tensor, Tensors]:
    """A copy of stacked fp32 tensors in one vector, and the tensors as views of it.

    Each network's part of each tensor begins at a multiple of ALIGNMENT floats, the gaps zero.
    Fused kernels compute the last elements of a thread's share, too few for a vector, by other
    instructions, whose last bit may differ: without gaps a seed's bits would depend on how many
    seeds are in the stack.
    """
    layouts = {name: _Layout.of(name, tensor) for name, tensor in tensors.items()}
    device = next(iter(tensors.values())).device
    vector = torch.zeros(sum(one.floats for one in layouts.values()), device=device)
    views, start = {}, 0
    for name, layout in layouts.items():
        view = vector[start : start + layout.floats].view(*layout.lead, layout.padded)[
            ..., : math.prod(layout.rest)
        ]
        views[name] = view.unflatten(-1, layout.rest).copy_(tensors[name])
        start += layout.floats
    return vector, views


class _Layout:
    """The layout of one tensor: axes up to the stack's (`lead`), and those after it (`rest`),
    padded to a multiple of ALIGNMENT.
    """

    def __init__(self, lead: tuple[int, ...], rest: tuple[int, ...]):
        self.lead, self.rest = lead, rest
        self.padded = -(-math.prod(rest) // ALIGNMENT) * ALIGNMENT
        self.floats = math.prod(lead) * self.padded

    @classmethod
    def of(cls, name: str, tensor: Tensor) -> _Layout:
        """The layout of a named tensor."""
        split = stack_axis(name) + 1
        return cls(tuple(tensor.shape[:split]), tuple(tensor.shape[split:]))
