"""Recorded results: every file form, both designs, and what is wrong with a file told by row."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas
import pytest

from claims.experiments.base import SettingsError
from claims.experiments.tables import TableError, as_label, as_number, read_table
from tests.support.experiments import create

OPTIONS = {
    "file": "r.csv",
    "replicate": "run",
    "conditions": ["credit", "epoch"],
    "metrics": ["accuracy", "loss"],
}
ROWS = [
    {
        "run": run,
        "credit": credit,
        "epoch": epoch,
        "accuracy": run + epoch / 100,
        "loss": -run * (credit == "vec"),
    }
    for run in range(3)
    for credit in ("dfa", "vec")
    for epoch in (5, 20)
]


def write(folder: Path, rows=ROWS, form: str = "csv") -> Path:
    frame = pandas.DataFrame(rows)
    path = folder / f"r.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "parquet":
        frame.to_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recorded(folder: Path, **options):
    return create("recorded", OPTIONS | options, folder)


def problems(folder: Path, **options) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        recorded(folder, **options)
    assert all(where[:1] == ("file",) for where, _ in caught.value.problems)
    return [message for _, message in caught.value.problems]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_wide_form(tmp_path, form):
    write(tmp_path, form=form)
    experiment = recorded(tmp_path, file=f"r.{form}")
    assert experiment.describe() == {
        name: {"credit": ("dfa", "vec"), "epoch": (5, 20)} for name in ("accuracy", "loss")
    }
    assert experiment.available_seeds == (0, 1, 2) and experiment.paired
    observed = experiment.measure((0, 1, 2))
    assert observed["accuracy"].dims == ("seed", "credit", "epoch")
    for row in ROWS:
        for metric in ("accuracy", "loss"):
            assert (
                observed[metric]
                .sel(seed=row["run"], credit=row["credit"], epoch=row["epoch"])
                .item()
                == row[metric]
            )


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_long_form_is_the_wide_form(tmp_path, form):
    write(tmp_path)
    wide = recorded(tmp_path).measure((0, 1, 2))
    rows = [
        {
            "run": row["run"],
            "credit": row["credit"],
            "epoch": row["epoch"],
            "metric": metric,
            "value": float(row[metric]),
        }
        for row in ROWS
        for metric in ("accuracy", "loss")
    ]
    write(tmp_path, rows, form)
    long = recorded(tmp_path, file=f"r.{form}", metrics={"name": "metric", "value": "value"})
    assert long.measure((0, 1, 2)).identical(wide)


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


UNEQUAL = [
    {"run": f"{size}-{run}", "size": size, "epochs": 10 * size + run, "loss": run}
    for size, count in ((4, 5), (8, 2), (16, 3))
    for run in range(count)
]


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


# What is wrong with a file, by row


def csv(folder: Path, text: str) -> Path:
    (folder / "r.csv").write_text(text, encoding="utf-8")
    return folder


SIMPLE = {"conditions": ["epoch"], "metrics": ["loss"]}


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("", ["holds no rows|has no column"]),
        ("run,epoch,loss\n", ["holds no rows"]),
        ("run,epoch,los\n0,5,1\n", ["no column `loss`; did you mean `los`"]),
        ("run,epoch,loss,loss\n0,5,1,2\n", ["row 1 .* `loss` twice"]),
        ("run,epoch,loss\n0,5,1\n0,20\n1,5,1,2\n", ["row 3 has 2 cells", "row 4 has 4 cells"]),
        ("run,epoch,loss\n0,5,1\n1,5,n/a\n", ["row 3: `loss` is 'n/a', which is no finite number"]),
        ("run,epoch,loss\n0,5,1\n1,5,\n", ["row 3: `loss` is empty"]),
        (
            "run,epoch,loss\n0,5,1\n1,5,inf\n2,5,nan\n",
            ["row 3: .* no finite", "row 4: .* no finite"],
        ),
        ("run,epoch,loss\n0,5,1_0\n", ["row 2: .* no finite"]),
        ("run,epoch,loss\n0,,1\n", ["row 2: `epoch` is empty"]),
        ("run,epoch,loss\n,5,1\n", ["row 2: `run` is empty"]),
        ("run,epoch,loss\n0,5,1\n0,5,2\n", ["row 3 repeats row 2: run=0, epoch=5"]),
        ("run,epoch,loss\n0,5,1\n0,5.0,2\n", ["row 3 repeats row 2"]),
        (
            "run,epoch,loss\n0,5,1\n0,20,1\n1,5,1\n",
            ["no row has run=1, epoch=20, though run 1 begins in row 4"],
        ),
        ('run,epoch,loss\n0,5,"1\n', ["not CSV"]),
        ("run;epoch;loss\n0;5;1\n", ["has no column `run`"]),
    ],
)
def test_a_wrong_csv_file_is_told_by_row(tmp_path, text, phrases):
    told = problems(csv(tmp_path, text), **SIMPLE)
    for phrase in phrases:
        assert any(re.search(phrase, message) for message in told), told


@pytest.mark.parametrize(
    ("rows", "phrase"),
    [
        (["not json"], "row 1 is not JSON"),
        (["[1]"], "row 1 is no JSON object"),
        (
            ['{"run": 0, "epoch": 5, "loss": 1}', "", '{"run": 1, "epoch": 5}'],
            "row 3: `loss` is empty",
        ),
        (['{"run": 0, "epoch": 5, "loss": "0.5"}'], "row 1: `loss` is '0.5'"),
        (['{"run": 0, "epoch": 5, "loss": true}'], "row 1: `loss` is True"),
        (['{"run": 0, "epoch": 5, "loss": [1]}'], r"row 1: `loss` is \[1\]"),
        (['{"run": 0, "epoch": 5, "loss": 1e999}'], "row 1: `loss` is inf"),
        (
            ['{"run": 0, "epoch": 5, "loss": 1}', '{"run": 1, "epoch": "5", "loss": 1}'],
            "row 2: `epoch` is '5', of another type than in row 1",
        ),
        (['{"run": 0, "epoch": {"a": 1}, "loss": 1}'], "row 1: `epoch` is"),
        (['{"run": 0, "run": 1, "epoch": 5, "loss": 1}'], "row 1 is not JSON: a key stands twice"),
    ],
)
def test_a_wrong_json_lines_file_is_told_by_row(tmp_path, rows, phrase):
    (tmp_path / "r.jsonl").write_text("\n".join(rows) + "\n")
    told = problems(tmp_path, file="r.jsonl", **SIMPLE)
    assert any(re.search(phrase, message) for message in told), told


def test_a_metric_that_no_claim_could_name(tmp_path):
    told = problems(
        csv(tmp_path, "run,epoch,metric,value\n0,5,val loss,1\n"),
        conditions=["epoch"],
        metrics={"name": "metric", "value": "value"},
    )
    assert "row 2: `val loss` cannot be named" in told[0]


def test_many_wrong_rows_stay_readable(tmp_path):
    told = problems(csv(tmp_path, "run,epoch,loss\n" + "0,5,x\n" * 1000), **SIMPLE)
    assert len(told) == 21 and "980 more" in told[-1]


@pytest.mark.parametrize(
    ("name", "content", "phrase"),
    [
        ("r.xlsx", b"", "of no known form"),
        ("none.csv", None, "there is no file"),
        ("r.parquet", b"PAR1 not", "is not Parquet"),
        ("r.csv", b"run,epoch,loss\n0,5,\xff\n", "not UTF-8"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, phrase):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=phrase):
        read_table(tmp_path / name)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "r.csv").mkdir()
    assert "cannot be read" in problems(tmp_path)[0]


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


def test_numbers_and_labels_of_a_csv_are_texts_at_first():
    assert [as_number(text, typed=False) for text in ("1", "-2.5e3", "x", "", "1_0", "inf")] == [
        1.0,
        -2500.0,
        None,
        None,
        None,
        None,
    ]
    assert [as_label(text, typed=False) for text in ("5", "5.0", "0.5", "never", "")] == [
        5,
        5,
        0.5,
        "never",
        None,
    ]
    assert (
        as_label("5", typed=True) == "5"
        and as_label(True, typed=True) == "true"
        and as_number("5", typed=True) is None
    )
