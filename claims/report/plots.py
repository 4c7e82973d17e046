"""Estimation plots after Gardner and Altman: each seed a dot, pairs joined, the interval beside.
Geometry only; templates draw it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims.evidence import AtomEvidence, Evidence
from claims.language import to_text
from claims.language.estimand import terms_of
from claims.language.nodes import Binary, Number, Value
from claims.language.quantities import at_means, over_seeds, quantity, sides_of, without_log
from claims.report.scales import BOTTOM, TOP, Scale, Tick, scale_of, ticks
from claims.report.wording import number

if TYPE_CHECKING:
    import numpy as np

WIDTH, HEIGHT = 400, 250
# x of the axis, the columns, the interval, and the axis of differences
AXIS, COLUMN_A, COLUMN_B, BESIDE, RIGHT = 58, 112, 212, 296, 336
LEFT_OF_BESIDE = BESIDE - 22  # where the panel of the interval begins
JITTER = 16
GOLDEN = 0.618033988749895
SMALL = 0.12  # of the values' range: an interval smaller than that gets an axis of its own


@dataclass(frozen=True)
class Column:
    """The seeds of one side: dots as a path of zero-length strokes.

    `edge`: seeds beyond the axis, drawn as arrowheads at its end.
    """

    x: float
    label: tuple[str, ...]  # its lines
    text: str
    dots: str
    edge: str
    mean: float | None
    memo: float | None
    memo_text: str = ""


@dataclass(frozen=True)
class Bar:
    """Heights of the interval's ends and the estimate; an end that is None is unbounded."""

    x: float
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Plot:
    """The geometry of one plot; lines are (x1, x2, y)."""

    columns: tuple[Column, ...]
    pairs: str
    ticks: tuple[Tick, ...]
    bar: Bar
    difference_ticks: tuple[Tick, ...]
    claimed: tuple[float, float, float, float] | None  # x, y, width, height of where it holds
    thresholds: tuple[tuple[float, float, float], ...]
    zero: tuple[float, float, float] | None
    guide: tuple[float, float, float] | None
    log: bool
    enlarged: bool
    n: int


def plot(evidence: Evidence, atom: AtomEvidence, memo: Mapping[str, float]) -> Plot | None:
    """The plot of one atom, or None where the file holds no seed to draw.

    `memo`: {text of an estimand: the figure printed in the memo}.
    """
    node = quantity(atom.estimand)
    if node is None or not evidence.terms:
        return None
    sides = sides_of(node)
    values = [_values(side, evidence, atom.log) for side in sides or (node,)]
    if all(v is None for v in values):
        return None
    return (_pair if sides else _single)(evidence, atom, sides or (node,), values, memo)


def _single(
    evidence: Evidence,
    atom: AtomEvidence,
    sides: Sequence[Value],
    values: list,
    memo: Mapping[str, float],
) -> Plot:
    """The seeds of one quantity, its interval on the same axis."""
    (side,), (by_seed,) = sides, values
    mark, mean = _memo(side, memo, atom.log), at_means(side, evidence.terms)
    scale = scale_of(by_seed, _known(*_figures(atom), mark))
    return Plot(
        columns=(_column(COLUMN_A + 14, side, by_seed, scale, mean, mark, atom.log, spread=True),),
        pairs="",
        ticks=ticks(scale, atom.log),
        bar=_bar(atom, scale),
        difference_ticks=(),
        claimed=_claimed(atom, AXIS, RIGHT - AXIS, scale),
        thresholds=_thresholds(atom, AXIS, scale),
        zero=None,
        guide=None,
        log=atom.log,
        enlarged=False,
        n=_count(by_seed),
    )


def _pair(
    evidence: Evidence,
    atom: AtomEvidence,
    sides: Sequence[Value],
    values: list,
    memo: Mapping[str, float],
) -> Plot:
    """The seeds of two sides, and the interval of their difference beside them."""
    means = [at_means(side, evidence.terms) for side in sides]
    marks = [_memo(side, memo, atom.log) for side in sides]
    scale, beside, enlarged = _scales(atom, values, means, marks)
    columns = tuple(
        _column(x, side, v, scale, mean, mark, atom.log, spread=not evidence.paired)
        for x, side, v, mean, mark in zip(
            (COLUMN_A, COLUMN_B), sides, values, means, marks, strict=True
        )
    )
    guide = None
    if not enlarged and atom.estimate is not None and means[0] is not None:
        guide = (COLUMN_A, BESIDE, scale(means[0]))
    return Plot(
        columns=columns,
        pairs=_joined(values, scale, evidence.paired),
        ticks=ticks(scale, atom.log),
        bar=_bar(atom, beside),
        difference_ticks=ticks(beside, atom.log, 5),
        claimed=_claimed(atom, LEFT_OF_BESIDE, RIGHT - LEFT_OF_BESIDE, beside),
        thresholds=_thresholds(atom, LEFT_OF_BESIDE, beside),
        zero=(LEFT_OF_BESIDE if enlarged else COLUMN_B, RIGHT, beside(0.0)),
        guide=guide,
        log=atom.log,
        enlarged=enlarged,
        n=max(map(_count, values)),
    )


