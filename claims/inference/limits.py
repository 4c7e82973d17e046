"""Requirements that a calibration table must meet before its method is the default, and the table
as Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

from claims.inference.tables import Errors, Rates, Table

PLAIN = ("normal", "t5", "uniform", "exponential")
SYMMETRIC = ("normal", "t5", "uniform", "outliers", "discrete")
WILD = ("lognormal", "outliers")


@dataclass(frozen=True)
class Limit:
    """A requirement, and the figure of one design that comes closest to breaking it or breaks it
    most.

    kind: share, difference (of two shares) or width. broken: every cell of the design that breaks
    it, with its figure.
    """

    text: str
    measured: float
    bound: float
    where: str
    met: bool
    kind: str = "share"
    n_worlds: int = 0
    broken: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class _Rule:
    """A requirement on the rows that it applies to: their value is at most, or at `least`, the
    bound.
    """

    text: str
    value: Callable[..., float]
    bound: float
    applies: Callable[..., bool]
    kind: str = "share"
    least: bool = False

    def judge(self, rows: Iterable) -> Limit | None:
        """The requirement on `rows`; None where it applies to none of them."""
        rows = [r for r in rows if self.applies(r)]
        if not rows:
            return None
        worst = (min if self.least else max)(rows, key=self.value)
        broken = tuple((_cell(r), self.value(r)) for r in rows if not self._kept(r))
        return Limit(
            self.text,
            self.value(worst),
            self.bound,
            _cell(worst),
            not broken,
            self.kind,
            worst.n_worlds,
            broken,
        )

    def _kept(self, row: Rates | Errors) -> bool:
        return self.value(row) >= self.bound if self.least else self.value(row) <= self.bound


RATES = (
    _Rule(
        "coverage at least 93 %, n of 8 and more, normal, t5, uniform, exponential",
        lambda r: r.coverage,
        0.93,
        lambda r: r.n >= 8 and r.world in PLAIN,
        least=True,
    ),
    _Rule(
        "coverage no more than a point below t's, lognormal and outliers",
        lambda r: r.coverage - r.t_coverage,
        -0.01,
        lambda r: r.world in WILD,
        kind="difference",
        least=True,
    ),
    _Rule(
        "median width relative to t's, normal, n = 8",
        lambda r: r.width,
        1.15,
        lambda r: (r.world, r.n) == ("normal", 8),
        kind="width",
    ),
    _Rule(
        "median width relative to t's, normal, n = 16",
        lambda r: r.width,
        1.06,
        lambda r: (r.world, r.n) == ("normal", 16),
        kind="width",
    ),
    _Rule(
        "power below the t-test's, normal, n = 8",
        lambda r: r.t_power - r.power,
        0.08,
        lambda r: (r.world, r.n) == ("normal", 8),
        kind="difference",
    ),
    _Rule(
        "false support in either direction, symmetric data, n of 8 and more",
        lambda r: max(r.above, r.below),
        0.035,
        lambda r: r.n >= 8 and r.world in SYMMETRIC,
    ),
    _Rule(
        "false support in the bad direction, exponential, n = 8",
        lambda r: max(r.above, r.below),
        0.06,
        lambda r: (r.world, r.n) == ("exponential", 8),
    ),
)
ERRORS = (
    _Rule("false support, symmetric data", lambda e: e.false_support, 0.035, lambda e: True),
    _Rule("false refutation, symmetric data", lambda e: e.false_refutation, 0.035, lambda e: True),
)


def limits(table: Table) -> list[Limit]:
    """Every requirement on every design, where the table has rows for it."""
    found = [rule.judge(rows) for rule in RATES for rows in _by_design(table.rates)]
    found += [rule.judge(rows) for rule in ERRORS for rows in _by_design(table.errors)]
    return [f for f in found if f is not None]


def _by_design(rows: Iterable) -> list[list]:
    groups: dict[str, list] = {}
    for row in rows:
        groups.setdefault(row.design, []).append(row)
    return list(groups.values())


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
    for rows in _by_design(table.rates):
        parts += [*_title(rows[0].design, rows[0].n_worlds), *_rates(rows), ""]
    for rows in _by_design(table.errors):
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


def _cell(row: Rates | Errors) -> str:
    return f"{row.design}, {row.world}, n = {row.n}"
