"""The record of one claim judged in one setting: it crosses processes and fills the result file and
every report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from claims.inference import Code, Verdict


class Outcome(StrEnum):
    """Whether a claim came out as expected."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASKED = "not_asked"
    ERROR = "error"


class NoVerdict(Code):
    """Why a claim has no verdict."""

    DIVERGED = "diverged", "its numbers left the finite range, or are missing"
    UNUSABLE = "unusable", "what was measured cannot be judged"
    MEASUREMENT_FAILED = "measurement_failed", "it could not be measured"
    NOT_IN_SETTING = "not_in_setting", "the setting lacks something that the claim names"


PASSED, FAILED, NOT_ASKED, ERROR = map(str, Outcome)
SUPPORTED, REFUTED, INCONCLUSIVE = map(str, Verdict)


@dataclass(frozen=True)
class AtomEvidence:
    """One atom judged: its estimand's interval, and what is claimed of it. Figures are logarithms
    where `log`, for ratios.

    threshold: a pair for an equivalence. code, reason: why it is inconclusive, as a
    `claims.inference.Cause` and in words. lower, upper: lower < estimand < upper is claimed; None
    where that side claims nothing. estimand: in the names of `Evidence.terms`.
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
    code: str | None = None
    reason: str = ""
    lower: float | None = None
    upper: float | None = None
    estimand: str = ""


@dataclass(frozen=True)
class Evidence:
    """One claim judged in one setting; the fields are those of the result file. Headline figures
    are those of the weakest atom.

    verdict: supported, refuted, inconclusive or error; None where the claim was not asked. code,
    reason: why there is no verdict, as a `NoVerdict`, or why it is inconclusive, as a
    `claims.inference.Cause`; and in words. paired: a row of `terms` is one seed's; else every
    condition has replicates of its own. rerun: the command that judges this claim alone.

    replication_probability: that fresh seeds give the expected verdict. replication_worlds: in
    which predicted worlds they do, a 0 or 1 for each, the same worlds for all claims of an
    experiment. seeds_to_replicate: where the probability is below 0.9, the seeds that bring it
    there, judged in one look. max_seeds: of its looks, where there are several.

    false_positive_rate: where false positives were checked, how often the claim was supported in
    worlds where it is false, at its worst boundary. false_positive_rate_skewed: the same in worlds
    as skewed as the observations; it decides nothing.
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
    verdict: str | None = None
    outcome: str = ERROR
    code: str | None = None
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
    replication_probability: float | None = None
    replication_worlds: str | None = None
    seeds_to_replicate: int | None = None
    max_seeds: int | None = None
    false_positive_rate: float | None = None
    false_positive_rate_skewed: float | None = None
    elapsed_s: float = 0.0
    settings_digest: str | None = None
    source_digest: str | None = None
    paired: bool = True
    rerun: str | None = None
    headline: int = 0
    atoms: Sequence[AtomEvidence] = ()
    terms: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data: no numpy scalar, None for NaN and infinities."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """The inverse of `to_json`; unknown fields are left out."""
        known, parts = ({f.name for f in fields(kind)} for kind in (cls, AtomEvidence))
        atoms = tuple(
            AtomEvidence(**{k: v for k, v in atom.items() if k in parts})
            for atom in data.get("atoms", ())
        )
        return cls(**{**{k: v for k, v in data.items() if k in known}, "atoms": atoms})

    def explanation(self) -> str:
        """Why the outcome is what it is, in two sentences."""
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
        """The weakest atom's interval and its threshold, in a sentence."""
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
    """A message as a sentence: with a full stop, unless it ends with one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def figure(value: float | None) -> str:
    """A number with four significant digits; a dash where it is unbounded or undefined."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.4g}"


def shown(value: Any, log: bool) -> Any:
    """A number, or a pair of them, for readers: a ratio in place of its logarithm."""
    if isinstance(value, Sequence):
        return [shown(one, log) for one in value]
    if value is None or not log:
        return value
    return math.exp(value) if value < 700 else math.inf


def threshold_text(threshold: float | Sequence[float] | None) -> str:
    """A threshold for readers: one number, or the two ends of an equivalence."""
    if isinstance(threshold, Sequence):
        return " to ".join(figure(t) for t in threshold)
    return figure(threshold)


def plain(value: Any) -> Any:
    """`value` as plain JSON data: tuples become lists, numpy scalars numbers, codes texts, NaN and
    infinities None.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, bytes):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
