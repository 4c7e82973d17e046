"""The terminal summary: a table by memo, every atom with -v, failures alone with -q."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from claims.evidence import ERROR, FAILED, INCONCLUSIVE, NOT_ASKED, PASSED, Evidence
from claims.report import forest
from claims.report.wording import (
    MARKS,
    PLAIN_MARKS,
    WORDS,
    bindings,
    count_line,
    deciding_seeds,
    estimate,
    expectation,
    headline,
    thresholds,
)

if TYPE_CHECKING:
    import pytest

    from claims.comparison.changes import Comparison
    from claims.report.published import Published

COLORS = {
    PASSED: {"green": True},
    FAILED: {"red": True},
    ERROR: {"red": True},
    NOT_ASKED: {"light": True},
}
NARROW, WIDE = 80, 118
PLAIN = str.maketrans({"−": "-", "–": "-", "×": "x", "∞": "inf", "✓": "+", "✗": "x"})


def summarize(reporter: pytest.TerminalReporter, published: Published) -> None:
    """Write the summary of a run through pytest's terminal reporter."""
    verbosity = reporter.config.get_verbosity()
    result = published.result
    plain = not _can_draw(reporter)
    width = max(40, reporter._tw.fullwidth)  # pytest's own reporters read it there
    several = len({e.setting for e in result.claims}) > 1
    reporter.section("claims", "=")
    for memo in dict.fromkeys(e.memo for e in result.claims):
        members = [e for e in result.claims if e.memo == memo]
        if verbosity < 0:
            members = [e for e in members if e.outcome in (FAILED, ERROR)]
        if not members:
            continue
        if verbosity >= 0:
            reporter.write_line(_clean(_title(memo, result.about(memo), width), plain), bold=True)
        for one in members:
            for text, markup in rows(
                one, width, plain=plain, every_atom=verbosity > 0, with_setting=several
            ):
                reporter.write_line(_clean(text, plain), **markup)
    if published.comparison is not None:
        reporter.section("since the baseline", "-")
        for text in drift_lines(published.comparison, width, everything=verbosity > 0):
            reporter.write_line(_clean(text, plain))
    if verbosity >= 0:
        reporter.write_line(
            _clean(
                "├─●─┤ interval and estimate on each claim's own scale; │ its threshold; "
                "right of it the claim holds",
                plain,
            ),
            light=True,
        )
    reporter.write_line(count_line(result.claims, result.asked))
    for path in published.paths if verbosity >= 0 else published.paths[:1]:
        reporter.write_line(f"{_what(path)}: {_near(path)}")
    for note in published.notes:
        reporter.write_line(note)


def rows(
    evidence: Evidence,
    width: int,
    *,
    plain: bool = False,
    every_atom: bool = False,
    with_setting: bool = False,
) -> Iterator[tuple[str, dict[str, bool]]]:
    """A claim's lines, each with its markup.

    Name and verdict; plot and figures; what was expected, and the seeds that would decide it.
    """
    name = evidence.id + (f"@{evidence.setting}" if with_setting else "")
    mark = (PLAIN_MARKS if plain else MARKS)[evidence.verdict]
    verdict = f"{mark} {WORDS[evidence.verdict]:<12}"
    atom = headline(evidence)
    colour = COLORS[evidence.outcome]
    if atom is None:
        yield from (
            (line, colour) for line in _wrapped(f"{verdict} {name}: {evidence.reason}", width, 15)
        )
        return
    figures = (
        f"{forest.text(forest.row(atom), plain=plain)}  {estimate(atom)} claimed "
        f"{thresholds(atom)}, n = {evidence.n_seeds}"
    )
    if width >= WIDE and len(name) <= 34:
        yield f"{verdict} {name:<34} {figures}", colour
    else:
        yield f"{verdict} {name}", colour
        yield f"    {figures}", {}
    if evidence.outcome == FAILED:
        yield f"{'':15}NOT AS EXPECTED: {expectation(evidence)}", {"red": True, "bold": True}
    if evidence.verdict == INCONCLUSIVE:
        yield from (
            (line, {"light": True})
            for line in _wrapped(f"{'':15}{deciding_seeds(evidence)}", width, 15)
        )
    for other in evidence.atoms if every_atom and len(evidence.atoms) > 1 else ():
        label = f"{other.expression}{f' ({bindings(other)})' if other.bindings else ''}"
        yield (
            f"      {forest.text(forest.row(other), plain=plain)}  {estimate(other)}  "
            f"{WORDS[other.verdict]}",
            {"light": True},
        )
        yield from ((line, {"light": True}) for line in _wrapped(f"{'':10}{label}", width, 10))


def drift_lines(comparison: Comparison, width: int, *, everything: bool = False) -> Iterator[str]:
    """What changed since the baseline. `everything`: also claims that did not change."""
    shown = [c for c in comparison.changes if c.notable or (everything and c.shift is not None)]
    for change in shown:
        yield from _wrapped(
            f"{'! ' if change.drifted else '  '}{change.id}: {change.sentence()}", width, 4
        )
    yield from _wrapped(
        "; ".join(f"{n} {change}" for change, n in comparison.counts().items()) or "no claims",
        width,
        2,
    )
    if comparison.n_tests:
        yield from _wrapped(
            f"{comparison.n_tests} estimates compared; intervals of those that moved are "
            "corrected for that many",
            width,
            2,
        )
    for name, (then, now) in comparison.environment.items():
        yield from _wrapped(f"environment: {name} was {then}, is {now}", width, 4)


def _title(memo: str | None, about: Mapping, width: int) -> str:
    title = f"{memo}  {about.get('title') or ''}" if memo is not None else "claims of no memo"
    return textwrap.shorten(title, width, placeholder="…")


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.strip(),
        width,
        initial_indent=lead,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    ) or [text]


def _can_draw(reporter: pytest.TerminalReporter) -> bool:
    """Whether the terminal's encoding has the characters of the table."""
    encoding = getattr(getattr(reporter._tw, "_file", None), "encoding", None) or "ascii"
    try:
        "├─●┤✓✗−×∞…".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _clean(text: str, plain: bool) -> str:
    """The text, in ASCII where `plain`."""
    return (
        text.translate(PLAIN).replace("…", "...").replace("├─●─┤", "[-o-]").replace("│", "|")
        if plain
        else text
    )


def _near(path: Path) -> Path:
    """The path from the current folder, where it lies in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _what(path: Path) -> str:
    return {".json": "results", ".html": "page", ".md": "summary"}.get(path.suffix, "file")
