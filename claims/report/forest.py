"""Forest plots: an estimate and its interval on one line, the threshold in the middle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from claims.evidence import AtomEvidence


@dataclass(frozen=True)
class Row:
    """Figures in [-1, 1]: the threshold is 0, what is claimed lies above it.

    None where a figure is undefined or unbounded.
    """

    estimate: float | None
    low: float | None
    high: float | None


def row(atom: AtomEvidence) -> Row | None:
    """An atom's row, scaled so that the furthest end is at the edge; None without thresholds."""
    if atom.estimate is None or (atom.lower is None and atom.upper is None):
        return None
    estimate = margin(atom, atom.estimate)
    if atom.low is None or atom.high is None:
        low = high = None
    else:
        low, high = sorted((margin(atom, atom.low), margin(atom, atom.high)))
        if (
            atom.lower is not None
            and atom.upper is not None
            and atom.low <= (atom.lower + atom.upper) / 2 <= atom.high
        ):
            high = max(high, (atom.upper - atom.lower) / 2)
    ends = [abs(x) for x in (estimate, low, high) if x is not None and math.isfinite(x)]
    scale = max(ends, default=0.0) or 1.0
    return Row(*(None if x is None else x / scale for x in (estimate, low, high)))


def margin(atom: AtomEvidence, value: float) -> float:
    """How far a value lies within what is claimed; negative outside."""
    above = value - atom.lower if atom.lower is not None else math.inf
    below = atom.upper - value if atom.upper is not None else math.inf
    return min(above, below)


def text(found: Row | None, width: int = 21, *, plain: bool = False) -> str:
    """A row in characters: `       │    ├──●──┤  `. `plain`: in ASCII."""
    bar, dash, left, right, dot = "|-[]o" if plain else "│─├┤●"
    half = width // 2

    def place(x: float) -> int:
        return half + round(x * half)

    cells = [" "] * width
    cells[half] = bar
    if found is None or found.estimate is None:
        return "".join(cells)
    start, end = (
        (0 if found.low is None else place(found.low)),
        (width - 1 if found.high is None else place(found.high)),
    )
    for i in range(start, end + 1):
        cells[i] = dash
    if found.low is not None:
        cells[start] = left
    if found.high is not None:
        cells[end] = right
    if start <= half <= end:
        cells[half] = bar if plain else "┼"
    cells[place(found.estimate)] = dot
    return "".join(cells)
