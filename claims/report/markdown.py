"""claims.md: the results as GitHub shows them, in a step's summary or under a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from claims.evidence import ERROR, FAILED, Evidence
from claims.report.wording import (
    MARKS,
    WORDS,
    count_line,
    deciding_seeds,
    estimate,
    expectation,
    false_positive_rates,
    headline,
    interval,
    number,
    percent,
    thresholds,
)
from claims.result_file import Result

if TYPE_CHECKING:
    from claims.comparison.changes import Comparison

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$@&!])")


def markdown(result: Result, comparison: Comparison | None = None) -> str:
    """The results as Markdown. Texts of claims stay texts, whatever markup they hold."""
    parts = [
        "## Claims",
        "",
        count_line(result.claims, result.asked),
        "",
        *_failures(result.claims),
    ]
    if comparison is not None:
        parts += _drift(comparison)
    for memo in dict.fromkeys(e.memo for e in result.claims):
        parts += _memo(result, memo)
    return "\n".join([*parts, _environment(result), ""])


def plain(text: object) -> str:
    """A text with its markup escaped, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def _failures(evidence: Sequence[Evidence]) -> Iterator[str]:
    failed = [e for e in evidence if e.outcome in (FAILED, ERROR)]
    if failed:
        yield from ("### Not as expected", "")
        yield from (f"- **{plain(e.id)}**: {plain(e.explanation())}" for e in failed)
        yield ""


def _drift(comparison: Comparison) -> Iterator[str]:
    notable = [c for c in comparison.changes if c.notable]
    partial = (
        " The baseline is partial: what it lacks is not new." if comparison.old.partial else ""
    )
    yield from ("### Since the baseline", "")
    yield f"{'; '.join(f'{n} {change}' for change, n in comparison.counts().items())}.{partial}"
    yield ""
    yield from (
        f"- {'⚠ ' if c.drifted else ''}**{plain(c.id)}**: {plain(c.sentence())}" for c in notable
    )
    yield from (
        f"- environment: {plain(name)} was {plain(then)}, is {plain(now)}"
        for name, (then, now) in comparison.environment.items()
    )
    if notable or comparison.environment:
        yield ""


def _memo(result: Result, memo: str | None) -> Iterator[str]:
    about = result.about(memo)
    yield (
        f"### {plain(memo)}: {plain(about.get('title') or '')}"
        if memo is not None
        else "### Claims of no memo"
    )
    yield from (
        "",
        "| verdict | claim | estimate and interval | claimed | n | replication probability | "
        "false positive rate | |",
        "|---|---|---|---|---|---|---|---|",
    )
    for e in result.claims:
        if e.memo == memo:
            yield _row(e)
    yield ""
    if rows := about.get("reported"):
        yield from ("<details><summary>The memo's figures beside what was reproduced</summary>", "")
        yield from (
            "| figure | setting | reported | reproduced | interval |",
            "|---|---|---|---|---|",
        )
        yield from (
            f"| {plain(r['expression'])} | {plain(r.get('setting', ''))} | "
            f"{number(r['value'])} | {number(r['estimate'])} |"
            f" {plain(interval(r['low'], r['high'])) if r['estimate'] is not None else ''} |"
            for r in rows
        )
        yield from ("", "</details>", "")


def _row(e: Evidence) -> str:
    atom = headline(e)
    unexpected = f"**{plain(expectation(e))}**" if e.outcome in (FAILED, ERROR) else ""
    remarks = "; ".join(filter(None, (deciding_seeds(e), unexpected)))
    figures = (estimate(atom), thresholds(atom), e.n_seeds) if atom else (e.reason, "", "")
    cells = [
        f"{MARKS[e.verdict]} {WORDS[e.verdict]}",
        f"**{plain(e.id)}**<br>{plain(e.says or e.expression)}",
        *map(plain, figures),
        percent(e.replication_probability),
        false_positive_rates(e),
        remarks,
    ]
    return f"| {' | '.join(cells)} |"


def _environment(result: Result) -> str:
    env = result.environment
    shown = {"commit": (env.get("commit") or "")[:10]}
    shown |= {k: env.get(k) for k in ("device", "precision", "torch", "python", "seed_base")}
    text = ", ".join(f"{name} {value}" for name, value in shown.items() if value not in (None, ""))
    return f"<sub>{plain(text)}</sub>"
