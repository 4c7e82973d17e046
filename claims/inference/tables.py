"""Results of a calibration: error rates of intervals and of whole claims."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """One interval in many worlds; shares of worlds.

    width: median, relative to that of t on the same worlds. above, below: the truth is wrongly said
    to be exceeded, or not to be reached. power, t_power: of showing a true effect, by the interval
    and by the t-test. judged: with an interval at all, neither degenerate nor unbounded.
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
    judged: float
    method: str = "bootstrap-t"


@dataclass(frozen=True)
class Errors:
    """One claim in many worlds; shares of worlds.

    false_support, false_refutation: where the claim only just fails, or only just holds. support,
    refutation: where it clearly holds, or clearly fails. mean_n: replicates at the decision.
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
    """Results of a calibration run, and its settings. observed: on worlds resampled from data.
    compared: the same cells by several methods.
    """

    rates: tuple[Rates, ...]
    errors: tuple[Errors, ...]
    observed: tuple[Rates, ...]
    compared: tuple[Rates, ...]
    n_worlds: int
    n_resamples: int
    method: str
    confidence: float
