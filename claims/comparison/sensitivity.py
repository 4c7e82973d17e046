"""What verdicts depend on: summaries of the verdicts under all variants. Pure functions, from
tables to summaries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.evidence import ERROR, INCONCLUSIVE
from claims.inference.outcomes import Code
from claims.schema.variants import Variant, format_value
from claims.variants import VariantRow


class VerdictChange(Code):
    """How a verdict under a variant differs from the one as written."""

    SAME = "same", "the same verdict as written"
    REVERSED = "reversed", "from supported to refuted, or back"
    UNDECIDED = "undecided", "inconclusive, where it is decided as written"
    DECIDED = "decided", "decided, where it is not as written"
    NOT_MEASURABLE = "not measurable", "a network or its probe diverged"
    NOT_ASKED = "not asked", "the variant lacks something that the claim names"


DIFFERENT = (
    VerdictChange.REVERSED,
    VerdictChange.UNDECIDED,
    VerdictChange.DECIDED,
    VerdictChange.NOT_MEASURABLE,
)
PHRASES = {
    VerdictChange.REVERSED: "reversed by",
    VerdictChange.UNDECIDED: "undecided with",
    VerdictChange.DECIDED: "decided with",
    VerdictChange.NOT_MEASURABLE: "not measurable with",
}
COUNTED = {
    VerdictChange.SAME: "the same",
    VerdictChange.REVERSED: "reversed",
    VerdictChange.UNDECIDED: "undecided",
    VerdictChange.DECIDED: "decided",
    VerdictChange.NOT_MEASURABLE: "not measurable",
}


def verdict_change(written: str | None, other: str | None) -> VerdictChange:
    """How the verdict `other` under a variant differs from the verdict as written."""
    if written is None or other is None:
        return VerdictChange.NOT_ASKED
    if written == other:
        return VerdictChange.SAME
    if other == ERROR:
        return VerdictChange.NOT_MEASURABLE
    if written in (INCONCLUSIVE, ERROR):
        return VerdictChange.DECIDED
    return VerdictChange.UNDECIDED if other == INCONCLUSIVE else VerdictChange.REVERSED


@dataclass(frozen=True)
class VariantsTable:
    """The verdicts: a row a claim, a column a variant, the first as written. None where a variant
    was not judged.
    """

    experiment: str
    setting: str
    variants: tuple[Variant, ...]
    rows: Mapping[str, tuple[VariantRow | None, ...]]

    def changes(self, claim: str) -> Iterator[tuple[Variant, VariantRow, VerdictChange]]:
        """(variant, its verdict and figures, how the verdict differs) for every variant but the one
        as written that was judged.
        """
        written, *others = self.rows[claim]
        for variant, row in zip(self.variants[1:], others, strict=True):
            if row is not None:
                yield variant, row, verdict_change(written and written.verdict, row.verdict)


@dataclass(frozen=True)
class DecisiveChoice:
    """A choice that, made alone, leads to another verdict."""

    path: str
    value: Any
    verdict: str | None
    change: VerdictChange


@dataclass(frozen=True)
class Share:
    """Of `n` verdicts, how many are reversed, and how many differ in any way."""

    n: int
    reversed: int
    different: int

    @classmethod
    def of(cls, changes: Iterable[VerdictChange]) -> Share:
        """The share of some verdicts; those not asked are not counted."""
        counts = Counter(change for change in changes if change is not VerdictChange.NOT_ASKED)
        return cls(
            counts.total(), counts[VerdictChange.REVERSED], sum(counts[c] for c in DIFFERENT)
        )


@dataclass(frozen=True)
class Contrast:
    """Verdicts in drawn combinations that make a choice, beside those that leave its setting as
    written. `value` None: any other value.
    """

    path: str
    value: Any
    with_choice: Share
    without_choice: Share


@dataclass(frozen=True)
class Sensitivity:
    """One claim over all variants. `counts`: variants by verdict; `combinations`: drawn
    combinations by how their verdict differs.
    """

    id: str
    verdict: str | None  # as written
    counts: Mapping[str, int]
    decisive_choices: tuple[DecisiveChoice, ...]
    combinations: Mapping[VerdictChange, int]
    contrasts: tuple[Contrast, ...]
    # without the verdict as written there is nothing to compare the others with
    judged_as_written: bool = True
    n_variants: int = 0  # judged or not

    @property
    def same_everywhere(self) -> bool:
        """Whether all variants that were judged have one verdict."""
        return len(self.counts) == 1 and self.verdict is not None

    @property
    def n(self) -> int:
        """How many variants were judged."""
        return sum(self.counts.values())

    def sentence(self) -> str:
        """What the verdict depends on."""
        if self.verdict is None:
            return "not asked" if self.judged_as_written else "not judged as written"
        if self.same_everywhere:
            return (
                f"{self.verdict} in every variant"
                if self.n == self.n_variants
                else f"{self.verdict} in all {self.n} variants that were judged"
            )
        parts = [
            f"{PHRASES[change]} {_listed(found)}"
            for change in DIFFERENT
            if (found := [choice for choice in self.decisive_choices if choice.change is change])
        ]
        combined = ", ".join(
            f"{self.combinations[change]} {word}"
            for change, word in COUNTED.items()
            if self.combinations.get(change)
        )
        parts = parts or ["the same with every choice alone"]
        return "; ".join([*parts, f"combinations: {combined}"] if combined else parts)


def sensitivity(table: VariantsTable, claim: str) -> Sensitivity:
    """The summary of one claim."""
    changes = list(table.changes(claim))
    written = table.rows[claim][0]
    verdicts = [
        row.verdict for row in table.rows[claim] if row is not None and row.verdict is not None
    ]
    decisive = tuple(
        DecisiveChoice(*variant.changes[0], row.verdict, change)
        for variant, row, change in changes
        if variant.is_single and change in DIFFERENT
    )
    drawn = [(variant, change) for variant, _, change in changes if variant.number]
    paths = dict.fromkeys(path for variant in table.variants for path, _ in variant.changes)
    return Sensitivity(
        claim,
        written and written.verdict,
        dict(Counter(verdicts)),
        decisive,
        dict(Counter(change for _, change in drawn)),
        tuple(_contrast(drawn, path) for path in paths) if drawn else (),
        written is not None,
        len(table.variants),
    )


@dataclass(frozen=True)
class ChoiceEffect:
    """The verdicts of all claims that one choice changes: made alone, and in drawn combinations."""

    path: str
    value: Any
    alone: Mapping[VerdictChange, int]
    contrast: Contrast


def choice_effects(table: VariantsTable) -> list[ChoiceEffect]:
    """The effect of every choice, in order of the file."""
    changes = [change for claim in table.rows for change in table.changes(claim)]
    drawn = [(variant, change) for variant, _, change in changes if variant.number]
    return [
        ChoiceEffect(
            path,
            value,
            dict(Counter(c for variant, _, c in changes if variant.changes == ((path, value),))),
            _contrast(drawn, path, value),
        )
        for single in table.variants
        if single.is_single
        for path, value in single.changes
    ]


def _contrast(
    drawn: Sequence[tuple[Variant, VerdictChange]], path: str, value: Any = None
) -> Contrast:
    with_choice = [
        change
        for variant, change in drawn
        if any(p == path and value in (None, v) for p, v in variant.changes)
    ]
    without_choice = [
        change for variant, change in drawn if all(p != path for p, _ in variant.changes)
    ]
    return Contrast(path, value, Share.of(with_choice), Share.of(without_choice))


def _listed(choices: Sequence[DecisiveChoice]) -> str:
    """`train.credit (oracle: refuted), probe.lr (0.06, 0.19)`: the verdict where the phrase before
    it does not say it.
    """
    texts = []
    for path in dict.fromkeys(choice.path for choice in choices):
        values = [_with_verdict(choice) for choice in choices if choice.path == path]
        texts.append(f"{path} ({', '.join(values)})")
    return ", ".join(texts)


def _with_verdict(choice: DecisiveChoice) -> str:
    value = format_value(choice.value)
    if choice.change in (VerdictChange.REVERSED, VerdictChange.DECIDED):
        return f"{value}: {choice.verdict}"
    return value
