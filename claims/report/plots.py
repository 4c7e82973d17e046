"""Estimation plots after Gardner and Altman: each seed a dot, pairs joined, the interval beside.
Geometry only; templates draw it.

matplotlib does not draw them: one of its figures takes longer than this whole page may take for 500
claims (docs/reports.md has the measurement).
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
from claims.report.ticks import round_ticks
from claims.report.wording import number

if TYPE_CHECKING:
    import numpy as np

WIDTH, HEIGHT = 400, 250
TOP, BOTTOM = 14, 204  # of the panels
AXIS, COLUMN_A, COLUMN_B, BESIDE, RIGHT = (
    58,
    112,
    212,
    296,
    336,
)  # x of axis, columns, interval and the axis of differences
JITTER = 16
GOLDEN = 0.618033988749895
SMALL = 0.12  # of the values' range: an interval smaller than that gets an axis of its own


@dataclass(frozen=True)
class Tick:
    y: float
    text: str


@dataclass(frozen=True)
class Column:
    """One side's seeds: dots as a path of zero-length strokes; `edge`: dots beyond the axis, drawn
    as arrowheads at its end.
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
    """The interval: y of its ends and estimate; an end that is None is unbounded."""

    x: float
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Plot:
    columns: tuple[Column, ...]
    pairs: str
    ticks: tuple[Tick, ...]
    bar: Bar
    difference_ticks: tuple[Tick, ...]
    claimed: (
        tuple[float, float, float, float] | None
    )  # x, y, width, height of where the claim holds
    thresholds: tuple[tuple[float, float, float], ...]  # x1, x2, y
    zero: tuple[float, float, float] | None
    guide: tuple[float, float, float] | None
    log: bool
    enlarged: bool
    n: int


@dataclass(frozen=True)
class Scale:
    """Values to y between TOP and BOTTOM; `log` values are logarithms already."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(BOTTOM - min(max(share, -0.02), 1.02) * (BOTTOM - TOP), 1)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def plot(evidence: Evidence, atom: AtomEvidence, memo: Mapping[str, float]) -> Plot | None:
    """The plot of one atom, or None where the file holds no seed to draw. `memo`: {estimand's text:
    the figure printed in the memo}.
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
    marked = _memo(sides[0], memo, atom.log)
    known = [
        x
        for x in (atom.estimate, atom.low, atom.high, atom.lower, atom.upper, marked)
        if x is not None
    ]
    scale = _scale(values[0], known)
    column = _column(
        COLUMN_A + 14,
        sides[0],
        values[0],
        scale,
        at_means(sides[0], evidence.terms),
        marked,
        atom.log,
        spread=True,
    )
    return Plot(
        (column,),
        "",
        _ticks(scale, atom.log),
        _bar(atom, BESIDE, scale),
        (),
        _claimed(atom, AXIS, RIGHT - AXIS, scale),
        tuple(
            (AXIS, RIGHT, scale(t))
            for t in (atom.lower, atom.upper)
            if t is not None and scale.holds(t)
        ),
        None,
        None,
        atom.log,
        False,
        _count(values[0]),
    )


def _pair(
    evidence: Evidence,
    atom: AtomEvidence,
    sides: Sequence[Value],
    values: list,
    memo: Mapping[str, float],
) -> Plot:
    import numpy as np

    means = [at_means(side, evidence.terms) for side in sides]
    marks = [_memo(side, memo, atom.log) for side in sides]
    known = [
        x
        for x in (atom.estimate, atom.low, atom.high, atom.lower, atom.upper, 0.0)
        if x is not None
    ]
    base = means[1] if means[1] is not None else 0.0
    both = np.concatenate([v for v in values if v is not None])
    own = _scale(both, [m for m in (*means, *marks) if m is not None])
    enlarged = max(known) - min(known) < SMALL * (own.high - own.low)
    scale = (
        own
        if enlarged
        else _scale(
            both, [*(m for m in (*means, *marks) if m is not None), *(base + x for x in known)]
        )
    )
    beside = (
        _scale(np.array(known), known) if enlarged else Scale(scale.low - base, scale.high - base)
    )
    columns = tuple(
        _column(x, side, v, scale, mean, mark, atom.log, spread=not evidence.paired)
        for x, side, v, mean, mark in zip(
            (COLUMN_A, COLUMN_B), sides, values, means, marks, strict=True
        )
    )
    zero = (COLUMN_B if not enlarged else BESIDE - 22, RIGHT, beside(0.0))
    guide = (
        None
        if enlarged or atom.estimate is None or means[0] is None
        else (COLUMN_A, BESIDE, scale(means[0]))
    )
    return Plot(
        columns,
        _joined(values, scale, evidence.paired),
        _ticks(scale, atom.log),
        _bar(atom, BESIDE, beside),
        _ticks(beside, atom.log, 5),
        _claimed(atom, BESIDE - 22, RIGHT - BESIDE + 22, beside),
        tuple(
            (BESIDE - 22, RIGHT, beside(t))
            for t in (atom.lower, atom.upper)
            if t is not None and beside.holds(t)
        ),
        zero,
        guide,
        atom.log,
        enlarged,
        max(map(_count, values)),
    )


def _values(side: Value, evidence: Evidence, log: bool) -> np.ndarray | None:
    if not evidence.paired and len({term.labels for term in terms_of(side)}) > 1:
        return None  # replicates of different conditions: no two of them belong together
    inner = without_log(side) if log else side
    return (
        over_seeds(side, evidence.terms)
        if inner is side
        else _logs(over_seeds(inner, evidence.terms))
    )


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


def _scale(values: np.ndarray | None, known: Sequence[float]) -> Scale:
    """Holds all that is `known` and the seeds but for those far out: one diverged ratio must not
    flatten the rest.
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


def _bar(atom: AtomEvidence, x: float, scale: Scale) -> Bar:
    return Bar(x, *(None if v is None else scale(v) for v in (atom.estimate, atom.low, atom.high)))


def _claimed(
    atom: AtomEvidence, x: float, width: float, scale: Scale
) -> tuple[float, float, float, float] | None:
    if atom.lower is None and atom.upper is None:
        return None
    top = TOP if atom.upper is None else max(TOP, scale(atom.upper))
    bottom = BOTTOM if atom.lower is None else min(BOTTOM, scale(atom.lower))
    return (x, top, width, round(bottom - top, 1)) if bottom > top else None


def _ticks(scale: Scale, log: bool, n: int = 6) -> tuple[Tick, ...]:
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


def short(node: Value) -> tuple[str, ...]:
    """What tells a side from the other in few characters, in at most two lines: its labels, where
    all its terms have the same.
    """
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
