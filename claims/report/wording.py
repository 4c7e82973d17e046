"""How every report writes verdicts, figures and counts: in words and marks, not in colour alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from claims.evidence import (
    ERROR,
    FAILED,
    INCONCLUSIVE,
    NOT_ASKED,
    PASSED,
    REFUTED,
    SUPPORTED,
    AtomEvidence,
    Evidence,
    NoVerdict,
    Verdict,
    shown,
)

MARKS = {SUPPORTED: "✓", REFUTED: "✗", INCONCLUSIVE: "?", ERROR: "!", None: "–"}
PLAIN_MARKS = {SUPPORTED: "+", REFUTED: "x", INCONCLUSIVE: "?", ERROR: "!", None: "-"}
WORDS = {
    SUPPORTED: "supported",
    REFUTED: "refuted",
    INCONCLUSIVE: "inconclusive",
    ERROR: "error",
    None: "not asked",
}
NO_VERDICT = tuple(map(str, NoVerdict))
UNMEASURED = NoVerdict.MEASUREMENT_FAILED.sentence  # files of version 1 have no codes
MANY_SEEDS = 100_000  # beyond this a number of seeds is no advice


def headline(evidence: Evidence) -> AtomEvidence | None:
    """The weakest atom, whose figures stand for the claim's."""
    return evidence.atoms[evidence.headline] if evidence.atoms else None


def number(value: float | None) -> str:
    """Three significant digits with a true minus sign; a dash for no number."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if 1e-4 <= size < 1e3 or not size:
        text = f"{value:.3g}"
    else:
        text = (
            f"{float(f'{value:.3g}'):.0f}"
            if 1e3 <= size < 1e5
            else f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
        )
    return text.replace("-", "−")


def bound(value: float | None, sign: str) -> str:
    """An end of an interval, infinite for no number."""
    return f"{sign}∞" if value is None or not math.isfinite(value) else number(value)


def interval(low: float | None, high: float | None) -> str:
    """`[0.55, 0.85]`, ends infinite for no number."""
    return f"[{bound(low, '−')}, {bound(high, '')}]"


def estimate(atom: AtomEvidence) -> str:
    """`−0.0050 [−0.0061, −0.0041]`, ratios as ratios."""
    value, low, high = (shown(x, atom.log) for x in (atom.estimate, atom.low, atom.high))
    return (
        f"{'×' if atom.log and value is not None else ''}{number(value)} "
        f"{interval(low, high) if not atom.log else ratio_interval(low, high)}"
    )


def ratio_interval(low: float | None, high: float | None) -> str:
    """`interval` of a ratio: 0 is its lowest end."""
    return f"[{'0' if low is None else number(low)}, {bound(high, '')}]"


def thresholds(atom: AtomEvidence) -> str:
    """What is claimed of the estimate: `< 0`, `0.55 to 0.85`.

    Only the number where the result file does not say the side.
    """
    lower, upper = (shown(x, atom.log) for x in (atom.lower, atom.upper))
    if lower is not None and upper is not None:
        return f"{number(lower)} to {number(upper)}"
    if lower is None and upper is None:
        ends = atom.threshold if isinstance(atom.threshold, Sequence) else [atom.threshold]
        return " to ".join(number(shown(end, atom.log)) for end in ends)
    return f"> {number(lower)}" if upper is None else f"< {number(upper)}"


def bindings(atom: AtomEvidence) -> str:
    """`credit = vec, epoch = 5`: what the variables of the claim stand for in this atom."""
    return ", ".join(f"{name} = {value}" for name, value in atom.bindings.items())


def deciding_seeds(evidence: Evidence) -> str:
    """How many seeds would decide an inconclusive claim, or why that is not known; else nothing."""
    if evidence.verdict != INCONCLUSIVE:
        return ""
    if evidence.seeds_needed is None:
        return (
            "no number of seeds is known to decide "
            f"it{f': {evidence.reason}' if evidence.reason else ''}"
        )
    if evidence.seeds_needed >= MANY_SEEDS:
        return "no affordable number of seeds would decide it"
    return f"about {evidence.seeds_needed} seeds would decide it"


def percent(share: float | None) -> str:
    """`12.5 %`; nothing for no number."""
    return "" if share is None else f"{100 * share:.3g} %"


def false_positive_rates(evidence: Evidence) -> str:
    """`2.5 % (17.5 % skewed)`; nothing where the rates were not asked for."""
    skewed = (
        ""
        if evidence.false_positive_rate_skewed is None
        else f" ({percent(evidence.false_positive_rate_skewed)} skewed)"
    )
    return f"{percent(evidence.false_positive_rate)}{skewed}"


def sentence(evidence: Evidence) -> str:
    """The verdict and its meaning in a sentence."""
    text = f"{WORDS[evidence.verdict].capitalize()}: {_meaning(evidence)}"
    if evidence.verdict == INCONCLUSIVE:
        seeds = deciding_seeds(evidence)
        return f"{text}. {seeds[:1].upper()}{seeds[1:]}."
    if evidence.verdict in (ERROR, None):
        return f"{text}: {evidence.reason.rstrip('.')}."
    return (
        f"{text}, at {100 * (evidence.confidence or 0):g} % confidence on {evidence.n_seeds} seeds."
    )


def _meaning(evidence: Evidence) -> str:
    """The sentence of the verdict, or of the code that says why there is none."""
    if evidence.verdict in (ERROR, None):
        return NoVerdict(evidence.code).sentence if evidence.code in NO_VERDICT else UNMEASURED
    return Verdict(evidence.verdict).sentence


def expectation(evidence: Evidence) -> str:
    """Whether the verdict is the expected one; nothing where it was not asked."""
    if evidence.outcome == NOT_ASKED:
        return ""
    if evidence.outcome == PASSED:
        return "as expected"
    return (
        f"expected {evidence.expected}"
        if evidence.expected
        else "no verdict is recorded for this setting"
    )


def counts(evidence: Sequence[Evidence]) -> list[tuple[str, int]]:
    """[(verdict in words, how many)] of the verdicts that occurred."""
    tally = Counter(e.verdict for e in evidence)
    return [
        (WORDS[v], tally[v]) for v in (SUPPORTED, REFUTED, INCONCLUSIVE, ERROR, None) if tally[v]
    ]


def count_line(evidence: Sequence[Evidence], asked: int) -> str:
    """One line: claims by verdict, how many as expected, and whether that is all of them."""
    parts = ", ".join(f"{n} {word}" for word, n in counts(evidence))
    as_expected = sum(e.outcome == PASSED for e in evidence)
    failed = sum(e.outcome in (FAILED, ERROR) for e in evidence)
    text = (
        f"{len(evidence)} claim{'s' * (len(evidence) != 1)}: {parts or 'none judged'}; "
        f"{as_expected} as expected"
    )
    text += f", {failed} not" if failed else ""
    return text if len(evidence) >= asked else f"{text}. Partial: {asked} were to be judged."
