"""Simulated worlds with known truth, for calibration: distributions of replicates, and the claims
made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np

from claims.inference.types import Atom, Estimand, Sample

# standard errors between a denominator and zero, at every n: about half of the worlds then show
# that it is off zero
NEAR = 3.0

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class World:
    """A distribution of replicates; `draw` gives values of mean 0 and standard deviation 1, in any
    shape.
    """

    name: str
    draw: Draw
    symmetric: bool


def _outliers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    z = rng.standard_normal(shape)
    return np.where(rng.random(shape) < 0.1, 10 * z, z) / sqrt(0.9 + 0.1 * 100)


def _lognormal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return (np.exp(rng.standard_normal(shape)) - np.exp(0.5)) / sqrt((np.e - 1) * np.e)


WORLDS = (
    World("normal", lambda rng, shape: rng.standard_normal(shape), symmetric=True),
    World("t5", lambda rng, shape: rng.standard_t(5, shape) / sqrt(5 / 3), symmetric=True),
    World("uniform", lambda rng, shape: (rng.random(shape) - 0.5) * sqrt(12), symmetric=True),
    World("exponential", lambda rng, shape: rng.exponential(size=shape) - 1, symmetric=False),
    World("lognormal", _lognormal, symmetric=False),
    World("outliers", _outliers, symmetric=True),
    World("discrete", lambda rng, shape: rng.binomial(4, 0.5, shape) - 2.0, symmetric=True),
)


def linear(*coefficients: float) -> Estimand:
    """The linear combination of the term means with these coefficients."""
    c = np.array(coefficients, dtype=float)
    return lambda means: (means @ c, np.broadcast_to(c, means.shape))


def quotient(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of term 0 over mean of term 1."""
    a, b = means[..., 0], means[..., 1]
    with np.errstate(all="ignore"):
        return a / b, np.stack([1 / b, -a / b**2], axis=-1)


