"""Recorded results: replicates, conditions, paired and unpaired designs, refused options."""

from __future__ import annotations

import numpy as np
import pytest

from claims.experiments.base import SettingsError
from tests.support.recorded import ROWS, recorded, write

UNEQUAL = [
    {"run": f"{size}-{run}", "size": size, "epochs": 10 * size + run, "loss": run}
    for size, count in ((4, 5), (8, 2), (16, 3))
    for run in range(count)
]


def test_seeds_come_in_the_order_asked(tmp_path):
    write(tmp_path)
    observed = recorded(tmp_path).measure((2, 0))
    assert observed["seed"].values.tolist() == [2, 0]
    assert observed["accuracy"].sel(credit="dfa", epoch=5).values.tolist() == [2.05, 0.05]
    with pytest.raises(ValueError, match="no replicate 7"):
        recorded(tmp_path).measure((7,))


def test_replicates_that_are_names_are_numbered(tmp_path):
    write(tmp_path, [row | {"run": f"host-{row['run']}"} for row in ROWS])
    assert recorded(tmp_path).available_seeds == (0, 1, 2)


def test_replicates_keep_their_own_numbers(tmp_path):
    write(tmp_path, [row | {"run": 100 - 7 * row["run"]} for row in ROWS])
    experiment = recorded(tmp_path)
    assert experiment.available_seeds == (86, 93, 100)
    assert experiment.measure((100,))["accuracy"].sel(credit="vec", epoch=20).item() == 0.2


def test_labels_of_mixed_types_stay_what_they_are(tmp_path):
    rows = [
        {"run": run, "takeover": takeover, "accuracy": run}
        for run in range(3)
        for takeover in (0, 1, "never")
    ]
    write(tmp_path, rows)
    experiment = recorded(tmp_path, conditions=["takeover"], metrics=["accuracy"])
    assert experiment.describe()["accuracy"]["takeover"] == (0, 1, "never")
    assert experiment.measure((0, 1, 2))["takeover"].values.tolist() == [0, 1, "never"]


def test_no_conditions_at_all(tmp_path):
    write(tmp_path, [{"run": run, "speed": run * 1.5} for run in range(4)])
    experiment = recorded(tmp_path, conditions=[], metrics=["speed"])
    assert experiment.describe() == {"speed": {}}
    assert experiment.measure((1, 3))["speed"].values.tolist() == [1.5, 4.5]


def test_conditions_with_replicates_of_their_own(tmp_path):
    write(tmp_path, UNEQUAL)
    experiment = recorded(tmp_path, conditions=["size"], metrics=["epochs", "loss"], paired=False)
    assert not experiment.paired and experiment.available_seeds == (0, 1, 2, 3, 4)
    observed = experiment.measure(experiment.available_seeds)
    np.testing.assert_array_equal(
        observed["epochs"].sel(size=8).values, [80, 81, np.nan, np.nan, np.nan]
    )
    assert (
        np.isnan(observed["epochs"]) == np.isnan(observed["loss"])
    ).all()  # a row's metrics stay together
    assert observed["epochs"].count().item() == len(UNEQUAL)


def test_the_same_run_number_in_two_conditions_is_another_run_when_unpaired(tmp_path):
    write(tmp_path, [row | {"run": int(row["run"].split("-")[1])} for row in UNEQUAL])
    experiment = recorded(tmp_path, conditions=["size"], metrics=["epochs"], paired=False)
    assert experiment.measure((0, 1))["epochs"].sel(size=16).values.tolist() == [160, 161]


def test_combinations_that_no_row_has_are_lacking_rather_than_averaged(tmp_path):
    rows = [row for row in ROWS if (row["credit"], row["epoch"]) != ("vec", 20)]
    write(tmp_path, rows)
    experiment = recorded(tmp_path).implementation
    assert experiment.reason_missing("accuracy", {"credit": "vec", "epoch": 5}) is None
    assert "credit=vec, epoch=20" in experiment.reason_missing(
        "accuracy", {"credit": "vec", "epoch": 20}
    )


def test_what_a_changed_file_holds_is_read_anew(tmp_path):
    write(tmp_path)
    before = recorded(tmp_path).identity()
    write(tmp_path, [*ROWS, *(row | {"run": 3} for row in ROWS if row["run"] == 0)])
    assert len(recorded(tmp_path).available_seeds) == 4 and recorded(tmp_path).identity() != before


def test_ranges_are_handed_on(tmp_path):
    write(tmp_path)
    assert recorded(tmp_path, ranges={"accuracy": [0, 10]}).ranges == {"accuracy": (0.0, 10.0)}


@pytest.mark.parametrize(
    ("options", "phrase"),
    [
        ({"conditions": ["epoch", "epoch"]}, "named twice"),
        ({"conditions": ["seed"]}, "cannot be called `seed`"),
        ({"metrics": []}, "at least 1"),
        ({"metrics": {"name": "metric"}}, "required"),
        ({"pair": False}, "not permitted"),
        ({"file": ""}, "at least 1"),
    ],
)
def test_wrong_options_are_told(tmp_path, options, phrase):
    write(tmp_path)
    with pytest.raises(SettingsError, match=phrase):
        recorded(tmp_path, **options)