def _scales(
    atom: AtomEvidence, values: list, means: Sequence, marks: Sequence
) -> tuple[Scale, Scale, bool]:
    """The scales of the two sides and of their difference, and whether the latter is enlarged.

    It is the same scale, shifted so that zero stands at the second side's mean, unless the interval
    would be too small to see.
    """
    import numpy as np

    figures = _known(*_figures(atom), 0.0)
    both = np.concatenate([v for v in values if v is not None])
    own = scale_of(both, _known(*means, *marks))
    if max(figures) - min(figures) < SMALL * (own.high - own.low):
        return own, scale_of(np.array(figures), figures), True
    base = means[1] if means[1] is not None else 0.0
    scale = scale_of(both, [*_known(*means, *marks), *(base + x for x in figures)])
    return scale, Scale(scale.low - base, scale.high - base), False


def _figures(atom: AtomEvidence) -> tuple[float | None, ...]:
    return atom.estimate, atom.low, atom.high, atom.lower, atom.upper


def _known(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]


def _values(side: Value, evidence: Evidence, log: bool) -> np.ndarray | None:
    if not evidence.paired and len({term.labels for term in terms_of(side)}) > 1:
        return None  # replicates of different conditions: no two of them belong together
    inner = without_log(side) if log else side
    found = over_seeds(inner, evidence.terms)
    return found if inner is side else _logs(found)


def _logs(values: np.ndarray | None) -> np.ndarray | None:
    import numpy as np

    if values is None:
        return None
    with np.errstate(all="ignore"):
        found = np.log(values)
    return np.where(np.isfinite(found), found, np.nan)


def _memo(side: Value, memo: Mapping[str, float], log: bool) -> float | None:
    value = memo.get(to_text(without_log(side) if log else side))
    if value is None or not log:
        return value
    return math.log(value) if value > 0 else None


def _count(values: np.ndarray | None) -> int:
    return 0 if values is None else len(values)


def _column(
    x: float,
    side: Value,
    values: np.ndarray | None,
    scale: Scale,
    mean: float | None,
    memo: float | None,
    log: bool,
    *,
    spread: bool,
) -> Column:
    dots, edge = [], []
    for i, value in enumerate(() if values is None else values.tolist()):
        if math.isnan(value):
            continue
        at = x + (round((2 * ((i * GOLDEN) % 1) - 1) * JITTER, 1) if spread else 0)
        if scale.holds(value):
            dots.append(f"M{at:g} {scale(value):g}h0")
        else:
            up = value > scale.high
            edge.append(
                f"M{at - 3:g} {TOP + 4 if up else BOTTOM - 4:g}l3 {-5 if up else 5}l3 "
                f"{5 if up else -5}z"
            )
    plain = without_log(side) if log else side
    shown = None if memo is None else number(math.exp(memo) if log else memo)
    return Column(
        x,
        short(plain),
        to_text(plain),
        "".join(dots),
        "".join(edge),
        None if mean is None else scale(mean),
        None if memo is None else scale(memo),
        f"memo: {shown}" if shown else "",
    )


def _joined(values: Sequence[np.ndarray | None], scale: Scale, paired: bool) -> str:
    left, right = values
    if not paired or left is None or right is None or len(left) != len(right):
        return ""
    return "".join(
        f"M{COLUMN_A + 5} {scale(a):g}L{COLUMN_B - 5} {scale(b):g}"
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
        if scale.holds(a) and scale.holds(b)
    )


def _bar(atom: AtomEvidence, scale: Scale) -> Bar:
    figures = (atom.estimate, atom.low, atom.high)
    return Bar(BESIDE, *(None if v is None else scale(v) for v in figures))


def _thresholds(atom: AtomEvidence, left: float, scale: Scale) -> tuple:
    limits = _known(atom.lower, atom.upper)
    return tuple((left, RIGHT, scale(limit)) for limit in limits if scale.holds(limit))


def _claimed(
    atom: AtomEvidence, x: float, width: float, scale: Scale
) -> tuple[float, float, float, float] | None:
    if atom.lower is None and atom.upper is None:
        return None
    top = TOP if atom.upper is None else max(TOP, scale(atom.upper))
    bottom = BOTTOM if atom.lower is None else min(BOTTOM, scale(atom.lower))
    return (x, top, width, round(bottom - top, 1)) if bottom > top else None


def short(node: Value) -> tuple[str, ...]:
    """The label of a side in at most two short lines: the labels that all its terms have."""
    labels = {term.labels for term in terms_of(node)}
    if len(labels) != 1 or not next(iter(labels)):
        return (_clipped(to_text(node)),)
    factor = (
        f"{node.left.value:g} × "
        if isinstance(node, Binary) and node.operator == "*" and isinstance(node.left, Number)
        else ""
    )
    first, *others = [
        str(value) if isinstance(value, str) else f"{name} {value}"
        for name, value in next(iter(labels))
    ]
    return (
        (_clipped(factor + first), _clipped(", ".join(others)))
        if others
        else (_clipped(factor + first),)
    )


def _clipped(text: str, most: int = 17) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
