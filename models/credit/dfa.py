"""Direct feedback alignment (Nøkland 2016, arXiv:1609.01596): a_l = e B_l, B_l fixed and random."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from models.credit.base import Rule, Signal
from models.networks.gradients import Credit, from_factors
from models.networks.network import Network, Tensors
from models.streams import FEEDBACK, stream

KEY = "credit.level.feedback"


def initial(
    network: Network, seeds: Sequence[int], device: str, feedback_scale: float = 1.0
) -> Tensors:
    """Feedback matrices (L+1, n_seeds, C, W): normal, standard deviation feedback_scale /
    sqrt(width).
    """
    width = network.settings.width
    shape = (network.n_blocks + 1, network.n_classes, width)
    scale = np.float32(feedback_scale / math.sqrt(width))
    draws = [
        stream(FEEDBACK, seed).standard_normal(shape, dtype=np.float32) * scale for seed in seeds
    ]
    return {KEY: torch.from_numpy(np.stack(draws, axis=1)).to(device)}


def credit(state: Tensors, signal: Signal) -> Credit:
    """e B_l at the levels of the signal: (n_levels, G, B, W)."""
    # contiguous: every product with an expanded view would copy it
    return from_factors(signal.error.expand(len(state[KEY]), -1, -1, -1).contiguous(), state[KEY])


RULE = Rule("dfa", credit, initial)
