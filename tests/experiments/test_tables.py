"""Tables of recorded results: every form of a file, and what is wrong with one told by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claims.experiments.tables import TableError, as_label, as_number, read_table
from tests.support.recorded import ROWS, problems, recorded, write

SIMPLE = {"conditions": ["epoch"], "metrics": ["loss"]}


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


def csv(folder: Path, text: str) -> Path:
    (folder / "r.csv").write_text(text, encoding="utf-8")
    return folder


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
    assert as_label("5", typed=True) == "5"
    assert as_label(True, typed=True) == "true"
    assert as_number("5", typed=True) is None
