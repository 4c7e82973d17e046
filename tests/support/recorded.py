"""Files of recorded results, and experiments that read them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import pytest

from claims.experiments.base import SettingsError
from claims.experiments.kinds import BoundExperiment
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
    """Rows in a file of a form: csv, parquet or jsonl."""
    frame = pandas.DataFrame(rows)
    path = folder / f"r.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "parquet":
        frame.to_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recorded(folder: Path, **options) -> BoundExperiment:
    """The experiment on the results in a folder."""
    return create("recorded", OPTIONS | options, folder)


def problems(folder: Path, **options) -> list[str]:
    """What is wrong with the file, one message each."""
    with pytest.raises(SettingsError) as caught:
        recorded(folder, **options)
    assert all(where[:1] == ("file",) for where, _ in caught.value.problems)
    return [message for _, message in caught.value.problems]
