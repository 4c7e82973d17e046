"""Sequential looks at the data: the error is split over them in advance, so that stopping early
does not raise it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2

from claims.inference.types import InferenceError


@dataclass(frozen=True)
class Look:
    """One look at the data. n: replicates by then; share: of the error; confidence: two-sided, of
    this look.
    """

    n: int
    share: float
    confidence: float

    def adjust(self, p_value: float) -> float:
        """p-value of the whole schedule where this look decides: it is within the level exactly
        when the look's own p-value is within the look's share.
        """
        return min(1.0, p_value / self.share)


def overall(looks: Sequence[Look], p_values: Sequence[float]) -> float:
    """p-value of a schedule from those of the looks taken so far: the smallest level at which one
    of them decides.
    """
    return min(look.adjust(p) for look, p in zip(looks, p_values, strict=False))


def schedule(start: int, step: int, most: int, confidence: float = 0.95) -> tuple[Look, ...]:
    """Looks at start, start + step, ... and at `most`; one look, with the whole error, when `step`
    is 0.

    Equal shares (Bonferroni): valid for any dependence between the looks, and for support and
    refutation alike. A look whose replicates are too few for its share of the level is left out,
    and its share goes to the others. Raises InferenceError.
    """
    _check(start, step, most, confidence)
    sizes = [start] if step == 0 else [*range(start, most, step), most]
    while len(sizes) > 1 and sizes[0] < ceil(log2(2 * len(sizes) / (1 - confidence)) - 1e-9):
        sizes = sizes[1:]
    share = 1 / len(sizes)
    return tuple(Look(n, share, 1 - (1 - confidence) * share) for n in sizes)


def _check(start: int, step: int, most: int, confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InferenceError(
            f"`confidence` must be between 0 and 1, both excluded; got {confidence}."
        )
    if start < 1 or step < 0 or (step and most < start):
        raise InferenceError(
            "`start` must be at least 1, `step` at least 0, `most` at least `start`; got "
            f"{start}, {step}, {most}."
        )
