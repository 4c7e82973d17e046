"""The experiment `recorded`: results by replicate from a file, so that what ran elsewhere is judged
like anything else.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
from pydantic import Discriminator, Field, Tag

from claims.experiments.base import Experiment, Labels, Settings, SettingsError
from claims.experiments.context import Context
from claims.experiments.tables import Row, Table, TableError, as_label, as_number, read_table

if TYPE_CHECKING:
    import xarray

Label = str | int | float
Cell = tuple[Label, ...]  # one combination of conditions, in the order of `conditions`
Column = Annotated[str, Field(min_length=1)]


class LongForm(Settings):
    """One row a metric: the column that names the metric, and the one that holds its value."""

    name: Column
    value: Column


class RecordedSettings(Settings):
    """Settings of `kind: recorded`."""

    file: str = Field(
        min_length=1,
        description="results by replicate: .csv, .parquet or .jsonl, relative to the claims file",
    )
    replicate: Column = Field(
        description="column that numbers the replicates, such as seeds or runs"
    )
    conditions: tuple[Column, ...] = Field((), description="columns whose values become labels")
    metrics: Annotated[
        Annotated[tuple[Column, ...], Field(min_length=1), Tag("wide")]
        | Annotated[LongForm, Tag("long")],
        Discriminator(lambda value: "long" if isinstance(value, Mapping | LongForm) else "wide"),
    ] = Field(description="columns that hold results; long form: {name: metric, value: value}")
    paired: bool = Field(True, description="false where each condition has replicates of its own")
    ranges: dict[str, tuple[float, float]] = Field(
        {}, description="lowest and highest value of bounded metrics, {accuracy: [0, 1]}"
    )

    @pydantic.model_validator(mode="after")
    def _distinct_columns(self) -> RecordedSettings:
        columns = self.columns()
        doubled = sorted({name for name in columns if columns.count(name) > 1})
        if doubled:
            raise ValueError(f"the column `{doubled[0]}` is named twice")
        if "seed" in self.conditions:
            raise ValueError("a condition cannot be called `seed`; name that column as `replicate`")
        return self

    def columns(self) -> list[str]:
        """Every column that is read."""
        metrics = (
            [self.metrics.name, self.metrics.value]
            if isinstance(self.metrics, LongForm)
            else list(self.metrics)
        )
        return [self.replicate, *self.conditions, *metrics]


@dataclass(frozen=True)
class Result:
    """One number of the file and where it stands."""

    row: int
    metric: str
    cell: Cell
    replicate: Label
    value: float


@dataclass(frozen=True)
class Recorded(Experiment):
    """Results as recorded. Under `paired: false` the n-th replicate of each condition is "seed" n,
    and shorter conditions end in NaN.
    """

    settings: RecordedSettings
    results: tuple[Result, ...] = field(repr=False)
    digest: str = ""

    settings_model = RecordedSettings
    libraries = ()

    @classmethod
    def from_settings(cls, settings: RecordedSettings, base: Path) -> Recorded:
        """Reads and checks the file. Raises `SettingsError` naming what is wrong by its row."""
        path = base / settings.file
        try:
            table = read_table(path)
            results = _Reader(settings, table).read()
        except TableError as error:
            raise SettingsError([(("file",), problem) for problem in error.problems]) from None
        return cls(settings, results, hashlib.sha256(path.read_bytes()).hexdigest()[:16])

    @property
    def paired(self) -> bool:
        return self.settings.paired

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        return dict(self.settings.ranges)

    @cached_property
    def _cells(self) -> dict[str, dict[Cell, dict[Label, float]]]:
        """{metric: {cell: {replicate: value}}}, in the order of the file."""
        cells: dict[str, dict[Cell, dict[Label, float]]] = {}
        for result in self.results:
            cells.setdefault(result.metric, {}).setdefault(result.cell, {})[result.replicate] = (
                result.value
            )
        return cells

    @cached_property
    def _numbered(self) -> dict[Label, int]:
        """The seed that stands for each replicate where they are shared: its own number, or its
        place in the file.
        """
        names = list(dict.fromkeys(result.replicate for result in self.results))
        numbers = [name for name in names if isinstance(name, int) and name >= 0]
        if len(numbers) == len(names):
            return {name: name for name in sorted(numbers)}
        return {name: place for place, name in enumerate(names)}

    @property
    def available_seeds(self) -> tuple[int, ...]:
        """Replicates that the file holds; where they are not shared, as many as the longest
        condition has.
        """
        if self.paired:
            return tuple(self._numbered.values())
        return tuple(
            range(max(len(values) for cells in self._cells.values() for values in cells.values()))
        )

    def describe(self) -> Labels:
        """{metric: {dimension: labels}}, labels in the order of the file."""
        described: Labels = {}
        for metric, cells in self._cells.items():
            described[metric] = {
                name: tuple(dict.fromkeys(cell[place] for cell in cells))
                for place, name in enumerate(self.settings.conditions)
            }
        return described

    def reason_missing(self, metric: str, labels: Mapping[str, Label]) -> str | None:
        """Why a combination of labels has no results, or None where it has."""
        if tuple(labels[name] for name in self.settings.conditions) in self._cells[metric]:
            return None
        wanted = ", ".join(f"{name}={label}" for name, label in labels.items())
        return f"`{Path(self.settings.file).name}` has no row with {wanted}"

    def identity(self) -> dict[str, Any]:
        """What determines the observations: the settings and the file's content."""
        return {
            "settings": self.settings.model_dump(mode="json", exclude={"file"}),
            "data": self.digest,
        }

    def measure(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """The recorded results, dimensions (seed, *conditions); NaN where the file has none."""
        import numpy as np
        import xarray

        places = {seed: place for place, seed in enumerate(seeds)}
        unknown = [seed for seed in seeds if seed not in set(self.available_seeds)]
        if unknown:
            raise ValueError(f"`{Path(self.settings.file).name}` holds no replicate {unknown[0]}")
        labels = {
            name: tuple(dict.fromkeys(label for d in self.describe().values() for label in d[name]))
            for name in self.settings.conditions
        }
        variables = {}
        for metric, cells in self._cells.items():
            values = np.full((len(places), *map(len, labels.values())), np.nan)
            for cell, by_replicate in cells.items():
                where = tuple(
                    labels[name].index(label) for name, label in zip(labels, cell, strict=True)
                )
                for place, (replicate, value) in enumerate(by_replicate.items()):
                    seed = self._numbered[replicate] if self.paired else place
                    if seed in places:
                        values[(places[seed], *where)] = value
            variables[metric] = (("seed", *labels), values)
        return xarray.Dataset(
            variables,
            {"seed": list(seeds), **{name: (name, _coordinate(of)) for name, of in labels.items()}},
        )


def _coordinate(labels: Sequence[Label]):
    """Labels of mixed types stay as they are: numpy would turn [0, "never"] into texts."""
    import numpy as np

    if len({type(label) for label in labels}) == 1:
        return np.array(labels)
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


class _Reader:
    """Rows to results, collecting every problem with its row."""

    def __init__(self, settings: RecordedSettings, table: Table):
        self.settings, self.table = settings, table
        self.problems: list[str] = []

    def read(self) -> tuple[Result, ...]:
        self._check_columns()
        results = [result for row in self.table.rows for result in self._results(row)]
        self._check_types()
        self._stop()
        self._check_duplicates(results)
        self._stop()
        if self.settings.paired:
            self._check_complete(results)
            self._stop()
        return tuple(results)

    def _stop(self) -> None:
        if self.problems:
            raise TableError(self.problems)

    def _check_columns(self) -> None:
        for name in self.settings.columns():
            if name not in self.table.columns:
                close = difflib.get_close_matches(name, self.table.columns, n=1)
                hint = (
                    f"did you mean `{close[0]}`?"
                    if close
                    else f"it has {', '.join(self.table.columns[:12])}"
                )
                self.problems.append(f"`{self.table.name}` has no column `{name}`; {hint}")
        for name in () if isinstance(self.settings.metrics, LongForm) else self.settings.metrics:
            self._check_name(1, name)
        for name in self.settings.conditions:
            self._check_name(1, name)
        self._stop()

    def _check_name(self, row: int, name: str) -> None:
        if not (name.isascii() and name.isidentifier()):
            self.problems.append(
                f"row {row}: `{name}` cannot be named in a claim; use ASCII letters, digits and _"
            )

    def _results(self, row: Row) -> list[Result]:
        before = len(self.problems)
        labels = [self._label(row, name) for name in self.settings.conditions]
        replicate = self._label(row, self.settings.replicate)
        metrics = self.settings.metrics
        if isinstance(metrics, LongForm):
            metric = row.values.get(metrics.name)
            self._check_name(row.number, str(metric))
            values = {str(metric): self._number(row, metrics.value)}
        else:
            values = {metric: self._number(row, metric) for metric in metrics}
        cell = tuple(label for label in labels if label is not None)
        if len(self.problems) > before or replicate is None:
            return []
        return [
            Result(row.number, metric, cell, replicate, value)
            for metric, value in values.items()
            if value is not None
        ]

    def _number(self, row: Row, column: str) -> float | None:
        raw = row.values.get(column)
        number = as_number(raw, self.table.typed)
        if number is None:
            what = "is empty" if raw in (None, "") else f"is {raw!r}, which is no finite number"
            self.problems.append(f"row {row.number}: `{column}` {what}")
        return number

    def _label(self, row: Row, column: str) -> Label | None:
        raw = row.values.get(column)
        label = as_label(raw, self.table.typed)
        if label is None:
            what = (
                "is empty"
                if raw in (None, "")
                else f"is {raw!r}, which is neither a text nor a number"
            )
            self.problems.append(f"row {row.number}: `{column}` {what}")
        return label

    def _check_types(self) -> None:
        """A label that is a number in one row and the same digits as a text in another would
        silently be two labels.
        """
        for column in (
            (self.settings.replicate, *self.settings.conditions) if self.table.typed else ()
        ):
            first: dict[str, tuple[bool, int]] = {}
            for row in self.table.rows:
                label = as_label(row.values.get(column), typed=True)
                kind, number = first.setdefault(str(label), (type(label) is str, row.number))
                if kind != (type(label) is str):
                    self.problems.append(
                        f"row {row.number}: `{column}` is {row.values[column]!r}, of "
                        f"another type than in row {number}"
                    )

    def _check_duplicates(self, results: Sequence[Result]) -> None:
        first: dict[tuple, int] = {}
        for result in results:
            key = (result.metric, result.cell, result.replicate)
            if first.setdefault(key, result.row) != result.row:
                self.problems.append(
                    f"row {result.row} repeats row {first[key]}: {self._described(result)}"
                )

    def _check_complete(self, results: Sequence[Result]) -> None:
        """Shared replicates: each has a result in every condition that any of them has."""
        have = {(result.metric, result.cell, result.replicate) for result in results}
        firsts: dict[Label, int] = {}
        for result in results:
            firsts.setdefault(result.replicate, result.row)
        for metric, cell in dict.fromkeys((result.metric, result.cell) for result in results):
            for replicate, row in firsts.items():
                if (metric, cell, replicate) not in have:
                    described = self._described(Result(row, metric, cell, replicate, 0.0))
                    self.problems.append(
                        f"no row has {described}, though {self.settings.replicate} {replicate} "
                        f"begins in row {row}; "
                        "add it, or say `paired: false`"
                    )

    def _described(self, result: Result) -> str:
        labels = zip(
            (self.settings.replicate, *self.settings.conditions),
            (result.replicate, *result.cell),
            strict=True,
        )
        metric = (
            [f"{self.settings.metrics.name}={result.metric}"]
            if isinstance(self.settings.metrics, LongForm)
            else []
        )
        return ", ".join([f"{name}={label}" for name, label in labels] + metric)
