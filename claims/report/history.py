"""The history of claims: a folder of result files, one a commit, and a page of them.

The page shows each claim's estimate over commits, with a mark where it changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from claims.comparison.changes import ClaimChange
from claims.comparison.drift import LEVEL, compare
from claims.evidence import Evidence
from claims.report.tracks import Point, Track
from claims.report.wording import MARKS, WORDS, headline
from claims.result_file import Result, ResultFileError, read_result

FILE_NAME = "history.html"


def read_history(folder: Path) -> list[Result]:
    """Every result of a whole run in a folder, the oldest first.

    Raises ResultFileError where there is none, or one that cannot be read.
    """
    results = [read_result(path) for path in sorted(folder.glob("*.json"))]
    results = [result for result in results if not result.partial]
    if not results:
        raise ResultFileError(
            f"{folder}: no whole result file there; "
            f"pytest claims/ --claims-history={folder} adds one"
        )
    return sorted(results, key=_when)


def entry_name(result: Result) -> str:
    """The name of a result's file: `2026-11-22T12-00-00_1a2b3c4d5e_0.json`.

    Sorted by time in any listing; one a commit and seed base.
    """
    env = result.environment
    when = re.sub(r"[^0-9T]", "-", str(env.get("commit_date") or env.get("created") or "")[:19])
    commit = str(env.get("commit") or "no-commit")[:10] + ("-changed" if env.get("dirty") else "")
    return f"{when}_{commit}_{env.get('seed_base', 0)}.json"


def label(result: Result) -> str:
    """A result's name on the page: its commit, or when it was made."""
    env = result.environment
    commit = str(env.get("commit") or "")[:7]
    return (commit + ("+" if env.get("dirty") else "")) or str(
        env.get("created") or result.path.stem
    )[:16]


def tracks(results: Sequence[Result]) -> list[Track]:
    """Every claim's points, each compared with the one at which the claim last changed.

    So slow drift adds up until it is seen. The chance of any false mark on the page is at most
    `LEVEL`: it is shared out over the results.
    """
    level = LEVEL / max(1, len(results) - 1)
    references: dict[tuple[str, str], tuple[Result, Evidence]] = {}
    points: dict[tuple[str, str], list[Point]] = {}
    for place, result in enumerate(results):
        changes = _changes(references, result, level)
        for e in result.claims:
            key = (e.id, e.setting)
            change = changes.get(key)
            if key not in references or change is not None:
                references[key] = (result, e)
            points.setdefault(key, []).append(Point(place, e, change))
    return [Track(*key, tuple(found)) for key, found in points.items()]


def _changes(
    references: dict[tuple[str, str], tuple[Result, Evidence]], result: Result, level: float
) -> dict[tuple[str, str], ClaimChange]:
    """The changes of one result from the evidence that each claim is compared with."""
    if not references:
        return {}
    before = tuple(e for _, e in references.values())
    reference = replace(next(iter(references.values()))[0], claims=before, partial=False)
    return {
        (c.id, c.setting): c
        for c in compare(reference, result, level).changes
        if c.old is not None
        and c.new is not None
        and (c.moved or c.old.verdict != c.new.verdict or c.old.expression != c.new.expression)
    }


def history_page(results: Sequence[Result]) -> str:
    """The page as text. matplotlib draws its figures, one a claim."""
    from claims.report.history_plot import trajectory
    from claims.report.page import CLASSES, environment

    found = tracks(results)
    figures = {
        (t.id, t.setting): trajectory(t, [label(r) for r in results], f"h{i}")
        for i, t in enumerate(found)
    }
    return (
        environment()
        .get_template("history.html")
        .render(
            results=results,
            labels=[label(r) for r in results],
            tracks=found,
            figures=figures,
            classes=CLASSES,
            marks=MARKS,
            words=WORDS,
            changed=[t for t in found if t.changes],
            headline=headline,
            level=LEVEL,
        )
    )


def _when(result: Result) -> tuple[str, str]:
    env = result.environment
    return _utc(env.get("commit_date") or env.get("created")), _utc(
        env.get("created")
    ) or result.path.name


def _utc(when: str | None) -> str:
    """A time in UTC, so that texts sort by it: commits carry their author's time zone."""
    try:
        return datetime.fromisoformat(when).astimezone(UTC).isoformat() if when else ""
    except ValueError:
        return ""
