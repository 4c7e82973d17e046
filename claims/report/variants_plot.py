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

from claims.comparison.sensitivity import VariantsTable
from claims.evidence import ERROR, INCONCLUSIVE, REFUTED, SUPPORTED, shown
from claims.report.history_plot import NOT_DRAWN, can_draw, for_page
from claims.schema.variants import Variant, format_value
from claims.variants import VariantRow

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
# a verdict has a shape besides its colour
SHAPES = {SUPPORTED: "s", REFUTED: "x", INCONCLUSIVE: "o", ERROR: "+"}
# largest estimate over the median one: beyond it small ones could not be seen on a linear axis
WIDE_RANGE = 30.0
ROW = 0.155  # inches of height for each choice
MARKERS = {"written": ("D", 30), "alone": ("o", 17), "drawn": ("o", 7)}


@dataclass(frozen=True)
class Point:
    """One variant on the curve, figures as ratios where they are kept as logarithms; None where
    undefined or unbounded.
    """

    place: int
    variant: Variant
    row: VariantRow
    estimate: float | None
    low: float | None
    high: float | None

    @property
    def kind(self) -> str:
        return "drawn" if self.variant.number else "alone" if self.variant.changes else "written"


def curve(table: VariantsTable, claim: str, name: str) -> str:
    """SVG text: estimates and intervals in every variant, sorted, coloured by verdict; below, which
    choices each makes. `name` makes ids unique.
    """
    if not can_draw():
        return NOT_DRAWN
    import matplotlib
    from matplotlib.figure import Figure

    points = list(points_of(table, claim))
    choices = [variant.changes[0] for variant in table.variants if variant.is_single]
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


def points_of(table: VariantsTable, claim: str) -> Iterator[Point]:
    """Variants in order of their estimates, those without one last."""
    found = [
        (
            variant,
            row,
            *(_finite(shown(value, row.log)) for value in (row.estimate, row.low, row.high)),
        )
        for variant, row in zip(table.variants, table.rows[claim], strict=True)
        if row is not None and row.verdict is not None
    ]
    found.sort(key=lambda one: (one[2] is None, one[2] or 0.0))
    for place, one in enumerate(found):
        yield Point(place, *one)


def _finite(value: float | None) -> float | None:
    """None where a value is infinite: the exponential of a large logarithm."""
    return value if value is not None and math.isfinite(value) else None


def _estimates(axes: Axes, points: Sequence[Point]) -> None:
    estimated = [(p, p.estimate) for p in points if p.estimate is not None]
    thresholds = sorted({t for p, _ in estimated for t in _thresholds(p.row)})
    bottom, top = _scale(axes, estimated, thresholds)
    for threshold in thresholds:
        axes.axhline(threshold, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    for verdict, color in VERDICTS.items():
        some = [(p, estimate) for p, estimate in estimated if p.row.verdict == verdict]
        axes.vlines(
            [p.place for p, _ in some],
            [bottom if p.low is None else p.low for p, _ in some],
            [top if p.high is None else p.high for p, _ in some],
            color=color,
            linewidth=1.5,
            zorder=2,
        )
        for kind, (marker, size) in MARKERS.items():
            axes.scatter(
                [p.place for p, _ in some if p.kind == kind],
                [estimate for p, estimate in some if p.kind == kind],
                marker=marker,
                s=size,
                color=color,
                zorder=3,
            )
    unmeasured = [p.place for p in points if p.estimate is None]
    axes.scatter(
        unmeasured,
        [0.04] * len(unmeasured),
        marker="x",
        s=16,
        color=VERDICTS[ERROR],
        transform=axes.get_xaxis_transform(),
        zorder=3,
    )
    axes.set_ylim(bottom, top)


def _scale(
    axes: Axes, estimated: Sequence[tuple[Point, float]], thresholds: Sequence[float]
) -> tuple[float, float]:
    """Set the axis's scale and return its limits. Long intervals end at the frame, so that the
    others can be seen.
    """
    estimates = [estimate for _, estimate in estimated] or [0.0]
    ends = sorted(x for p, _ in estimated for x in (p.low, p.high) if x is not None) or [0.0]
    left_out = len(ends) // 20
    low = min(*estimates, *thresholds, ends[left_out])
    high = max(*estimates, *thresholds, ends[-1 - left_out])
    if estimated and all(p.row.log for p, _ in estimated) and low > 0:
        axes.set_yscale("log")
        return low / 1.3, high * 1.3
    sizes = [abs(x) for x in estimates if x]
    if sizes and max(sizes) > WIDE_RANGE * statistics.median(sizes):
        axes.set_yscale("symlog", linthresh=statistics.median(sizes))
    pad = 0.06 * ((high - low) or 1.0)
    return low - pad, high + pad


def _thresholds(row: VariantRow) -> list[float]:
    return [shown(t, row.log) for t in (row.lower, row.upper) if t is not None]


def _choices(axes: Axes, points: Sequence[Point], choices: Sequence[tuple]) -> None:
    paths = list(dict.fromkeys(path for path, _ in choices))
    for y, (path, _) in enumerate(choices):
        if paths.index(path) % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color=SHADE, linewidth=0, zorder=0)
    marks = [
        (p, choices.index(change))
        for p in points
        for change in p.variant.changes
        if change in choices
    ]
    for verdict, color in VERDICTS.items():
        mine = [(p.place, y) for p, y in marks if p.row.verdict == verdict]
        axes.scatter(
            [x for x, _ in mine],
            [y for _, y in mine],
            s=11,
            marker=SHAPES[verdict],
            linewidths=0.9,
            facecolors="none" if verdict == INCONCLUSIVE else color,
            edgecolors=color if verdict == INCONCLUSIVE else None,
            zorder=2,
        )
    axes.set_yticks(
        range(len(choices)),
        [f"{path} {format_value(value)}" for path, value in choices],
        parse_math=False,
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
