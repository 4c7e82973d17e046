"""Requirements that a calibration table must meet before its method is the default."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
    found = [rule.judge(rows) for rule in RATES for rows in by_design(table.rates)]
    found += [rule.judge(rows) for rule in ERRORS for rows in by_design(table.errors)]
    return [f for f in found if f is not None]


def by_design(rows: Iterable) -> list[list]:
    """Rows grouped by their design, in order."""
    groups: dict[str, list] = {}
    for row in rows:
        groups.setdefault(row.design, []).append(row)
    return list(groups.values())


def _cell(row: Rates | Errors) -> str:
    return f"{row.design}, {row.world}, n = {row.n}"
