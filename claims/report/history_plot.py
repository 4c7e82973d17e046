"""The figure of a claim in a history: estimate and interval by result, as SVG."""

from __future__ import annotations

import importlib.util
import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from claims.evidence import shown
from claims.report.wording import headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from claims.report.tracks import Track

# replaced by colours of the page that the figure stands on
INK, MUTED, CHANGE, LIMIT = "#010101", "#020202", "#030303", "#040404"
COLORS = {INK: "currentColor", MUTED: "var(--muted)", CHANGE: "var(--no)", LIMIT: "var(--c)"}
MOST_LABELS = 12
NOT_DRAWN = (
    '<p class="muted small">This figure is drawn by matplotlib, which is not installed: '
    "<code>pip install matplotlib</code></p>"
)


def can_draw() -> bool:
    """Whether matplotlib is there; without it pages say so in the figures' places."""
    return importlib.util.find_spec("matplotlib") is not None


def trajectory(track: Track, labels: Sequence[str], name: str) -> str:
    """The SVG: headline estimate and interval at each result, its threshold dashed, changes marked.

    `name` makes its ids unique on a page.
    """
    if not can_draw():
        return NOT_DRAWN
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 8, "font.family": "sans-serif"}
    ):
        figure = Figure(figsize=(5.4, 1.9), layout="constrained")
        axes = figure.add_subplot()
        _points(axes, track)
        _frame(axes, labels)
        buffer = io.StringIO()
        figure.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return for_page(buffer.getvalue(), name, COLORS)


def _points(axes: Axes, track: Track) -> None:
    log = False
    for point in track.points:
        atom = headline(point.evidence)
        if atom is None or atom.estimate is None:
            continue
        log |= atom.log
        value, low, high = (shown(v, atom.log) for v in (atom.estimate, atom.low, atom.high))
        color = CHANGE if point.change else INK
        if low is not None and high is not None:
            axes.plot(
                [point.place] * 2, [low, high], color=color, linewidth=1.4, solid_capstyle="butt"
            )
        axes.plot(
            [point.place],
            [value],
            marker="D" if point.change else "o",
            markersize=5.5 if point.change else 4.5,
            color=color,
        )
        for limit in (shown(t, atom.log) for t in (atom.lower, atom.upper) if t is not None):
            axes.plot(
                [point.place - 0.5, point.place + 0.5],
                [limit, limit],
                color=LIMIT,
                linewidth=1,
                linestyle=(0, (4, 2)),
            )
        if point.change:
            axes.axvline(point.place - 0.5, color=CHANGE, linewidth=0.8, linestyle=":")
    if log:
        axes.set_yscale("log")


def _frame(axes: Axes, labels: Sequence[str]) -> None:
    step = math.ceil(len(labels) / MOST_LABELS)
    places = range(0, len(labels), step)
    axes.set_xticks(list(places), [labels[i] for i in places])
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.tick_params(colors=MUTED, length=2.5, labelsize=7.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)


def for_page(svg: str, name: str, colors: Mapping[str, str]) -> str:
    """The `<svg>` alone, with colours and font of the page; `name` makes its ids unique."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for stand_in, color in colors.items():
        svg = svg.replace(stand_in, color)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px; font-family: inherit", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'((?:xlink:)?href=")#', rf"\1#{name}-", svg)
    return re.sub(r"url\(#", f"url(#{name}-", svg)
