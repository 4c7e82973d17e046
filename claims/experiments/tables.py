"""Rows of a results file, each with the number by which a person finds it: CSV, JSON lines or
Parquet, without pandas.
"""

from __future__ import annotations

import csv
import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_PROBLEMS = 20


class TableError(ValueError):
    """A results file that cannot be used: all of its problems, the first of them named by row."""

    def __init__(self, problems: list[str]):
        self.problems = tuple(problems[:MAX_PROBLEMS])
        if len(problems) > MAX_PROBLEMS:
            self.problems += (f"and {len(problems) - MAX_PROBLEMS} more problems of this file",)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Row:
    """`number` is the line of a text file (its header is row 1), or the row of a Parquet file,
    counted from 1.
    """

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """`typed` is False for CSV, whose numbers are still texts."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    typed: bool


def read_table(path: Path) -> Table:
    """The rows of a file, by its ending. Raises `TableError`."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TableError([f"`{path.name}` is of no known form; allowed: {', '.join(_READERS)}"])
    try:
        stamp = path.stat()
        return _cached(reader, path, stamp.st_mtime_ns, stamp.st_size)
    except FileNotFoundError:
        raise TableError(
            [
                f"there is no file `{path.name}` in {path.parent.name or path.parent}/; "
                "paths are relative to the claims file"
            ]
        ) from None
    except OSError as error:
        raise TableError([f"`{path.name}` cannot be read: {error.strerror or error}"]) from None
    except UnicodeDecodeError as error:
        raise TableError(
            [
                f"`{path.name}` is not UTF-8 text: byte {error.start} is "
                f"0x{error.object[error.start]:02x}"
            ]
        ) from None


@functools.lru_cache(maxsize=16)
def _cached(reader: Callable[[Path], Table], path: Path, _changed: int, _size: int) -> Table:
    """Settings of one experiment read the same file; a changed file is read anew."""
    table = reader(path)
    if not table.rows:
        raise TableError([f"`{path.name}` holds no rows"])
    return table


def _csv(path: Path) -> Table:
    problems: list[str] = []
    rows: list[Row] = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            doubled = sorted({name for name in header if header.count(name) > 1})
            if doubled:
                raise TableError(
                    [f"row 1 of `{path.name}` names the column `{name}` twice" for name in doubled]
                )
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    problems.append(
                        f"row {reader.line_num} has {len(cells)} cells, the header {len(header)}"
                    )
                rows.append(
                    Row(reader.line_num, dict(zip(header, map(str.strip, cells), strict=False)))
                )
        except csv.Error as error:
            raise TableError(
                [f"row {reader.line_num} of `{path.name}` is not CSV: {error}"]
            ) from None
    if problems:
        raise TableError(problems)
    return Table(path.name, tuple(header), tuple(rows), typed=False)


def _json_lines(path: Path) -> Table:
    problems: list[str] = []
    rows: list[Row] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line, object_pairs_hook=_no_duplicates)
        except (ValueError, RecursionError) as error:
            problems.append(f"row {number} is not JSON: {error}")
            continue
        if not isinstance(values, dict):
            problems.append(f"row {number} is no JSON object")
            continue
        columns |= dict.fromkeys(values)
        rows.append(Row(number, values))
    if problems:
        raise TableError(problems)
    return Table(path.name, tuple(columns), tuple(rows), typed=True)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands twice")
    return values


def _parquet(path: Path) -> Table:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise TableError(
            ["reading Parquet needs pyarrow: pip install pyarrow, or write CSV"]
        ) from None
    try:
        table = parquet.read_table(path)
    except ArrowException as error:
        raise TableError([f"`{path.name}` is not Parquet: {str(error).splitlines()[0]}"]) from None
    columns = {
        name: column.to_pylist()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    rows = tuple(Row(number, values) for number, values in enumerate(_transposed(columns), start=1))
    return Table(path.name, tuple(columns), rows, typed=True)


def _transposed(columns: Mapping[str, list]) -> Iterator[dict[str, Any]]:
    for cells in zip(*columns.values(), strict=True):
        yield dict(zip(columns, cells, strict=True))


_READERS = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}


def as_number(value: Any, typed: bool) -> float | None:
    """A finite number, or None. The texts of a CSV file are read as numbers; those of a typed file
    stay texts.
    """
    if isinstance(value, bool) or value is None or (typed and isinstance(value, str)):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, str) and "_" in value:
        return None
    return number if math.isfinite(number) else None


def as_label(value: Any, typed: bool) -> str | int | float | None:
    """A label as claims select it: whole numbers as int, texts as they are; None for what is no
    label.
    """
    number = as_number(value, typed)
    if number is not None:
        return int(number) if number == int(number) and abs(number) < 2**53 else number
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) and value and value.isprintable() else None
