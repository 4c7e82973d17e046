"""A calibration table as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, sqrt

from claims.inference.limits import Limit, by_design, limits
from claims.inference.tables import Errors, Rates, Table


def render_markdown(table: Table) -> str:
    """The table as a page, its requirements first."""
    parts = [
        "# Error rates of the verdicts",
        "",
        "Written by `python -m claims calibrate`. docs/inference.md says what the columns mean and "
        "what was asked beforehand.",
        "",
        f"Method `{table.method}`, nominal {100 * table.confidence:g} % two-sided, "
        f"{table.n_resamples} resamples.",
        "",
        "## What must hold",
        "",
        *_limits(table),
        "",
    ]
    if table.compared:
        parts += [
            *_title("methods compared", table.compared[0].n_worlds),
            *_compared(table.compared),
            "",
        ]
    if table.observed:
        parts += [
            *_title(
                "worlds resampled from the suite's own observations", table.observed[0].n_worlds
            ),
            *_rates(table.observed, "atom"),
            "",
        ]
    for rows in by_design(table.rates):
        parts += [*_title(rows[0].design, rows[0].n_worlds), *_rates(rows), ""]
    for rows in by_design(table.errors):
        parts += [*_title(rows[0].design, rows[0].n_worlds), *_errors(rows), ""]
    return "\n".join(parts).rstrip() + "\n"


def _title(design: str, n_worlds: int) -> list[str]:
    near, wide = (100 * sqrt(p * (1 - p) / n_worlds) for p in (0.025, 0.05))
    return [
        f"## {design[0].upper()}{design[1:]}",
        "",
        f"{n_worlds} worlds a cell; "
        f"binomial standard error {wide:.2f} points at 95 %, {near:.2f} at 2.5 %.",
        "",
    ]


def _limits(table: Table) -> list[str]:
    found = limits(table)
    rows = [
        [
            f.text,
            _figure(f, f.measured),
            _figure(f, f.bound),
            f.where,
            "met" if f.met else "**not met**",
        ]
        for f in found
    ]
    broken = [
        f"- {cell}: {_figure(f, value)}, where {_figure(f, f.bound)} is asked: {f.text}"
        for f in found
        for cell, value in f.broken
    ]
    return [
        *_markdown(["limit", "measured, worst cell", "bound", "cell", ""], rows),
        "",
        *(
            [f"{len(broken)} cells beyond a limit:", "", *broken]
            if broken
            else ["No cell is beyond a limit."]
        ),
    ]


def _compared(rows: Iterable[Rates]) -> list[str]:
    return _markdown(
        [
            "method",
            "world",
            "n",
            "coverage",
            "width / t",
            "truth exceeded",
            "truth not reached",
            "power",
        ],
        [
            [
                r.method,
                r.world,
                str(r.n),
                _percent(r.coverage),
                _width(r),
                *(_percent(v) for v in (r.above, r.below, r.power)),
            ]
            for r in rows
        ],
    )


def _rates(rows: Iterable[Rates], first: str = "world") -> list[str]:
    return _markdown(
        [
            first,
            "n",
            "coverage",
            "of t",
            "width / t",
            "truth exceeded",
            "truth not reached",
            "power",
            "of t",
            "judged",
        ],
        [
            [
                r.world if first == "world" else r.design,
                str(r.n),
                *(_percent(v) for v in (r.coverage, r.t_coverage)),
                _width(r),
                *(_percent(v) for v in (r.above, r.below, r.power, r.t_power, r.judged)),
            ]
            for r in rows
        ],
    )


def _errors(rows: Iterable[Errors]) -> list[str]:
    return _markdown(
        [
            "world",
            "n",
            "false support",
            "false refutation",
            "true support",
            "true refutation",
            "mean n",
        ],
        [
            [
                e.world,
                str(e.n),
                *(
                    _percent(v)
                    for v in (e.false_support, e.false_refutation, e.support, e.refutation)
                ),
                f"{e.mean_n:.1f}",
            ]
            for e in rows
        ],
    )


def _markdown(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(r)} |" for r in (head, ["---"] * len(head), *rows)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _width(row: Rates) -> str:
    return f"{row.width:.3f}" if isfinite(row.width) else "none"


def _figure(limit: Limit, value: float) -> str:
    return f"{value:.3f}" if limit.kind == "width" else f"{100 * value:.1f} %"
