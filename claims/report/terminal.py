"""The terminal summary: one line a claim, then counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from claims.evidence import ERROR, FAILED, INCONCLUSIVE, NOT_ASKED, PASSED, REFUTED, SUPPORTED, Evidence, figure, threshold_text

MARKS = {SUPPORTED: "✓", REFUTED: "✗", INCONCLUSIVE: "?", ERROR: "!", None: "-"}
COLORS = {PASSED: {"green": True}, FAILED: {"red": True}, ERROR: {"red": True}, NOT_ASKED: {"light": True}}


def summarize(reporter, evidence: Sequence[Evidence], asked: int, written: Path | None) -> None:
    """Write the summary of a run through pytest's terminal reporter."""
    reporter.section("claims", "=")
    several = len({e.setting for e in evidence}) > 1
    for one in evidence:
        reporter.write_line(line(one, several), **COLORS[one.outcome])
    reporter.write_line(counts(evidence, asked))
    if written is not None:
        reporter.write_line(f"results: {written}")


def line(evidence: Evidence, with_setting: bool = False) -> str:
    """Verdict, estimate, interval, threshold and n of one claim."""
    name = evidence.id + (f"@{evidence.setting}" if with_setting else "")
    if evidence.outcome == NOT_ASKED:
        return f"- not asked     {name}: {evidence.reason}"
    if evidence.verdict == ERROR:
        return f"! error         {name}: {evidence.reason}"
    figures = f"{figure(evidence.estimate)} [{figure(evidence.low)}, {figure(evidence.high)}] vs {threshold_text(evidence.threshold)}"
    text = f"{MARKS[evidence.verdict]} {evidence.verdict:<13} {name:<33} {figures}  n={evidence.n_seeds}"
    if evidence.outcome == FAILED:
        text += f"  FAILED: expected {evidence.expected or 'nothing yet'}"
    if evidence.verdict == INCONCLUSIVE and evidence.seeds_needed:
        text += f"  (~{evidence.seeds_needed} seeds would decide)"
    return text


def counts(evidence: Sequence[Evidence], asked: int) -> str:
    """How many claims came out how, and how many as expected."""
    verdicts = Counter(e.verdict for e in evidence if e.verdict)
    outcomes = Counter(e.outcome for e in evidence)
    parts = [f"{verdicts[v]} {v}" for v in (SUPPORTED, REFUTED, INCONCLUSIVE, ERROR) if verdicts[v]]
    if outcomes[NOT_ASKED]:
        parts.append(f"{outcomes[NOT_ASKED]} not asked")
    text = f"{len(evidence)} claims: {', '.join(parts)}; {outcomes[PASSED]} as expected"
    return text if len(evidence) == asked else f"{text} (partial: {asked} were to be judged)"
