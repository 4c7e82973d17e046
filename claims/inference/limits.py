"""What a calibration table must show before its method may be the default, and the table as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import sqrt

from claims.inference.tables import Errors, Rates, Table

PLAIN = ("normal", "t5", "uniform", "exponential")
SYMMETRIC = ("normal", "t5", "uniform", "outliers", "discrete")
WILD = ("lognormal", "outliers")


@dataclass(frozen=True)
class Limit:
    """A requirement and the figure that comes closest to breaking it, or breaks it most."""

    text: str
    measured: float
    bound: float
    where: str
    met: bool


def limits(table: Table) -> list[Limit]:
    """Every requirement that the table has rows for."""
    mean = [r for r in table.rates if r.design == "mean"]
    large = [r for r in mean if r.n >= 8]
    equal = [e for e in table.errors if "equivalence" in e.design]
    joint = [e for e in table.errors if e not in equal]
    found = [
        _least("coverage at least 93 %, n of 8 and more, normal, t5, uniform, exponential", _in(large, PLAIN), lambda r: r.coverage, 0.93),
        _least("coverage no more than a point below t's, lognormal and outliers", _in(mean, WILD),
               lambda r: r.coverage - r.t_coverage, -0.01),
        _most("median width relative to t's, normal, n = 8", _at(mean, "normal", 8), lambda r: r.width, 1.15),
        _most("median width relative to t's, normal, n = 16", _at(mean, "normal", 16), lambda r: r.width, 1.06),
        _most("power below the t-test's, normal, n = 8", _at(mean, "normal", 8), lambda r: r.t_power - r.power, 0.08),
        _most("false support in either direction, symmetric data, n of 8 and more", _in(large, SYMMETRIC),
              lambda r: max(r.above, r.below), 0.035),
        _most("false support in the bad direction, exponential, n = 8", _at(mean, "exponential", 8), lambda r: max(r.above, r.below), 0.06),
        _most("false support of for_every, never and sequential claims, symmetric data", joint, lambda e: e.false_support, 0.035),
        _most("false refutation of for_every, never and sequential claims, symmetric data", joint, lambda e: e.false_refutation, 0.035),
        _most("false support of equivalences, symmetric data", equal, lambda e: e.false_support, 0.035),
        _most("false refutation of equivalences, symmetric data", equal, lambda e: e.false_refutation, 0.035),
    ]  # fmt: skip
    return [f for f in found if f is not None]


def render_markdown(table: Table) -> str:
    """The whole table, its limits first."""
    head = f"Method `{table.method}`, nominal {100 * table.confidence:g} % two-sided, {table.n_resamples} resamples."
    parts = [head, "", "### What must hold", "", *_limits(table), ""]
    for design in dict.fromkeys(r.design for r in table.rates):
        rows = [r for r in table.rates if r.design == design]
        parts += [*_title(design, rows[0].n_worlds), *_rates(rows), ""]
    for name in dict.fromkeys(e.design for e in table.errors):
        rows = [e for e in table.errors if e.design == name]
        parts += [*_title(name, rows[0].n_worlds), *_errors(rows), ""]
    return "\n".join(parts).rstrip() + "\n"


def _title(design: str, n_worlds: int) -> list[str]:
    near, wide = (100 * sqrt(p * (1 - p) / n_worlds) for p in (0.025, 0.05))
    return [f"### {design[0].upper()}{design[1:]}", "",
            f"{n_worlds} worlds a cell; binomial standard error {wide:.2f} points at 95 %, {near:.2f} at 2.5 %.", ""]  # fmt: skip


def _limits(table: Table) -> list[str]:
    rows = [[f.text, _plain(f.measured), _plain(f.bound), f.where, "met" if f.met else "**not met**"] for f in limits(table)]
    return _markdown(["limit", "measured, worst cell", "bound", "cell", ""], rows)


def _rates(rows: Iterable[Rates]) -> list[str]:
    return _markdown(
        ["world", "n", "coverage", "of t", "width / t", "truth exceeded", "truth not reached", "power", "of t", "judged"],
        [
            [r.world, str(r.n), *(_percent(v) for v in (r.coverage, r.t_coverage)), f"{r.width:.3f}",
             *(_percent(v) for v in (r.above, r.below, r.power, r.t_power, r.judged))]
            for r in rows
        ],
    )  # fmt: skip


def _errors(rows: Iterable[Errors]) -> list[str]:
    return _markdown(
        ["world", "n", "false support", "false refutation", "true support", "true refutation", "mean n"],
        [
            [e.world, str(e.n), *(_percent(v) for v in (e.false_support, e.false_refutation, e.support, e.refutation)), f"{e.mean_n:.1f}"]
            for e in rows
        ],
    )


def _markdown(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(r)} |" for r in (head, ["---"] * len(head), *rows)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _plain(value: float) -> str:
    return f"{value:.3f}" if value >= 1 else f"{100 * value:.1f} %"


def _in(rows: Iterable[Rates], worlds: tuple[str, ...]) -> list[Rates]:
    return [r for r in rows if r.world in worlds]


def _at(rows: Iterable[Rates], world: str, n: int) -> list[Rates]:
    return [r for r in rows if r.world == world and r.n == n]


def _most(text: str, rows: Iterable, value: Callable[..., float], bound: float) -> Limit | None:
    worst = max(rows, key=value, default=None)
    return worst and Limit(text, value(worst), bound, f"{worst.design}, {worst.world}, n = {worst.n}", value(worst) <= bound)


def _least(text: str, rows: Iterable, value: Callable[..., float], bound: float) -> Limit | None:
    worst = min(rows, key=value, default=None)
    return worst and Limit(text, value(worst), bound, f"{worst.design}, {worst.world}, n = {worst.n}", value(worst) >= bound)
