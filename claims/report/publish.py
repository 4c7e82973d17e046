"""What a run leaves behind: result file, Markdown and page, the comparison with a baseline, and a
place in the history.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from claims.evidence import Evidence
from claims.report.result_file import (
    FILE_NAME,
    Result,
    ResultFileError,
    collect,
    read_result,
    refuse_other_memo,
    result_text,
    write_whole,
)

if TYPE_CHECKING:
    from claims.comparison.changes import Comparison
    from claims.run import Run

PARTIAL_NAME = "claims.partial.json"


@dataclass(frozen=True)
class ReportOptions:
    """What the command line asks of the reports. `baseline` was read before anything was
    trained.
    """

    folder: Path
    baseline: Result | None = None
    fail_on_drift: bool = False
    history: Path | None = None


@dataclass(frozen=True)
class Published:
    """What was written, and what it says of drift."""

    result: Result
    paths: tuple[Path, ...]
    comparison: Comparison | None
    notes: tuple[str, ...] = field(default=())
    failed_on_drift: bool = False


def baseline_of(path: Path, run: Run) -> Result:
    """The baseline of a run. Raises ResultFileError for a file that is none, or speaks of another
    memo.
    """
    result = read_result(path)
    memos = {claim.memo for claim in run.suite.claims if claim.memo is not None}
    refuse_other_memo(
        path, {e.memo for e in result.claims if e.memo is not None}, run.suite.path.name, memos
    )
    return result


def publish(run: Run, evidence: Sequence[Evidence], asked: int, wishes: ReportOptions) -> Published:
    """Write everything. A partial run says so in all of it, and replaces no baseline and no
    history.
    """
    from claims.comparison.drift import compare
    from claims.report.github import step_summary
    from claims.report.markdown import markdown
    from claims.report.page import page

    data = collect(run, evidence, asked=asked)
    path, notes = _target(wishes, data["partial"])
    result = Result.of(data, path)
    comparison = compare(wishes.baseline, result) if wishes.baseline and evidence else None
    texts = {
        ".json": result_text(data),
        ".md": markdown(result, comparison),
        ".html": page(result, comparison),
    }
    paths = [write_whole(path.with_suffix(suffix), text) for suffix, text in texts.items()]
    if wishes.history is not None:
        more, note = _remember(wishes.history, result, texts[".json"])
        paths, notes = [*paths, *more], [*notes, *note]
    step_summary(texts[".md"], os.environ)
    failed = bool(wishes.fail_on_drift and comparison and comparison.drifted)
    if failed:
        notes.append(
            f"drift: {len(comparison.drifted)} of {len(comparison.changes)} claims; this "
            "run fails (--claims-fail-on=drift)"
        )
    return Published(result, tuple(paths), comparison, tuple(notes), failed)


def _target(wishes: ReportOptions, partial: bool) -> tuple[Path, list[str]]:
    path = wishes.folder / FILE_NAME
    if partial and wishes.baseline is not None and wishes.baseline.path.resolve() == path.resolve():
        return wishes.folder / PARTIAL_NAME, [
            f"{path} is the baseline and stays as it is: this run is partial"
        ]
    return path, []


def _remember(folder: Path, result: Result, text: str) -> tuple[list[Path], list[str]]:
    """A whole run's result goes into the history, one file a commit, and the page of the history is
    written anew.
    """
    from claims.report.history import FILE_NAME as PAGE
    from claims.report.history import entry_name, history_page, read_history

    if result.partial:
        return [], [f"{folder}: not added to the history: this run is partial"]
    written = [write_whole(folder / entry_name(result), text)]
    try:
        return [*written, write_whole(folder / PAGE, history_page(read_history(folder)))], []
    except ResultFileError as error:
        return written, [f"the page of the history was not written: {error}"]
