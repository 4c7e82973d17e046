"""Feedback alignment (Lillicrap et al. 2016): backpropagation with fixed random matrices in the
place of all transposed weights.

Credit is propagated from block to block as the oracle's is, through the true derivatives of
activations and norms; but each matrix, the head's too, is drawn at the start and never learned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from models.credit import oracle
from models.credit.base import Rule, Signal
from models.networks.network import Network, Tensors
from models.streams import FEEDBACK, stream

HEAD, ABOVE = "credit.head.feedback", "credit.level."
CHAIN = 1  # position in a seed's stream: DFA's draws have none


def initial(
    network: Network, seeds: Sequence[int], device: str, feedback_scale: float = 1.0
) -> Tensors:
    """Matrices of the shape and distribution of the initial weights that they replace, normal: the
    head's (n_seeds, W, C); at each level those of the block above it, W1 and W2 (L+1, n_seeds, W,
    W), zero at the last. `feedback_scale` multiplies the head's, and so all credit.
    """
    s, blocks = network.settings, network.n_blocks
    gains = {"W1": math.sqrt(2.0) if s.activation == "relu" else 1.0}
    if s.residual:
        gains["W2"] = 1 / math.sqrt(blocks)
    columns: dict[str, list[np.ndarray]] = {}
    for seed in seeds:
        rng = stream(FEEDBACK, seed, CHAIN)
        columns.setdefault(HEAD, []).append(
            _normal(rng, (s.width, network.n_classes), feedback_scale / math.sqrt(s.width))
        )
        for name, gain in gains.items():
            drawn = _normal(rng, (blocks, s.width, s.width), gain / math.sqrt(s.width))
            columns.setdefault(ABOVE + name, []).append(
                np.concatenate([drawn, np.zeros_like(drawn[:1])])
            )
    return {
        name: torch.from_numpy(np.stack(c, axis=0 if name == HEAD else 1)).to(device)
        for name, c in columns.items()
    }


def credit(state: Tensors, signal: Signal) -> Tensor:
    """The oracle's recursion with other matrices: (n_levels, G, B, W). The signal's levels reach
    the last one without a gap.
    """
    lowest, acts, network = min(signal.levels), signal.acts, signal.network
    params = {
        f"block.{name.removeprefix(ABOVE)}": t[:-1]
        for name, t in state.items()
        if name.startswith(ABOVE)
    }
    entered = replace(
        acts,
        h=acts.h[lowest:],
        normed=acts.normed[lowest:],
        rstd=acts.rstd[lowest:],
        inner=acts.inner[lowest:],
    )
    return oracle.credit(
        {},
        replace(
            signal,
            network=network.top(network.n_blocks - lowest),
            params=params | {"head.W": state[HEAD]},
            acts=entered,
            levels=[level - lowest for level in signal.levels],
        ),
    )


def _normal(rng: np.random.Generator, shape: tuple[int, ...], deviation: float) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(deviation)


RULE = Rule("fa", credit, initial)
