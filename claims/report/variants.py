"""The reports of `--claims-variants`: `variants.json`, `variants.md`, `variants.html`, and a few
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
    Share,
    VerdictChange,
    verdict_change,
)
from claims.evidence import plain
from claims.report.github import step_summary
from claims.report.markdown import plain as as_text
from claims.report.wording import MARKS
from claims.result_file import result_text, write_atomic
from claims.schema.variants import format_value
from claims.variants_results import ExperimentVariants, VariantsResults

if TYPE_CHECKING:
    pass

VERSION = 2  # of variants.json
STEM = "variants"


@dataclass(frozen=True)
class PublishedVariants:
    """The files that were written, and what is in them."""

    experiments: tuple[ExperimentVariants, ...]
    paths: tuple[Path, ...]
    partial: bool


def publish_variants(results: VariantsResults, folder: Path) -> PublishedVariants:
    """Write all reports. Variants that were deselected, or not reached, are missing in each of
    them, and each says so.
    """
    experiments, env, partial = results.experiments, results.environment, results.partial
    texts = {
        ".json": result_text(variants_json(experiments, env, partial)),
        ".md": markdown(experiments, partial),
        ".html": page(experiments, env, partial),
    }
    step_summary(texts[".md"], os.environ)
    paths = tuple(write_atomic(folder / f"{STEM}{suffix}", text) for suffix, text in texts.items())
    return PublishedVariants(experiments, paths, partial)


def variants_json(
    experiments: Sequence[ExperimentVariants], env: Mapping[str, Any], partial: bool
) -> dict[str, Any]:
    """The content of variants.json: every verdict and figure, as plain JSON data."""
    return plain(
        {
            "version": VERSION,
            "partial": partial,
            "environment": env,
            "experiments": [_experiment_json(experiment) for experiment in experiments],
        }
    )


def _experiment_json(experiment: ExperimentVariants) -> dict[str, Any]:
    table = experiment.table
    variants = [
        {"name": v.name, "changes": dict(v.changes), "drawn": v.number is not None}
        for v in table.variants
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
            "variants": [
                row and {k: v for k, v in asdict(row).items() if k != "id"}
                for row in table.rows[claim.id]
            ],
        }
        for claim, s in zip(experiment.claims, experiment.summaries, strict=True)
    ]
    return {
        "experiment": table.experiment,
        "setting": table.setting,
        "seeds": experiment.seeds,
        "sample_seed": experiment.sample_seed,
        "written": dict(experiment.written),
        "variants": variants,
        "claims": claims,
        "choices": [asdict(effect) for effect in experiment.effects],
    }


def headline(experiment: ExperimentVariants) -> str:
    """One line: how many variants, how many claims, how many of them the same in all."""
    same = sum(s.same_everywhere for s in experiment.summaries)
    n_reversed = sum(
        any(choice.change is VerdictChange.REVERSED for choice in s.decisive_choices)
        for s in experiment.summaries
    )
    n, n_all = experiment.n_judged, len(experiment.table.variants)
    partial = f" (partial: of {n_all})" if n < n_all else ""
    return (
        f"{experiment.table.experiment} ({experiment.table.setting}): {len(experiment.claims)} "
        f"claims under {n} variants{partial} on {experiment.seeds} seeds;"
        f" {same} with one verdict in all, {n_reversed} reversed by a single choice"
    )


def markdown(experiments: Sequence[ExperimentVariants], partial: bool) -> str:
    """The tables as GitHub shows them; whatever a claim's text holds stays text."""
    parts = ["## Variants of the settings", ""]
    parts += ["**Partial**: not all variants were judged.", ""] if partial else []
    for experiment in experiments:
        parts += [
            f"{as_text(headline(experiment))}.",
            "",
            *_claims_table(experiment),
            "",
            *_choices_table(experiment),
            "",
        ]
    return "\n".join(parts)


def _claims_table(experiment: ExperimentVariants) -> Iterator[str]:
    yield from (
        "| claim | as written | ✓ | ✗ | ? | ! | what it depends on |",
        "|---|---|---|---|---|---|---|",
    )
    for s in experiment.summaries:
        counts = " | ".join(
            str(s.counts.get(verdict, 0))
            for verdict in ("supported", "refuted", "inconclusive", "error")
        )
        yield (
            f"| **{as_text(s.id)}** | {MARKS[s.verdict]} {s.verdict or 'not asked'} | {counts} "
            f"| {as_text(s.sentence())} |"
        )


def _choices_table(experiment: ExperimentVariants) -> Iterator[str]:
    alone = " | ".join(f"{COUNTED[change]} alone" for change in DIFFERENT)
    yield from (
        f"| choice | as written | {alone} | different in combinations with it | without it |",
        "|---|---|---|---|---|---|---|---|",
    )
    for e in experiment.effects:
        cells = [
            as_text(f"{e.path} {format_value(e.value)}"),
            as_text(format_value(experiment.written[e.path])),
            *(str(e.alone.get(change, 0)) for change in DIFFERENT),
            format_share(e.contrast.with_choice),
            format_share(e.contrast.without_choice),
        ]
        yield f"| {' | '.join(cells)} |"


def format_share(share: Share) -> str:
    """`12 % (4 % reversed)`, or a dash where nothing was counted."""
    if not share.n:
        return "–"
    different, reversed_ = 100 * share.different / share.n, 100 * share.reversed / share.n
    return f"{different:.0f} % ({reversed_:.0f} % reversed)"


def page(experiments: Sequence[ExperimentVariants], env: Mapping[str, Any], partial: bool) -> str:
    """The page: verdicts by choice, then each claim's specification curve."""
    from claims.report.page import CLASSES
    from claims.report.page import environment as templates
    from claims.report.variants_plot import curve

    curves = {
        (i, s.id): curve(experiment.table, s.id, f"v{i}-{j}")
        for i, experiment in enumerate(experiments)
        for j, s in enumerate(experiment.summaries)
        if s.verdict is not None
    }
    return (
        templates()
        .get_template("variants.html")
        .render(
            experiments=experiments,
            curves=curves,
            environment=env,
            partial=partial,
            headline=headline,
            format_value=format_value,
            format_share=format_share,
            marks=MARKS,
            classes=CLASSES,
            verdict_change=verdict_change,
            different=DIFFERENT,
            counted=COUNTED,
            reversed=VerdictChange.REVERSED,
        )
    )


def terminal_lines(
    published: PublishedVariants, width: int, *, quiet: bool = False
) -> Iterator[str]:
    """The terminal's table: each claim and what it depends on. `quiet`: only the counts."""
    for experiment in published.experiments:
        yield headline(experiment)
        for s in experiment.summaries if not quiet else ():
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
