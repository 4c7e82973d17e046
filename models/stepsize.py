"""The probe's step size: found once, from the one figure of the memo that fixes it."""

from __future__ import annotations

import math
from collections.abc import Callable

# the oracle's change of same-batch loss that follows from the memo: -0.009 held out at a ratio of
# 1.05
TARGET = -0.0086
TOLERANCE = 0.005  # of the target; the answer is rounded to two digits anyway


def find_rate(change: Callable[[float], float], start: float, target: float = TARGET) -> float:
    """The rate at which `change(rate)` is `target`: the change is nearly proportional to the rate,
    so each try is scaled to fit.
    """
    rate = start
    for _ in range(20):
        value = change(rate)
        if abs(value / target - 1) < TOLERANCE:
            return rate
        if not value * target > 0:  # of the wrong sign, or no number
            raise ValueError(
                f"at step size {rate:.6g} the loss moved by {value:.3g}: away from "
                f"{target}; start from a smaller probe.lr"
            )
        rate *= min(10.0, max(0.1, target / value))
    raise ValueError(f"no step size found near {rate:.6g} after 20 tries")


def rounded(rate: float) -> float:
    """`rate` to two significant digits."""
    return round(rate, 1 - math.floor(math.log10(abs(rate))))
