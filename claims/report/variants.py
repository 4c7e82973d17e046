"""What `--variants` leaves behind: `variants.json`, `variants.md` and `variants.html`, and a few
lines in the terminal.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.comparison.sensitivity import (
    COUNTED,
    DIFFERENT,
    Effect,
    Fate,
    Sensitivity,
    Share,
    Table,
    effects,
    fate,
    sensitivity,
)
from claims.evidence import plain
from claims.provenance import environment
from claims.report.github import step_summary
from claims.report.markdown import plain as as_text
from claims.report.result_file import result_text, write_whole
from claims.report.wording import MARKS
from claims.schema.variants import settings_of, told
from claims.variants import Case, Reread, cases, claims_of

if TYPE_CHECKING:
    from claims.run import Run
    from claims.schema import Claim

VERSION = 1
STEM = "variants"


@dataclass(frozen=True)
class Chapter:
    """One experiment in one setting: what came out, its claims, and the summary of each."""

    table: Table
    claims: tuple[Claim, ...]
    summaries: tuple[Sensitivity, ...]
    effects: tuple[Effect, ...]
    seeds: int
    sample_seed: int
    written: Mapping[str, Any]  # {path: value} of the settings that choices are made of

    @property
    def judged(self) -> int:
        """Readings that were judged."""
        return sum(
            any(rows[i] is not None for rows in self.table.rows.values())
            for i in range(len(self.table.readings))
        )

    @property
    def single(self) -> list[int]:
        """Columns of the readings that make at most one choice."""
        return [i for i, reading in enumerate(self.table.readings) if not reading.number]


@dataclass(frozen=True)
class PublishedVariants:
    """What was written, and what it says."""

    chapters: tuple[Chapter, ...]
    paths: tuple[Path, ...]
    partial: bool


def publish_variants(run: Run, found: Mapping[str, Reread], folder: Path) -> PublishedVariants:
    """Write everything. Readings that were left out, or not reached, are missing in all of it, and
    it says so.
    """
    every = list(cases(run))
    chapters = tuple(chapters_of(run, every, found))
    partial = any(case.name not in found for case in every)
    env = environment(run)
    texts = {
        ".json": result_text(data(chapters, env, partial)),
        ".md": markdown(chapters, partial),
        ".html": page(chapters, env, partial),
    }
    step_summary(texts[".md"], os.environ)
    paths = tuple(write_whole(folder / f"{STEM}{suffix}", text) for suffix, text in texts.items())
    return PublishedVariants(chapters, paths, partial)


def chapters_of(run: Run, every: Sequence[Case], found: Mapping[str, Reread]) -> Iterator[Chapter]:
    """A chapter for every experiment and setting of which some reading was judged."""
    for experiment, setting in dict.fromkeys((case.experiment, case.setting) for case in every):
        members = [
            case for case in every if (case.experiment, case.setting) == (experiment, setting)
        ]
        if not any(case.name in found for case in members):
            continue
        claims, variants = claims_of(run, experiment), run.suite.variants[experiment]
        rows = [
            {row.id: row for row in found[case.name].rows} if case.name in found else {}
            for case in members
        ]
        table = Table(
            experiment,
            setting,
            tuple(case.reading for case in members),
            {c.id: tuple(by_id.get(c.id) for by_id in rows) for c in claims},
        )
        own = settings_of(run.suite.experiments[experiment], setting)
        yield Chapter(
            table,
            claims,
            tuple(sensitivity(table, claim.id) for claim in claims),
            tuple(effects(table)),
            variants.seeds,
            variants.sample_seed,
            {path: own.get(path) for path in variants.choices},
        )


def data(chapters: Sequence[Chapter], env: Mapping[str, Any], partial: bool) -> dict[str, Any]:
    """The content of variants.json: every verdict and figure, plain."""
    return plain(
        {
            "version": VERSION,
            "partial": partial,
            "environment": env,
            "experiments": [_experiment(chapter) for chapter in chapters],
        }
    )


def _experiment(chapter: Chapter) -> dict[str, Any]:
    table = chapter.table
    readings = [
        {"name": r.name, "changes": dict(r.changes), "drawn": r.number is not None}
        for r in table.readings
    ]
    claims = [
        {
            "id": claim.id,
            "memo": claim.memo,
            "says": claim.says,
            "expression": claim.expression,
            "expected": claim.expected_in(table.setting),
            "sentence": s.sentence(),
            **asdict(s),
            "same_everywhere": s.same_everywhere,
            "readings": [
                row and {k: v for k, v in asdict(row).items() if k != "id"}
                for row in table.rows[claim.id]
            ],
        }
        for claim, s in zip(chapter.claims, chapter.summaries, strict=True)
    ]
    return {
        "experiment": table.experiment,
        "setting": table.setting,
        "seeds": chapter.seeds,
        "sample_seed": chapter.sample_seed,
        "written": dict(chapter.written),
        "readings": readings,
        "claims": claims,
        "choices": [asdict(effect) for effect in chapter.effects],
    }


def headline(chapter: Chapter) -> str:
    """One line: how many readings, how many claims, how many of them the same in all."""
    same = sum(s.same_everywhere for s in chapter.summaries)
    turned = sum(any(h.fate is Fate.TURNED for h in s.hinges) for s in chapter.summaries)
    n, of = chapter.judged, len(chapter.table.readings)
    left = f" (partial: of {of})" if n < of else ""
    return (
        f"{chapter.table.experiment} ({chapter.table.setting}): {len(chapter.claims)} "
        f"claims under {n} readings{left} on {chapter.seeds} seeds;"
        f" {same} with one verdict in all, {turned} turned by a single choice"
    )


def markdown(chapters: Sequence[Chapter], partial: bool) -> str:
    """The tables as GitHub shows them; whatever a claim's text holds stays text."""
    parts = ["## Readings of the memo", ""]
    parts += ["**Partial**: not all readings were judged.", ""] if partial else []
    for chapter in chapters:
        parts += [
            f"{as_text(headline(chapter))}.",
            "",
            *_claims_table(chapter),
            "",
            *_choices_table(chapter),
            "",
        ]
    return "\n".join(parts)


