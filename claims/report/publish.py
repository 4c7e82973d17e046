"""The reports of a run: result file, Markdown, page, comparison with a baseline, history."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from claims.report.published import Published, ReportOptions
from claims.result_file import (
    FILE_NAME,
    Result,
    ResultFileError,
    check_same_memo,
    collect,
    read_result,
    result_text,
    write_atomic,
)

if TYPE_CHECKING:
    from claims.results import RunResults
    from claims.schema import Suite

PARTIAL_NAME = "claims.partial.json"


def read_baseline(path: Path, suite: Suite) -> Result:
    """The result file that a run of the suite is compared with.

    Raises ResultFileError for a file that is no result file, or that is of another memo.
    """
    result = read_result(path)
    check_same_memo(
        path,
        {e.memo for e in result.claims if e.memo is not None},
        suite.path.name,
        {claim.memo for claim in suite.claims if claim.memo is not None},
    )
    return result


def publish(results: RunResults, options: ReportOptions) -> Published:
    """Write every report.

    A partial run is marked as such in each; it replaces no baseline and is not added to a history.
    """
    from claims.comparison.drift import compare
    from claims.report.github import step_summary
    from claims.report.markdown import markdown
    from claims.report.page import page

    data = collect(results)
    path, notes = _target(options, results.partial)
    result = Result.from_json(data, path)
    comparison = compare(options.baseline, result) if options.baseline and result.claims else None
    texts = {
        ".json": result_text(data),
        ".md": markdown(result, comparison),
        ".html": page(result, comparison),
    }
    paths = [write_atomic(path.with_suffix(suffix), text) for suffix, text in texts.items()]
    if options.history is not None:
        more, note = _add_to_history(options.history, result, texts[".json"])
        paths, notes = [*paths, *more], [*notes, *note]
    step_summary(texts[".md"], os.environ)
    failed = False
    if options.fail_on_drift and comparison is not None and comparison.drifted:
        failed = True
        notes.append(
            f"drift: {len(comparison.drifted)} of {len(comparison.changes)} claims; this "
            "run fails (--claims-fail-on=drift)"
        )
    return Published(result, tuple(paths), comparison, tuple(notes), failed)


def _target(options: ReportOptions, partial: bool) -> tuple[Path, list[str]]:
    """Where the result file goes, and a note where that is not the usual place."""
    path, baseline = options.folder / FILE_NAME, options.baseline
    if partial and baseline is not None and baseline.path.resolve() == path.resolve():
        return options.folder / PARTIAL_NAME, [
            f"{path} is the baseline and stays as it is: this run is partial"
        ]
    return path, []


def _add_to_history(folder: Path, result: Result, text: str) -> tuple[list[Path], list[str]]:
    """Write a whole run's result to the history, one file a commit, and its page anew.

    Returns the paths written, and notes on what was not.
    """
    from claims.report.history import FILE_NAME as PAGE
    from claims.report.history import entry_name, history_page, read_history

    if result.partial:
        return [], [f"{folder}: not added to the history: this run is partial"]
    written = [write_atomic(folder / entry_name(result), text)]
    try:
        return [*written, write_atomic(folder / PAGE, history_page(read_history(folder)))], []
    except ResultFileError as error:
        return written, [f"the page of the history was not written: {error}"]
