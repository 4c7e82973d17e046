"""Round values along an axis."""

from __future__ import annotations

import math

STEPS = (10, 5, 2.5, 2, 1, 0.5, 0.25, 0.2, 0.1)  # times a power of ten
FEWEST = 2
SLACK = 1e-10  # of a step: what rounding may move a value at the axis's end


def round_ticks(low: float, high: float, n: int) -> list[float]:
    """Multiples of one round step from `low` to `high`: the smallest that makes `n` intervals or
    fewer, or where that leaves less than two values, the largest that leaves as many.
    """
    least = (high - low) / n
    if not least > 1e-14 * max(abs(low), abs(high)):
        return [low]  # too near each other for a value between
    power = 10.0 ** math.floor(math.log10(least))
    steps = [step * power for step in STEPS]
    ticks = [low]
    for step in steps[max(i for i, step in enumerate(steps) if step >= least) :]:
        first, last = math.ceil(low / step - SLACK), math.floor(high / step + SLACK)
        ticks = [k * step for k in range(first, last + 1)]
        if len(ticks) >= FEWEST:
            break
    return ticks
