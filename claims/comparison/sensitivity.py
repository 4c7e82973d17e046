"""Verdicts under many readings -> what they hang on. Pure: tables in, summaries out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from claims.evidence import ERROR, INCONCLUSIVE
from claims.schema.variants import Variant, told
from claims.variants import Row


class Fate(StrEnum):
    """What becomes of a verdict under another reading; `sentence` is how a report says it."""

    sentence: str

    SAME = "same", "the same verdict as written"
    TURNED = "turned", "from supported to refuted, or back"
    LOST = "lost", "inconclusive, where it is decided as written"
    GAINED = "gained", "decided, where it is not as written"
    BROKEN = "broken", "not measured: a network or its probe diverged"
    NOT_ASKED = "not asked", "the reading lacks something that the claim names"

    def __new__(cls, value: str, sentence: str) -> Fate:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


DIFFERENT = (Fate.TURNED, Fate.LOST, Fate.GAINED, Fate.BROKEN)
PHRASES = {
    Fate.TURNED: "hangs on",
    Fate.LOST: "left open by",
    Fate.GAINED: "decided by",
    Fate.BROKEN: "not measurable with",
}
COUNTED = {
    Fate.SAME: "the same",
    Fate.TURNED: "turned",
    Fate.LOST: "left open",
    Fate.GAINED: "decided",
    Fate.BROKEN: "not measurable",
}


def fate(written: str | None, other: str | None) -> Fate:
    """What became of the verdict `written`, as the memo was read first, under another reading."""
    if written is None or other is None:
        return Fate.NOT_ASKED
    if written == other:
        return Fate.SAME
    if other == ERROR:
        return Fate.BROKEN
    if written in (INCONCLUSIVE, ERROR):
        return Fate.GAINED
    return Fate.LOST if other == INCONCLUSIVE else Fate.TURNED


@dataclass(frozen=True)
class Table:
    """What came out: a row a claim, a column a reading, the first as written. None where a reading
    was not judged.
    """

    experiment: str
    setting: str
    readings: tuple[Variant, ...]
    rows: Mapping[str, tuple[Row | None, ...]]

    def fates(self, claim: str) -> Iterator[tuple[Variant, Row, Fate]]:
        """(reading, what came out, what became of the verdict) for every other reading that was
        judged.
        """
        written, *others = self.rows[claim]
        for reading, row in zip(self.readings[1:], others, strict=True):
            if row is not None:
                yield reading, row, fate(written and written.verdict, row.verdict)


@dataclass(frozen=True)
class Hinge:
    """A choice that, made alone, makes another verdict."""

    path: str
    value: Any
    verdict: str
    fate: Fate


@dataclass(frozen=True)
class Share:
    """Of `n` verdicts, how many turned, and how many differ in any way."""

    n: int
    turned: int
    different: int

    @classmethod
    def of(cls, fates: Iterable[Fate]) -> Share:
        counts = Counter(f for f in fates if f is not Fate.NOT_ASKED)
        return cls(counts.total(), counts[Fate.TURNED], sum(counts[f] for f in DIFFERENT))


@dataclass(frozen=True)
class Contrast:
    """Verdicts in drawn combinations that make a choice, beside those that leave its setting as
    written. `value` None: any other value.
    """

    path: str
    value: Any
    made: Share
    left: Share


@dataclass(frozen=True)
class Sensitivity:
    """One claim over all readings. `counts`: readings by verdict; `hinges`: single choices that
    make another verdict.
    """

    id: str
    verdict: str | None
    counts: Mapping[str, int]
    hinges: tuple[Hinge, ...]
    combined: Mapping[Fate, int]
    contrasts: tuple[Contrast, ...]
    # whether the reading as written was judged: without it there is nothing to set the others
    # against
    written: bool = True
    n_readings: int = 0  # judged or not

    @property
    def same_everywhere(self) -> bool:
        return len(self.counts) == 1 and self.verdict is not None

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    def sentence(self) -> str:
        """What the verdict hangs on."""
        if self.verdict is None:
            return "not asked" if self.written else "not judged as written"
        if self.same_everywhere:
            return (
                f"{self.verdict} in every reading"
                if self.n == self.n_readings
                else f"{self.verdict} in all {self.n} readings that were judged"
            )
        parts = [
            f"{PHRASES[kind]} {_listed(found)}"
            for kind in DIFFERENT
            if (found := [h for h in self.hinges if h.fate is kind])
        ]
        combined = ", ".join(
            f"{self.combined[f]} {word}" for f, word in COUNTED.items() if self.combined.get(f)
        )
        parts = parts or ["the same with every choice alone"]
        return "; ".join([*parts, f"combinations: {combined}"] if combined else parts)


def sensitivity(table: Table, claim: str) -> Sensitivity:
    """The summary of one claim."""
    found = list(table.fates(claim))
    written = table.rows[claim][0]
    verdicts = [
        row.verdict for row in table.rows[claim] if row is not None and row.verdict is not None
    ]
    hinges = tuple(
        Hinge(*reading.changes[0], row.verdict, what)
        for reading, row, what in found
        if reading.alone and what in DIFFERENT
    )
    drawn = [(reading, what) for reading, _, what in found if reading.number]
    paths = dict.fromkeys(path for reading in table.readings for path, _ in reading.changes)
    return Sensitivity(
        claim,
        written and written.verdict,
        dict(Counter(verdicts)),
        hinges,
        dict(Counter(what for _, what in drawn)),
        tuple(_contrast(drawn, path) for path in paths) if drawn else (),
        written is not None,
        len(table.readings),
    )


@dataclass(frozen=True)
class Effect:
    """One choice over all claims: what it does alone, and in the drawn combinations."""

    path: str
    value: Any
    alone: Mapping[Fate, int]
    contrast: Contrast


def effects(table: Table) -> list[Effect]:
    """Every choice, in order of the file."""
    every = [found for claim in table.rows for found in table.fates(claim)]
    drawn = [(reading, what) for reading, _, what in every if reading.number]
    return [
        Effect(
            path,
            value,
            dict(
                Counter(what for reading, _, what in every if reading.changes == ((path, value),))
            ),
            _contrast(drawn, path, value),
        )
        for reading in table.readings
        if reading.alone
        for path, value in reading.changes
    ]


def _contrast(drawn: Sequence[tuple[Variant, Fate]], path: str, value: Any = None) -> Contrast:
    made = [
        what
        for reading, what in drawn
        if any(p == path and value in (None, v) for p, v in reading.changes)
    ]
    left = [what for reading, what in drawn if all(p != path for p, _ in reading.changes)]
    return Contrast(path, value, Share.of(made), Share.of(left))


def _listed(hinges: Sequence[Hinge]) -> str:
    """`train.credit (oracle: refuted), probe.lr (0.06, 0.19)`: the verdict where it is not said by
    the phrase.
    """
    texts = []
    for path in dict.fromkeys(h.path for h in hinges):
        values = [
            f"{told(h.value)}{f': {h.verdict}' if h.fate in (Fate.TURNED, Fate.GAINED) else ''}"
            for h in hinges
            if h.path == path
        ]
        texts.append(f"{path} ({', '.join(values)})")
    return ", ".join(texts)
