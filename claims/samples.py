"""The sample of a claim, extracted from the observations of its experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import xarray

    from claims.inference import Atom, Sample
    from claims.language import CompiledAtom, Term


class ObservationError(ValueError):
    """Observations that cannot be judged: the message names the selection and the seeds."""


class NonFiniteObservation(ObservationError):
    """An observation that is missing or not finite, as those of a network that diverged are."""


@dataclass(frozen=True)
class ExtractedSample:
    """The observations that a claim needs. terms: in the order of the sample's means. values: by
    seed, of each term by its text.
    """

    sample: Sample
    terms: tuple[Term, ...]
    values: Mapping[str, Sequence[float]]


def extract_sample(
    observed: xarray.Dataset, terms: Sequence[Term], experiment: Any
) -> ExtractedSample:
    """The sample of `terms`: one cell where seeds pair the conditions, one for each condition where
    they do not.

    Replicates inside a seed are averaged. Raises ObservationError for what was not measured, and
    NonFiniteObservation for values that are missing or not finite.
    """
    import numpy as np

    from claims.inference import Sample

    columns = [_column(observed, term, experiment.replicates) for term in terms]
    if experiment.paired:
        for term, column in zip(terms, columns, strict=True):
            _check_finite(term, column, observed["seed"].values)
        cells, placed = [np.stack(columns, axis=1)], tuple(terms)
        return ExtractedSample(Sample(cells), placed, _by_name(terms, columns))
    cells, order = [], []
    for condition in dict.fromkeys(term.labels for term in terms):
        members = [i for i, term in enumerate(terms) if term.labels == condition]
        rows = np.stack([columns[i] for i in members], axis=1)
        rows = rows[~np.isnan(rows).all(axis=1)]  # rows that this condition does not have
        for i, column in zip(members, rows.T, strict=True):
            _check_finite(terms[i], column, np.arange(len(rows)))
        cells.append(rows)
        order += members
    placed = tuple(terms[i] for i in order)
    return ExtractedSample(
        Sample(cells), placed, _by_name(terms, [c[~np.isnan(c)] for c in columns])
    )


def atom_of(compiled: CompiledAtom, terms: Sequence[Term]) -> Atom:
    """An atom of the claim language for `claims.inference`: its estimands take the means of `terms`
    in this order.
    """
    from claims.inference import Atom
    from claims.language import Estimand
    from claims.language.estimand import fraction_of

    order = tuple(terms)
    parts = fraction_of(compiled.node) if compiled.nonzero else None
    return Atom(
        compiled.estimand(order),
        compiled.lower,
        compiled.upper,
        positive=tuple(Estimand(side, order) for side in compiled.positive),
        nonzero=tuple(Estimand(denominator, order) for denominator in compiled.nonzero),
        fraction=None if parts is None else (Estimand(parts[0], order), Estimand(parts[1], order)),
    )


def description_of(
    observed: xarray.Dataset, replicates: Sequence[str]
) -> dict[str, dict[str, tuple]]:
    """{metric: {dimension: labels}} of observations, without seeds and the `replicates` inside
    them.
    """
    hidden = {"seed", *replicates}
    return {
        str(name): {
            str(d): tuple(observed[d].values.tolist()) for d in variable.dims if d not in hidden
        }
        for name, variable in observed.data_vars.items()
    }


def _column(observed: xarray.Dataset, term: Term, replicates: Sequence[str]) -> np.ndarray:
    """One term by seed: (n_seeds,) float64."""
    import numpy as np

    if term.metric not in observed:
        raise ObservationError(
            f"metric `{term.metric}` was not measured; measured: "
            f"{', '.join(map(str, observed.data_vars))}"
        )
    values = observed[term.metric]
    for dim, label in term.labels:
        labels = observed[dim].values.tolist()
        if label not in labels:
            raise ObservationError(
                f"`{term}` was not measured: `{dim}` has {', '.join(map(str, labels))}"
            )
        values = values.isel({dim: labels.index(label)})
    inner = [d for d in values.dims if d in replicates]
    left = [d for d in values.dims if d not in ("seed", *inner)]
    if left:
        raise ObservationError(f"`{term}` leaves `{left[0]}` open, which is never averaged over")
    return np.asarray(values.mean(inner) if inner else values, dtype=float)


def _check_finite(term: Term, column: np.ndarray, seeds: np.ndarray) -> None:
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        what = "missing" if np.isnan(column[bad]).all() else "not finite"
        named = ", ".join(str(seeds[i]) for i in bad[:8]) + (", ..." if bad.size > 8 else "")
        raise NonFiniteObservation(
            f"`{term}` is {what} for seed {named}; measure these again, or leave them out "
            "of every condition"
        )


def _by_name(terms: Sequence[Term], columns: Sequence[np.ndarray]) -> dict[str, list[float]]:
    return {str(term): column.tolist() for term, column in zip(terms, columns, strict=True)}
