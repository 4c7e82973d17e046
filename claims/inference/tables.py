"""What a calibration finds: error rates of intervals and of whole claims."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """One interval in many worlds; shares of worlds. width: median, relative to that of t on the
    same worlds. above, below: the truth is wrongly said to be exceeded, not to be reached. power,
    t_power: of showing a true effect, and of the t-test's.
    """

    design: str
    world: str
    n: int
    n_worlds: int
    coverage: float
    t_coverage: float
    width: float
    above: float
    below: float
    power: float
    t_power: float
    judged: float  # share of worlds with an interval at all: not degenerate, not unbounded
    method: str = "bootstrap-t"


@dataclass(frozen=True)
class Errors:
    """One claim in many worlds: how often it comes out wrong where it just fails or just holds, and
    right where it is clear.
    """

    design: str
    world: str
    n: int
    n_worlds: int
    false_support: float
    false_refutation: float
    support: float
    refutation: float
    mean_n: float


@dataclass(frozen=True)
class Table:
    """What a calibration run found, and with what. observed: worlds resampled from data; compared:
    the same cells by several methods.
    """

    rates: tuple[Rates, ...]
    errors: tuple[Errors, ...]
    observed: tuple[Rates, ...]
    compared: tuple[Rates, ...]
    n_worlds: int
    n_resamples: int
    method: str
    confidence: float
