"""A specification curve (Simonsohn, Simmons & Nelson 2020) of one claim, as an SVG that takes its
colours from the page around it.
"""

from __future__ import annotations

import io
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims.comparison.sensitivity import Table
from claims.evidence import ERROR, INCONCLUSIVE, REFUTED, SUPPORTED, shown
from claims.report.history_plot import NOT_DRAWN, can_draw, for_page
from claims.schema.variants import Variant, told
from claims.variants import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, SHADE = "#010101", "#020202", "#030303"  # stand-ins, replaced by the page's colours
VERDICTS = {SUPPORTED: "#040404", REFUTED: "#050505", INCONCLUSIVE: "#060606", ERROR: "#070707"}
COLORS = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    SHADE: "var(--soft)",
    "#040404": "var(--yes)",
    "#050505": "var(--no)",
    "#060606": "var(--open)",
    "#070707": "var(--broken)",
}
SHAPES = {
    SUPPORTED: "s",
    REFUTED: "x",
    INCONCLUSIVE: "o",
    ERROR: "+",
}  # a verdict is never told by colour alone
# the largest estimate against the median one: beyond it small ones would not be seen on a linear
# axis
WIDE_RANGE = 30.0
ROW = 0.155  # inches of a choice
MARKERS = {"written": ("D", 30), "alone": ("o", 17), "drawn": ("o", 7)}


@dataclass(frozen=True)
class Point:
    """One reading on the curve, figures as a reader wants them; None where undefined or
    unbounded.
    """

    place: int
    reading: Variant
    row: Row
    estimate: float | None
    low: float | None
    high: float | None

    @property
    def kind(self) -> str:
        return "drawn" if self.reading.number else "alone" if self.reading.changes else "written"


def curve(table: Table, claim: str, name: str) -> str:
    """SVG text: estimates and intervals in every reading, sorted, coloured by verdict; below, which
    choices each makes. `name` makes ids unique.
    """
    if not can_draw():
        return NOT_DRAWN
    import matplotlib
    from matplotlib.figure import Figure

    points = list(points_of(table, claim))
    choices = [reading.changes[0] for reading in table.readings if reading.alone]
    heights = (1.9, ROW * max(1, len(choices)))
    with matplotlib.rc_context(
        {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 8, "font.family": "sans-serif"}
    ):
        figure = Figure(figsize=(8.6, sum(heights) + 0.35), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=heights)
        _estimates(upper, points)
        _choices(lower, points, choices)
        for axes in (upper, lower):
            _frame(axes, points)
        buffer = io.StringIO()
        figure.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return for_page(buffer.getvalue(), name, COLORS)


def points_of(table: Table, claim: str) -> Iterator[Point]:
    """Readings in order of their estimates, those without one last."""
    found = [
        (
            reading,
            row,
            *(_finite(shown(value, row.log)) for value in (row.estimate, row.low, row.high)),
        )
        for reading, row in zip(table.readings, table.rows[claim], strict=True)
        if row is not None and row.verdict is not None
    ]
    found.sort(key=lambda one: (one[2] is None, one[2] or 0.0))
    for place, one in enumerate(found):
        yield Point(place, *one)


def _finite(value: float | None) -> float | None:
    """None for what lies beyond all axes: the exponential of a large logarithm."""
    return value if value is not None and math.isfinite(value) else None


def _estimates(axes: Axes, points: Sequence[Point]) -> None:
    drawn = [p for p in points if p.estimate is not None]
    limits = sorted({t for p in drawn for t in _thresholds(p.row)})
    bottom, top = _scale(axes, drawn, limits)
    for limit in limits:
        axes.axhline(limit, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    for verdict, color in VERDICTS.items():
        some = [p for p in drawn if p.row.verdict == verdict]
        axes.vlines(
            [p.place for p in some],
            [bottom if p.low is None else p.low for p in some],
            [top if p.high is None else p.high for p in some],
            color=color,
            linewidth=1.5,
            zorder=2,
        )
        for kind, (marker, size) in MARKERS.items():
            of_kind = [p for p in some if p.kind == kind]
            axes.scatter(
                [p.place for p in of_kind],
                [p.estimate for p in of_kind],
                marker=marker,
                s=size,
                color=color,
                zorder=3,
            )
    lost = [p.place for p in points if p.estimate is None]
    axes.scatter(
        lost,
        [0.04] * len(lost),
        marker="x",
        s=16,
        color=VERDICTS[ERROR],
        transform=axes.get_xaxis_transform(),
        zorder=3,
    )
    axes.set_ylim(bottom, top)


def _scale(axes: Axes, drawn: Sequence[Point], limits: Sequence[float]) -> tuple[float, float]:
    """Sets the axis's scale; returns its ends. Long intervals are cut, lest the others shrink to
    dots.
    """
    estimates = [p.estimate for p in drawn] or [0.0]
    ends = sorted(x for p in drawn for x in (p.low, p.high) if x is not None) or [0.0]
    cut = len(ends) // 20
    low, high = min(*estimates, *limits, ends[cut]), max(*estimates, *limits, ends[-1 - cut])
    if drawn and all(p.row.log for p in drawn) and low > 0:
        axes.set_yscale("log")
        return low / 1.3, high * 1.3
    sizes = [abs(x) for x in estimates if x]
    if sizes and max(sizes) > WIDE_RANGE * statistics.median(sizes):
        axes.set_yscale("symlog", linthresh=statistics.median(sizes))
    pad = 0.06 * ((high - low) or 1.0)
    return low - pad, high + pad


def _thresholds(row: Row) -> list[float]:
    return [shown(t, row.log) for t in (row.lower, row.upper) if t is not None]


def _choices(axes: Axes, points: Sequence[Point], choices: Sequence[tuple]) -> None:
    paths = list(dict.fromkeys(path for path, _ in choices))
    for y, (path, _) in enumerate(choices):
        if paths.index(path) % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color=SHADE, linewidth=0, zorder=0)
    marks = [
        (p, choices.index(change))
        for p in points
        for change in p.reading.changes
        if change in choices
    ]
    for verdict, color in VERDICTS.items():
        mine = [(p.place, y) for p, y in marks if p.row.verdict == verdict]
        fill = (
            {"facecolors": "none", "edgecolors": color}
            if verdict == INCONCLUSIVE
            else {"color": color}
        )
        axes.scatter(
            [x for x, _ in mine],
            [y for _, y in mine],
            s=11,
            marker=SHAPES[verdict],
            linewidths=0.9,
            zorder=2,
            **fill,
        )
    axes.set_yticks(
        range(len(choices)), [f"{path} {told(value)}" for path, value in choices], parse_math=False
    )
    axes.set_ylim(len(choices) - 0.5, -0.5)


def _frame(axes: Axes, points: Sequence[Point]) -> None:
    for written in (p for p in points if p.kind == "written"):
        axes.axvline(written.place, color=INK, linewidth=0.8, linestyle=":", zorder=1)
    axes.set_xticks([])
    axes.set_xlim(-0.8, len(points) - 0.2)
    axes.tick_params(which="both", colors=MUTED, length=2.5, labelsize=7)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "left")
        spine.set_color(MUTED)
