"""What a credit rule is, and what it may read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.networks.gradients import Credit
from models.networks.network import Activations, Network, Tensors
from models.streams import CONTROL, stream


@dataclass(frozen=True)
class RandomDraws:
    """Random numbers of one step for rules that need them, drawn on the host from streams of each
    seed's own: they do not depend on what else is in the stack.

    The stack is `seeds`, each with `copies` networks side by side; `position` names the step.
    """

    seeds: Sequence[int]
    copies: int
    position: tuple[int, ...]

    def normal(self, purpose: int, shape: tuple[int, ...]) -> Tensor:
        """Standard normal, (G, *shape) float32; each rule has a `purpose` of its own."""
        return self._stack(
            purpose, lambda rng: rng.standard_normal((self.copies, *shape), dtype=np.float32)
        )

    def signs(self, purpose: int, shape: tuple[int, ...]) -> Tensor:
        """+1 or -1 with equal probability, (G, *shape) float32."""
        return self._stack(
            purpose,
            lambda rng: rng.integers(0, 2, (self.copies, *shape)).astype(np.float32) * 2 - 1,
        )

    def _stack(self, purpose: int, draw: Callable[[np.random.Generator], np.ndarray]) -> Tensor:
        return torch.from_numpy(
            np.concatenate(
                [draw(stream(CONTROL, seed, *self.position, purpose)) for seed in self.seeds]
            )
        )


@dataclass(frozen=True)
class Signal:
    """What a rule may read. `error` (G, C, B) is the output error e of each example; `levels` are
    the levels of which credit is wanted (0 is the input layer's output, l the output of block l),
    and a rule's state holds those levels in this order. `draws`: random numbers, None in training,
    which has no rule that draws.
    """

    network: Network
    params: Tensors
    acts: Activations
    error: Tensor
    levels: Sequence[int]
    draws: RandomDraws | None = None

    def require_draws(self, name: str) -> RandomDraws:
        """The step's random numbers. Raises ValueError, naming the rule `name` that needs them,
        where there are none.
        """
        if self.draws is None:
            raise ValueError(
                f"`credit` is {name!r}, which draws at every step: it can be probed, not "
                "trained with"
            )
        return self.draws


@dataclass(frozen=True)
class Rule:
    """`credit(state, signal)` -> (n_levels, G, B, W), dense or factored: of each example, not
    divided by the batch.

    `initial(network, seeds, device, feedback_scale)` -> state: tensors "credit.level.*" with
    leading axis L+1 (levels), then G; others with leading axis G.
    """

    name: str
    credit: Callable[[Tensors, Signal], Credit]
    initial: Callable[..., Tensors]


def at_levels(state: Tensors, levels: Sequence[int]) -> Tensors:
    """The part of a rule's state that belongs to `levels`."""
    return {
        name: tensor[list(levels)] if name.startswith("credit.level") else tensor
        for name, tensor in state.items()
    }