def _claims_table(chapter: Chapter) -> Iterator[str]:
    yield from (
        "| claim | as written | ✓ | ✗ | ? | ! | what it hangs on |",
        "|---|---|---|---|---|---|---|",
    )
    for s in chapter.summaries:
        counts = " | ".join(
            str(s.counts.get(verdict, 0))
            for verdict in ("supported", "refuted", "inconclusive", "error")
        )
        yield (
            f"| **{as_text(s.id)}** | {MARKS[s.verdict]} {s.verdict or 'not asked'} | {counts} "
            f"| {as_text(s.sentence())} |"
        )


def _choices_table(chapter: Chapter) -> Iterator[str]:
    yield from (
        "| choice | as written | turned alone | left open | decided | not measurable | "
        "different in combinations with it | without it |",
        "|---|---|---|---|---|---|---|---|",
    )
    for e in chapter.effects:
        alone = " | ".join(str(e.alone.get(what, 0)) for what in DIFFERENT)
        cells = [
            as_text(f"{e.path} {told(e.value)}"),
            as_text(told(chapter.written[e.path])),
            alone,
            percent(e.contrast.made),
            percent(e.contrast.left),
        ]
        yield f"| {' | '.join(cells)} |"


def percent(share: Share) -> str:
    """`12 % (4 % turned)`, or a dash where there is nothing to share."""
    if not share.n:
        return "–"
    return f"{100 * share.different / share.n:.0f} % ({100 * share.turned / share.n:.0f} % turned)"


def page(chapters: Sequence[Chapter], env: Mapping[str, Any], partial: bool) -> str:
    """The page: verdicts by choice, then each claim's specification curve."""
    from claims.report.page import CLASSES
    from claims.report.page import environment as templates
    from claims.report.variants_plot import curve

    curves = {
        (c, s.id): curve(chapter.table, s.id, f"v{c}-{i}")
        for c, chapter in enumerate(chapters)
        for i, s in enumerate(chapter.summaries)
        if s.verdict is not None
    }
    return (
        templates()
        .get_template("variants.html")
        .render(
            chapters=chapters,
            curves=curves,
            environment=env,
            partial=partial,
            headline=headline,
            told=told,
            percent=percent,
            marks=MARKS,
            classes=CLASSES,
            fate=fate,
            different=DIFFERENT,
            counted=COUNTED,
            turned=Fate.TURNED,
        )
    )


def lines(published: PublishedVariants, width: int, *, quiet: bool = False) -> Iterator[str]:
    """The terminal's table: each claim and what it hangs on. `quiet`: only the counts."""
    for chapter in published.chapters:
        yield headline(chapter)
        for s in chapter.summaries if not quiet else ():
            name = f"{s.id:<34} "
            yield from textwrap.wrap(
                f"{name}{s.sentence()}",
                max(60, width),
                subsequent_indent="    ",
                break_on_hyphens=False,
            )
    for path in published.paths if not quiet else ():
        near = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        yield f"{ {'.json': 'results', '.md': 'summary'}.get(path.suffix, 'page') }: {near}"
