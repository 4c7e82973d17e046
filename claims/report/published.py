"""What is asked of the reports of a run, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claims.comparison.changes import Comparison
    from claims.result_file import Result


@dataclass(frozen=True)
class ReportOptions:
    """What the command line asks of the reports.

    `baseline` is the file as it was before the run; `history` the folder that this run is added to.
    """

    folder: Path
    baseline: Result | None = None
    fail_on_drift: bool = False
    history: Path | None = None


@dataclass(frozen=True)
class Published:
    """The result, the files that were written, and the comparison with the baseline."""

    result: Result
    paths: tuple[Path, ...]
    comparison: Comparison | None
    notes: tuple[str, ...] = field(default=())
    failed_on_drift: bool = False
