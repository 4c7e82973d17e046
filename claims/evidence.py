"""What came out for one claim in one setting: the record that crosses processes, fills the result
file and every report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

PASSED, FAILED, NOT_ASKED, ERROR = "passed", "failed", "not_asked", "error"
OUTCOMES = (PASSED, FAILED, NOT_ASKED, ERROR)
SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"


@dataclass(frozen=True)
class AtomEvidence:
    """One atom: its estimand's interval and threshold (a pair of thresholds for an equivalence). On
    the log scale for ratios (`log`).
    """

    expression: str
    bindings: Mapping[str, Any]
    estimate: float | None
    low: float | None
    high: float | None
    threshold: float | Sequence[float] | None
    p_value: float | None
    verdict: str
    log: bool = False
    reason: str = ""
    lower: float | None = (
        None  # claimed: lower < estimand < upper; None where that side claims nothing
    )
    upper: float | None = None
    estimand: str = ""  # what is estimated, in the names of `Evidence.terms`


@dataclass(frozen=True)
class Evidence:
    """One claim judged in one setting; the fields are those of the result file. Headline figures
    are those of the weakest atom.
    """

    id: str
    setting: str
    experiment: str
    expression: str
    memo: str | None = None
    where: str | None = None
    says: str | None = None
    note: str | None = None
    tags: Sequence[str] = ()
    expected: str | None = None
    verdict: str | None = (
        None  # supported | refuted | inconclusive | error; None where it was not asked
    )
    outcome: str = ERROR
    reason: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | Sequence[float] | None = None
    confidence: float | None = None
    method: str | None = None
    p_value: float | None = None
    p_holm: float | None = None
    n_seeds: int = 0
    seeds: Sequence[int] = ()
    seeds_needed: int | None = None
    pass_again: float | None = None  # the chance that fresh seeds give the expected verdict
    passes_in: str | None = (
        # in which predicted worlds: a 0 or 1 for each, the same worlds for all claims of an
        # experiment
        None
    )
    seeds_to_pass: int | None = (
        # where `pass_again` is below 0.9: the seeds that would, judged in one look, bring it there
        None
    )
    seeds_scheduled: int | None = None  # how far its looks go, where there are several
    false_support: float | None = (
        # with --controls: how often it was supported in worlds where it is false, at its worst
        # boundary
        None
    )
    false_support_skewed: float | None = (
        None  # the same in worlds as skewed as the observations; it decides nothing
    )
    elapsed_s: float = 0.0
    settings_digest: str | None = None
    source_digest: str | None = None
    paired: bool = (
        True  # a row of `terms` is one seed's; else every condition has replicates of its own
    )
    rerun: str | None = None  # the command that judges this claim alone
    headline: int = 0
    atoms: Sequence[AtomEvidence] = ()
    terms: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data: no numpy scalar, None for NaN and infinities."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """The inverse of `to_json`; fields this version does not know are left out."""
        known, parts = ({f.name for f in fields(kind)} for kind in (cls, AtomEvidence))
        atoms = tuple(
            AtomEvidence(**{k: v for k, v in atom.items() if k in parts})
            for atom in data.get("atoms", ())
        )
        return cls(**{**{k: v for k, v in data.items() if k in known}, "atoms": atoms})

    def explanation(self) -> str:
        """Why the outcome is what it is: two sentences for a person."""
        if self.outcome == NOT_ASKED:
            return f"Not asked in setting {self.setting}: {ended(self.reason)}"
        if self.verdict == ERROR:
            return (
                f"`{self.id}` could not be measured in setting {self.setting}: {ended(self.reason)}"
            )
        if self.expected is None:
            wanted = (
                f"no verdict is recorded for setting {self.setting}: add `expected: "
                f"{{{self.setting}: {self.verdict}}}` once it is understood"
            )
        else:
            wanted = f"expected {self.expected}"
        text = f"`{self.id}` came out {self.verdict}; {wanted}. {self.finding()}"
        if self.verdict == INCONCLUSIVE and self.seeds_needed:
            text += (
                f" About {self.seeds_needed} seeds would decide it with 90 % chance, were the "
                "estimates true."
            )
        return text

    def finding(self) -> str:
        """The weakest atom's interval against its threshold, in a sentence."""
        if not self.atoms:
            return ""
        atom = self.atoms[self.headline]
        bound = ", ".join(f"{k}={v}" for k, v in atom.bindings.items())
        where = f" ({bound})" if bound else ""
        scale = "the ratio" if atom.log else "the estimate"
        text = (
            f"In `{atom.expression}`{where} {scale} is "
            f"{figure(shown(atom.estimate, atom.log))} with {100 * (self.confidence or 0):g} %"
            f" interval [{figure(shown(atom.low, atom.log))}, "
            f"{figure(shown(atom.high, atom.log))}] over {self.n_seeds} seeds,"
            f" against {threshold_text(shown(atom.threshold, atom.log))}."
        )
        return text if not self.reason else f"{text} ({self.reason})"


def ended(text: str) -> str:
    """A message as a sentence: with a period, where it does not end already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def figure(value: float | None) -> str:
    """Four significant digits; an unbounded or undefined figure is a dash."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.4g}"


def shown(value: Any, log: bool) -> Any:
    """A number, or a pair of them, as a reader wants it: a ratio rather than its logarithm."""
    if isinstance(value, Sequence):
        return [shown(one, log) for one in value]
    if value is None or not log:
        return value
    return math.exp(value) if value < 700 else math.inf


def threshold_text(threshold: float | Sequence[float] | None) -> str:
    """A threshold as read by people: one number, or the two ends of an equivalence."""
    if isinstance(threshold, Sequence):
        return " to ".join(figure(t) for t in threshold)
    return figure(threshold)


def plain(value: Any) -> Any:
    """`value` as plain JSON data: tuples become lists, numpy scalars numbers, NaN and infinities
    None.
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
