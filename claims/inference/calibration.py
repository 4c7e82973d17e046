"""Error rates by simulation, with the functions that judge claims (`judge_worlds`, which `decide`
calls).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Any

import numpy as np
from scipy.special import nctdtr, stdtrit

from claims.inference.decision import Judgement, judge_worlds
from claims.inference.limits import limits
from claims.inference.looks import schedule
from claims.inference.markdown import render_markdown
from claims.inference.tables import Errors, Rates, Table
from claims.inference.types import Atom
from claims.inference.worlds import (
    CONJUNCTIONS,
    ESTIMATIONS,
    WORLDS,
    Conjunction,
    Estimation,
    World,
)

__all__ = [
    "COMPARED",
    "OBSERVED_SIZES",
    "SIZES",
    "Errors",
    "Rates",
    "Table",
    "limits",
    "render_markdown",
    "run",
]

SIZES = (6, 8, 12, 16, 32)
OBSERVED_SIZES = (16,)  # the seeds that claims start with
COMPARED = ("t", "studentized", "bootstrap-t")
# cells in which the methods differ: by power, skew, outliers
COMPARED_CELLS = (("normal", 8), ("exponential", 8), ("outliers", 32))
# conjunctions are judged in four truths a cell; these sizes are enough to see the trend
FEWER_SIZES = (8, 16)
# worlds judged at once: they share their resampling weights, so few enough for the weights' own
# error to average out
CHUNK = 50
T_RESAMPLES = 199  # t's reference does not depend on resamples
T_POWER = 0.8  # effects are set so that a t-test on normal data has this power


def run(
    *,
    rng: np.random.Generator,
    worlds: Sequence[World] = WORLDS,
    estimations: Sequence[Estimation] = ESTIMATIONS,
    conjunctions: Sequence[Conjunction] = CONJUNCTIONS,
    observed: Sequence[Estimation] = (),
    compare: Sequence[str] = (),
    sizes: Sequence[int] = SIZES,
    observed_sizes: Sequence[int] = OBSERVED_SIZES,
    n_worlds: int = 4000,
    n_resamples: int = 1999,
    method: str = "bootstrap-t",
    confidence: float = 0.95,
    progress: Callable[[str], None] = lambda _: None,
) -> Table:
    """Simulate every design in every world at every size.

    observed: worlds resampled from data, made by `worlds.resampled`. compare: methods compared on
    COMPARED_CELLS of the first design. n_worlds: of each cell. Each section has a generator of its
    own: leaving one out changes no other.
    """
    streams = iter(rng.spawn(len(estimations) + len(conjunctions) + 2))
    judge = _Judge(method, confidence, n_resamples, n_worlds, next(streams))
    rates, errors, beside, compared = [], [], [], []
    for design in observed:
        progress(f"observed: {design.name}")
        beside += [judge.rates(design, None, n) for n in observed_sizes]
    judge = replace(judge, rng=next(streams))
    for name in compare if estimations else ():
        progress(f"compared: {name}")
        cells = [(w, n) for w in worlds for n in sizes if (w.name, n) in COMPARED_CELLS]
        compared += [replace(judge, method=name).rates(estimations[0], w, n) for w, n in cells]
    for design in estimations:
        judge = replace(judge, rng=next(streams))
        for world in worlds:
            progress(f"{design.name}: {world.name}")
            rates += [judge.rates(design, world, n) for n in sizes]
    for conjunction in conjunctions:
        judge = replace(judge, rng=next(streams))
        for world in (w for w in worlds if w.symmetric):
            progress(f"{conjunction.name}: {world.name}")
            errors += [judge.errors(conjunction, world, n) for n in _sizes_of(conjunction, sizes)]
    found = tuple(rates), tuple(errors), tuple(beside), tuple(compared)
    return Table(*found, n_worlds, n_resamples, method, confidence)


def _sizes_of(conjunction: Conjunction, sizes: Sequence[int]) -> Sequence[int]:
    if conjunction.looks:
        return [max(sizes)]
    return [n for n in sizes if n in FEWER_SIZES] or sizes


@dataclass(frozen=True)
class _Judge:
    """The settings of a section, and its generator."""

    method: str
    confidence: float
    n_resamples: int
    n_worlds: int
    rng: np.random.Generator

    def __call__(self, cells: list[np.ndarray], atoms: list[Atom], **changed: Any) -> Judgement:
        settings = {
            "confidence": self.confidence,
            "method": self.method,
            "n_resamples": self.n_resamples,
        } | changed
        return judge_worlds(cells, atoms, rng=self.rng, **settings)

    def chunks(self, times: int = 1) -> Iterable[int]:
        """Numbers of worlds that are judged at once."""
        full, rest = divmod(times * self.n_worlds, CHUNK)
        return [CHUNK] * full + [rest] * (rest > 0)

    def rates(self, design: Estimation, world: World | None, n: int) -> Rates:
        """The error rates of one cell; world: None for a design resampled from data."""
        target = design.truth - effect_size(n, (1 - self.confidence) / 2) * design.unit
        atoms = [design.above(design.truth)]
        ours, t = [], []
        for size in self.chunks(design.times):
            cells = design.cells(world, self.rng, size, n)
            ours.append(_interval(self(cells, atoms)))
            t.append(_interval(self(cells, atoms, method="t", n_resamples=T_RESAMPLES)))
        (low, high), (t_low, t_high) = np.concatenate(ours, axis=1), np.concatenate(t, axis=1)
        bounded = np.isfinite(high - low) & np.isfinite(t_high - t_low)
        above, below = low > design.truth, high < design.truth
        return Rates(
            design.name,
            world.name if world else "as observed",
            n,
            design.times * self.n_worlds,
            coverage=float(1 - (above | below).mean()),
            t_coverage=float(1 - ((t_low > design.truth) | (t_high < design.truth)).mean()),
            width=float(np.median((high - low)[bounded]) / np.median((t_high - t_low)[bounded]))
            if bounded.any()
            else inf,
            above=float(above.mean()),
            below=float(below.mean()),
            power=float((low > target).mean()),
            t_power=float((t_low > target).mean()),
            judged=float(bounded.mean()),
            method=self.method,
        )

    def errors(self, design: Conjunction, world: World, n: int) -> Errors:
        """The error rates of one claim, in four truths."""
        far = effect_size(n, (1 - self.confidence) / 2)
        k, edge = design.atoms, -design.margin
        middle = 0.0 if np.isfinite(design.upper) else edge + far
        fails, holds = np.full(k, middle if k > 1 else edge), np.full(k, edge)
        fails[0] = edge
        clear = np.full(k, middle)
        wrong = clear.copy()
        wrong[0] = edge - far
        verdicts = [
            self._verdicts(design, world, n, truth) for truth in (fails, holds, clear, wrong)
        ]
        return Errors(
            design.name,
            world.name,
            n,
            self.n_worlds,
            false_support=verdicts[0][0],
            false_refutation=verdicts[1][1],
            support=verdicts[2][0],
            refutation=verdicts[3][1],
            mean_n=verdicts[2][2],
        )

    def _verdicts(
        self, design: Conjunction, world: World, n: int, truth: np.ndarray
    ) -> tuple[float, float, float]:
        """Shares supported and refuted, and the mean size at the decision."""
        looks = (
            schedule(8, 8, n, self.confidence)
            if design.looks
            else schedule(n, 0, n, self.confidence)
        )
        supported, refuted, used = 0, 0, 0
        for size in self.chunks():
            (cells,) = design.cells(world, self.rng, size, n, truth)
            for look in looks:  # the first decisive look is final: only the undecided go on
                judged = self([cells[:, : look.n]], design.claims(), confidence=look.confidence)
                supported, refuted = (
                    supported + judged.supported.sum(),
                    refuted + judged.refuted.sum(),
                )
                decided = judged.supported | judged.refuted
                used += look.n * (decided.sum() if look is not looks[-1] else len(cells))
                cells = cells[~decided]
                if not len(cells):
                    break
        return supported / self.n_worlds, refuted / self.n_worlds, used / self.n_worlds


def effect_size(n: int, level: float) -> float:
    """Effect in standard deviations at which a one-sided t-test of n normal values has power
    T_POWER, by bisection.
    """
    low, high, critical = 0.0, 100.0, stdtrit(n - 1, 1 - level)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high)
            if 1 - nctdtr(n - 1, middle * sqrt(n), critical) < T_POWER
            else (low, middle)
        )
    return high


def _interval(judged: Judgement) -> np.ndarray:
    """Bounds of the only atom, (2, B)."""
    return np.stack([judged.atoms[0].low, judged.atoms[0].high])
