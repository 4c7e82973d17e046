"""Where a stack's tensors lie: all in one vector, so that the optimizer takes one pass, and no
network's bits depend on its neighbours.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.networks.network import Tensors, stack_axis

ALIGNMENT = 16  # floats: one 512-bit register, one cache line


def packed(tensors: Tensors) -> tuple[Tensor, Tensors]:
    """A copy of stacked fp32 tensors in one vector, and the views of it that they now are.

    Each network's part of each tensor begins at a multiple of ALIGNMENT floats, the gaps zero.
    Fused kernels treat the last elements before a thread's border, too few for a vector, by other
    instructions, whose last bit may differ: without gaps a seed's bits would depend on how many
    seeds lie beside it.
    """
    pieces = {name: _Piece.of(name, tensor) for name, tensor in tensors.items()}
    device = next(iter(tensors.values())).device
    vector, views, start = torch.zeros(sum(p.floats for p in pieces.values()), device=device), {}, 0
    for name, piece in pieces.items():
        view = vector[start : start + piece.floats].view(*piece.lead, piece.padded)[
            ..., : math.prod(piece.rest)
        ]
        views[name] = view.unflatten(-1, piece.rest).copy_(tensors[name])
        start += piece.floats
    return vector, views


class _Piece:
    """One tensor's place: `lead` axes up to the stack's, `rest` behind it, padded to whole
    units.
    """

    def __init__(self, lead: tuple[int, ...], rest: tuple[int, ...]):
        self.lead, self.rest = lead, rest
        self.padded = -(-math.prod(rest) // ALIGNMENT) * ALIGNMENT
        self.floats = math.prod(lead) * self.padded

    @classmethod
    def of(cls, name: str, tensor: Tensor) -> _Piece:
        behind = stack_axis(name) + 1
        return cls(tuple(tensor.shape[:behind]), tuple(tensor.shape[behind:]))
