"""The axis of a plot: values to heights, and its ticks.

matplotlib does not draw these: one of its figures takes longer than the whole page may take for 500
claims (docs/reports.md has the measurement).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims.report.ticks import round_ticks
from claims.report.wording import number

if TYPE_CHECKING:
    import numpy as np

TOP, BOTTOM = 14, 204  # of the panels


@dataclass(frozen=True)
class Tick:
    """A mark of an axis and its label."""

    y: float
    text: str


@dataclass(frozen=True)
class Scale:
    """The function that gives the height of a value, between TOP and BOTTOM.

    Ratios are given as logarithms, as atoms have them.
    """

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(BOTTOM - min(max(share, -0.02), 1.02) * (BOTTOM - TOP), 1)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the axis."""
        return self.low <= value <= self.high


def scale_of(values: np.ndarray | None, known: Sequence[float]) -> Scale:
    """The scale that holds all that is `known`, and the values that are not outliers.

    One diverged ratio must not flatten the rest.
    """
    import numpy as np

    inside = values[np.isfinite(values)] if values is not None else np.array([])
    if len(inside):
        q1, q3 = np.quantile(inside, (0.25, 0.75))
        reach = 3 * (q3 - q1) or math.inf
        inside = inside[(inside >= q1 - reach) & (inside <= q3 + reach)]
    every = [*inside.tolist(), *known] or [0.0]
    low, high = min(every), max(every)
    pad = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    return Scale(low - pad, high + pad)


def ticks(scale: Scale, log: bool, n: int = 6) -> tuple[Tick, ...]:
    """About `n` ticks of an axis; of ratios where `log`."""
    found = _log_ticks(scale) if log else round_ticks(scale.low, scale.high, n)
    texts = {
        v: number(math.exp(v) if log else (0.0 if abs(v) < 1e-12 * (scale.high - scale.low) else v))
        for v in found
        if scale.holds(v)
    }
    return tuple(Tick(scale(v), text.replace(".00e", "e")) for v, text in texts.items())


def _log_ticks(scale: Scale) -> list[float]:
    """At 1, 2, 5 of each decade; over many decades, at some of their starts."""
    low, high = (x / math.log(10) for x in (scale.low, scale.high))
    step = max(1, math.ceil((high - low) / 5))
    parts = (1, 2, 5) if high - low < 2.5 else (1,)
    return [
        (d * math.log(10) + math.log(part))
        for d in range(math.floor(low), math.ceil(high) + 1, 1)
        if d % step == 0
        for part in parts
    ]
