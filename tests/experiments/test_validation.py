"""The door for observations: what a user's kind may return, what is put right, and what is refused
with its remedy.
"""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from claims.execution.machine import Machine
from claims.execution.measure import measure
from claims.experiments.base import Experiment
from claims.experiments.kinds import BoundExperiment
from claims.experiments.validation import ObservationsError, label_of
from claims.store.entries import Store


class Kind(Experiment):
    """Returns what it is made with."""

    def __init__(self, make, given=None):
        self.make = make
        if given is not None:
            self.available_seeds = given

    def measure(self, seeds, context):
        return self.make(list(seeds))

    def identity(self):
        return {"source": "made up"}


def measured(make, tmp_path, seeds=(3, 4, 5), given=None):
    experiment = BoundExperiment("lab:Kind", "lab:Kind", {}, tmp_path, Kind(make, given), None)
    return measure(experiment, seeds, Machine(), Store(tmp_path / "store"))


def good(seeds, values=None, **more):
    values = np.arange(len(seeds)) / 3 if values is None else values
    return xarray.Dataset({"m": ("seed", values), **more}, {"seed": seeds})


REFUSED = {
    "no dataset": (
        lambda seeds: {"m": [0.0] * len(seeds)},
        "returned a dict; return an xarray.Dataset",
    ),
    "an array": (lambda seeds: good(seeds)["m"], "returned a DataArray; return an xarray.Dataset"),
    "nothing": (lambda seeds: None, "returned a NoneType"),
    "no seed": (
        lambda seeds: xarray.Dataset({"m": ("run", [0.0] * len(seeds))}),
        "returned no labelled dimension `seed`",
    ),
    "seeds without labels": (
        lambda seeds: xarray.Dataset({"m": ("seed", [0.0] * len(seeds))}),
        "returned no labelled dimension `seed`",
    ),
    "one seed": (
        lambda seeds: good(seeds).sel(seed=seeds[0]),
        "returned no labelled dimension `seed`",
    ),
    "too few seeds": (
        lambda seeds: good(seeds[1:]),
        "returned seeds 4, 5; return exactly the seeds asked for",
    ),
    "too many seeds": (
        lambda seeds: good([*seeds, 9]),
        "returned seeds 3, 4, 5, 9; return exactly",
    ),
    "a seed twice": (lambda seeds: good([3, 3, 4]), "returned seeds 3, 3, 4; return exactly"),
    "other seeds": (lambda seeds: good([0, 1, 2]), "returned seeds 0, 1, 2; return exactly"),
    "a metric of no seed": (
        lambda seeds: good(seeds, n=("arm", [1.0, 2.0])),
        "metric `n` has no dimension `seed`; give it one value for each seed; it has arm",
    ),
    "a metric of one value": (lambda seeds: good(seeds, n=((), 1.0)), "it has no dimension"),
    "texts": (
        lambda seeds: good(seeds, ["a"] * len(seeds)),
        "metric `m` holds <U1; return real numbers",
    ),
    "objects": (
        lambda seeds: good(seeds, np.array([1.0] * len(seeds), dtype=object)),
        "metric `m` holds object",
    ),
    "complex": (
        lambda seeds: good(seeds, np.ones(len(seeds), complex)),
        "metric `m` holds complex128",
    ),
    "dates": (
        lambda seeds: good(seeds, np.array(["2026-01-01"] * len(seeds), "datetime64[ns]")),
        "metric `m` holds datetime64",
    ),
}


@pytest.mark.parametrize("given", [None, (3, 4, 5)], ids=["through the store", "given seeds"])
@pytest.mark.parametrize(("make", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_judged_is_refused_by_name(tmp_path, make, told, given):
    with pytest.raises(ObservationsError) as caught:
        measured(make, tmp_path, given=given)
    message = str(caught.value)
    assert message.startswith("`lab:Kind` measured seeds 3, 4, 5 and ") and told in message
    assert not list((tmp_path / "store").rglob("*.safetensors"))


@pytest.mark.parametrize("given", [None, (3, 4, 5)], ids=["through the store", "given seeds"])
def test_seeds_come_in_the_order_asked(tmp_path, given):
    found = measured(lambda seeds: good(seeds).isel(seed=[2, 0, 1]), tmp_path, given=given)
    assert found["seed"].values.tolist() == [3, 4, 5]
    np.testing.assert_array_equal(found["m"], np.arange(3) / 3)


@pytest.mark.parametrize("given", [None, (3, 4, 5)], ids=["through the store", "given seeds"])
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float16, np.float32, np.longdouble])
def test_every_real_type_is_taken(tmp_path, dtype, given):
    values = np.array([1, 0, 1], dtype=dtype)
    found = measured(lambda seeds: good(seeds, values), tmp_path, given=given)["m"]
    assert (
        found.dtype.kind in "iuf"
        and found.dtype.itemsize <= 8
        and found.values.tolist() == [1, 0, 1]
    )
    assert dtype is not bool or found.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_the_numbers_that_were_written(tmp_path, dtype):
    rates = [0.1, 0.3, 1e-3]
    found = measured(
        lambda seeds: xarray.Dataset(
            {"m": (("seed", "lr"), np.ones((3, 3)))}, {"seed": seeds, "lr": np.array(rates, dtype)}
        ),
        tmp_path,
    )
    assert found["lr"].values.tolist() == rates
    assert [label_of(label) for label in np.array(rates, dtype)] == rates
    assert label_of("vec") == "vec" and label_of(np.int64(5)) == 5 and label_of(0.1) == 0.1