def log_quotient(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of the mean of term 0 over the mean of term 1, as `<<`, `>>` and `factor` have it."""
    a, b = means[..., 0], means[..., 1]
    with np.errstate(all="ignore"):
        return np.log(a / b), np.stack([1 / a, -1 / b], axis=-1)


@dataclass(frozen=True)
class Estimation:
    """An estimand with known truth.

    cells: (world, rng, B, n) -> cells (B, n_c, T_c); `world` is None where replicates are resampled
    from data. unit: its standard error is about unit / sqrt(n), so that effects can be set for a
    given power. times: so many times the usual number of worlds.
    """

    name: str
    cells: Callable[[Any, np.random.Generator, int, int], list[np.ndarray]]
    estimand: Estimand
    truth: float
    unit: float
    nonzero: tuple[Estimand, ...] = ()
    positive: tuple[Estimand, ...] = ()
    times: int = 1
    fraction: tuple[Estimand, Estimand] | None = None

    def above(self, threshold: float) -> Atom:
        """The claim that the estimand is above a threshold."""
        return Atom(
            self.estimand,
            lower=threshold,
            nonzero=self.nonzero,
            positive=self.positive,
            fraction=self.fraction,
        )


def _mean(world: World, rng: np.random.Generator, worlds: int, n: int) -> list[np.ndarray]:
    return [world.draw(rng, (worlds, n, 1))]


def _independent(world: World, rng: np.random.Generator, worlds: int, n: int) -> list[np.ndarray]:
    return [world.draw(rng, (worlds, n, 1)), 2 * world.draw(rng, (worlds, 2 * n, 1))]


def _paired(world: World, rng: np.random.Generator, worlds: int, n: int) -> np.ndarray:
    z = world.draw(rng, (worlds, n, 3))
    return sqrt(0.5) * (z[..., :1] + z[..., 1:])


def _ratio(world: World, rng: np.random.Generator, worlds: int, n: int) -> list[np.ndarray]:
    return [np.array([0.7, 1.0]) + 0.3 * _paired(world, rng, worlds, n)]


def _near_zero(world: World, rng: np.random.Generator, worlds: int, n: int) -> list[np.ndarray]:
    return [np.array([0.7, 1.0]) * NEAR / sqrt(n) + _paired(world, rng, worlds, n)]


def _fold(world: World, rng: np.random.Generator, worlds: int, n: int) -> list[np.ndarray]:
    return [np.exp(np.clip(0.5 * _paired(world, rng, worlds, n), -3, 3)) * np.array([10.0, 1.0])]


ESTIMATIONS = (
    Estimation("mean", _mean, linear(1), 0.0, 1.0, times=4),
    Estimation(
        "independent cells, n and 2n, sd 1 and 2", _independent, linear(1, -1), 0.0, sqrt(1 + 4 / 2)
    ),
    Estimation(
        "ratio of means",
        _ratio,
        quotient,
        0.7,
        0.3 * sqrt(1 + 0.49 - 0.7),
        nonzero=(linear(0, 1),),
        fraction=(linear(1, 0), linear(0, 1)),
    ),
    Estimation(
        "ratio, denominator three standard errors from zero",
        _near_zero,
        quotient,
        0.7,
        sqrt(1 + 0.49 - 0.7) * 4 / NEAR,
        nonzero=(linear(0, 1),),
        fraction=(linear(1, 0), linear(0, 1)),
    ),
    Estimation(
        "fold (log ratio)",
        _fold,
        log_quotient,
        float(np.log(10)),
        0.53,
        positive=(linear(1, 0), linear(0, 1)),
    ),
)


@dataclass(frozen=True)
class Conjunction:
    """A claim that `atoms` correlated means each lie between -margin and `upper`, with one look or
    several.
    """

    name: str
    atoms: int
    looks: bool = False
    margin: float = 0.0
    upper: float = inf

    def cells(
        self, world: World, rng: np.random.Generator, worlds: int, n: int, truth: np.ndarray
    ) -> list[np.ndarray]:
        """The one cell (B, n, atoms) of the design; truth: (atoms,)."""
        z = world.draw(rng, (worlds, n, 1 + self.atoms))
        return [truth + (sqrt(0.5) * (z[..., :1] + z[..., 1:]) if self.atoms > 1 else z[..., 1:])]

    def claims(self) -> list[Atom]:
        """The claim's atoms."""
        return [
            Atom(linear(*row), lower=-self.margin, upper=self.upper) for row in np.eye(self.atoms)
        ]


CONJUNCTIONS = (
    Conjunction("for_every, 3 atoms", 3),
    Conjunction("never, 6 atoms, margin 0.5", 6, margin=0.5),
    Conjunction("within 1 (equivalence)", 1, margin=1.0, upper=1.0),
    Conjunction("within 0.05 (equivalence)", 1, margin=0.05, upper=0.05),
    Conjunction("sequential, 1 atom", 1, looks=True),
    Conjunction("sequential for_every, 3 atoms", 3, looks=True),
)


def resampled(name: str, sample: Sample, atom: Atom) -> Estimation:
    """A design whose population is the sample: replicates are drawn from it, the truth is its
    estimate.

    With the replicates of a suite's own claims it gives the error rate on data that look like them.
    """
    value, gradient = (
        np.asarray(v, dtype=float)
        for v in atom.estimand(np.concatenate([c.mean(axis=0) for c in sample.cells]))
    )
    edges = np.cumsum([0, *(c.shape[1] for c in sample.cells)])
    shares = [len(c) / max(sample.sizes) for c in sample.cells]
    variance = sum(
        ((c - c.mean(axis=0)) @ gradient[a:b]).var() / share
        for c, a, b, share in zip(sample.cells, edges[:-1], edges[1:], shares, strict=True)
    )

    def cells(_: World | None, rng: np.random.Generator, worlds: int, n: int) -> list[np.ndarray]:
        sizes: Sequence[int] = [max(2, round(n * share)) for share in shares]
        return [
            c[rng.integers(0, len(c), (worlds, m))]
            for c, m in zip(sample.cells, sizes, strict=True)
        ]

    return Estimation(
        name,
        cells,
        atom.estimand,
        float(value),
        sqrt(variance),
        atom.nonzero,
        atom.positive,
        fraction=atom.fraction,
    )
