"""What an experiment's `measure` returned, checked once and brought to one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray

    from claims.experiments.kinds import BoundExperiment


class ObservationsError(ValueError):
    """What a kind's `measure` returned is not what it promises: names the kind, the metric and the
    seeds, and says what to return.
    """


def validate_observations(
    observed: Any, experiment: BoundExperiment, seeds: Sequence[int]
) -> xarray.Dataset:
    """`observed` with the seeds in the order asked, truth values as 0 and 1, extended precision as
    double, and labels of single precision as they were written.

    Raises ObservationsError.
    """
    import xarray

    def refuse(what: str, remedy: str) -> ObservationsError:
        return ObservationsError(
            f"`{experiment.kind}` measured seeds {_listed(seeds)} and {what}; {remedy}"
        )

    if not isinstance(observed, xarray.Dataset):
        raise refuse(
            f"returned {_a(type(observed).__name__)}",
            "return an xarray.Dataset whose variables are the metrics",
        )
    if "seed" not in observed.coords or observed["seed"].dims != ("seed",):
        raise refuse(
            "returned no labelled dimension `seed`",
            'write xarray.Dataset({...}, {"seed": list(seeds)})',
        )
    found = observed["seed"].values.tolist()
    if sorted(map(str, found)) != sorted(map(str, seeds)):
        raise refuse(
            f"returned seeds {_listed(found)}", "return exactly the seeds asked for, each once"
        )
    for name, variable in observed.data_vars.items():
        if "seed" not in variable.dims:
            raise refuse(
                f"metric `{name}` has no dimension `seed`",
                "give it one value for each seed; it has "
                f"{_listed(variable.dims) or 'no dimension'}",
            )
        if variable.dtype.kind not in "biuf":
            raise refuse(
                f"metric `{name}` holds {variable.dtype}",
                "return real numbers or truth values, for example with .astype(float)",
            )
    plain = {
        name: variable.astype(float)
        for name, variable in observed.data_vars.items()
        if variable.dtype.kind == "b" or variable.dtype.itemsize > 8
    }
    short = {
        name: [label_of(label) for label in observed[name].values]
        for name in observed.dims
        if name in observed.coords
        and observed[name].dtype.kind == "f"
        and observed[name].dtype.itemsize < 8
    }
    observed = observed.assign(plain).assign_coords(short)
    return observed if found == list(seeds) else observed.sel(seed=list(seeds))


def label_of(label: Any) -> Any:
    """A label as plain data. One of single precision is the number that was written: 0.1, not
    0.10000000149.
    """
    dtype = getattr(label, "dtype", None)
    if dtype is not None and dtype.kind == "f" and dtype.itemsize < 8:
        return float(str(label))
    return label.item() if hasattr(label, "item") else label


def _listed(values: Sequence) -> str:
    return ", ".join(map(str, values[:8])) + (", ..." if len(values) > 8 else "")


def _a(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"
