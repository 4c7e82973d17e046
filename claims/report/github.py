"""What a run adds to a GitHub workflow: a step summary, an annotation for each failing claim."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from claims.evidence import ERROR, FAILED, Evidence

if TYPE_CHECKING:
    import pytest

    from claims.comparison.changes import ClaimChange
    from claims.report.published import Published
    from claims.schema import Suite

LARGEST = 1_000_000  # bytes; GitHub refuses a step's summary beyond 1 MiB
CUT = "\n\n…cut here: the whole summary is in claims.md.\n"


def step_summary(text: str, environment: Mapping[str, str]) -> Path | None:
    """Append to the file that `GITHUB_STEP_SUMMARY` names; returns its path, None without one."""
    name = environment.get("GITHUB_STEP_SUMMARY")
    if not name:
        return None
    data = text.encode("utf-8")
    if len(data) > LARGEST:
        data = data[:LARGEST].rpartition(b"\n")[0] + CUT.encode("utf-8")
    with Path(name).open("ab") as file:
        file.write(data)
    return Path(name)


def annotate(reporter: pytest.TerminalReporter, suite: Suite, published: Published) -> None:
    """Print the annotations of a run, each on a line of its own.

    The claim file is named relative to the repository.
    """
    file = os.path.relpath(suite.path, os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    drifted = published.comparison.drifted if published.comparison else ()
    lines = {claim.id: claim.line for claim in suite.claims}
    for command in workflow_commands(published.result.claims, drifted, lines, file):
        reporter.ensure_newline()
        reporter.write_line(command)


def workflow_commands(
    evidence: Iterable[Evidence],
    drifted: Iterable[ClaimChange],
    lines: Mapping[str, int],
    file: str,
) -> Iterator[str]:
    """An error for each claim that fails, at its line of the claim file; a warning for each that
    drifted.
    """
    for e in evidence:
        if e.outcome in (FAILED, ERROR):
            yield _command("error", file, lines.get(e.id), f"{e.id}: {e.verdict}", e.explanation())
    for change in drifted:
        yield _command(
            "warning", file, lines.get(change.id), f"{change.id}: drift", change.sentence()
        )


def _command(level: str, file: str, line: int | None, title: str, message: str) -> str:
    place = f"file={_property(file)}" + (f",line={line}" if line else "")
    return f"::{level} {place},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """A message as GitHub's runner reads it: on one line, whatever a claim holds."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
