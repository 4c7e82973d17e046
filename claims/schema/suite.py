"""The claim file as understood: frozen, checked, and able to say what each claim asks of each
setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.language import (
    CompiledAtom,
    ExpressionError,
    NotThere,
    Options,
    Term,
    compile_claim,
    compile_value,
    to_text,
)
from claims.language.nodes import scalar_text
from claims.schema.specs import ExperimentSpec, Undescribed

if TYPE_CHECKING:
    from claims.schema.variants import Variants


@dataclass(frozen=True)
class Seeds:
    """`start` seeds, or looks after start, start + step, ... up to max. A fixed number has step
    0.
    """

    start: int
    step: int
    max: int

    @property
    def looks(self) -> tuple[int, ...]:
        if not self.step:
            return (self.start,)
        return (*range(self.start, self.max, self.step), self.max)


@dataclass(frozen=True)
class Question:
    """What a claim asks of a setting: the means it needs and the atoms it comes down to."""

    terms: tuple[Term, ...]
    atoms: tuple[CompiledAtom, ...]


@dataclass(frozen=True)
class NotAsked:
    """The setting lacks a label that the claim names."""

    reason: str


@dataclass(frozen=True)
class Reported:
    """A figure printed in the memo."""

    expression: str
    value: float
    experiment: str
    line: int
    _value: Any = field(compare=False, repr=False)
    _spec: ExperimentSpec = field(compare=False, repr=False)
    _derived: Mapping = field(compare=False, repr=False)

    def ask(self, setting: str, described: Mapping | None = None) -> Question | NotAsked:
        """As `Claim.ask`; the one atom has no thresholds."""
        try:
            terms, atom = compile_value(
                self._value, self._spec.vocabulary(setting, self._derived, described)
            )
            self._spec.refuse_absent(setting, terms)
        except NotThere as error:
            return NotAsked(error.message)
        return Question(terms, (atom,))


@dataclass(frozen=True)
class Memo:
    id: str
    title: str
    date: str | None
    source: str | None
    reported: tuple[Reported, ...]


@dataclass(frozen=True)
class Claim:
    """A claim, ready to be asked. `expression` is the text for readers, with its variables; `line`
    is where it stands.
    """

    id: str
    memo: str | None
    where: str | None
    says: str | None
    experiment: str
    expression: str
    confidence: float
    seeds: Seeds
    expected: Mapping[str, str] | str
    note: str | None
    tags: tuple[str, ...]
    line: int
    spec: ExperimentSpec = field(compare=False, repr=False)
    statement: Any = field(compare=False, repr=False)
    options: Options = field(default=Options(), compare=False, repr=False)
    for_every: Mapping[str, tuple] = field(default_factory=dict, compare=False, repr=False)
    derived: Mapping = field(default_factory=dict, compare=False, repr=False)
    seeds_in: Mapping[str, Seeds] = field(default_factory=dict, compare=False, repr=False)

    def within(self, setting: str) -> Claim:
        """The claim with the seeds that it is judged on in a setting."""
        return replace(self, seeds=self.seeds_in[setting]) if setting in self.seeds_in else self

    def ask(self, setting: str, described: Mapping | None = None) -> Question | NotAsked:
        """What this claim needs in a setting.

        `described` replaces the experiment's own description; where there is neither, `Undescribed`
        is raised. A name that no setting has raises `ExpressionError`: for a described experiment
        that has been found on loading.
        """
        vocabulary = self.spec.vocabulary(setting, self.derived, described)
        try:
            question = Question(
                *compile_claim(
                    self.statement,
                    self.options,
                    self.for_every,
                    vocabulary,
                    self.spec.ranges(setting),
                )
            )
            self.spec.refuse_absent(setting, question.terms)
            return question
        except NotThere as error:
            return NotAsked(error.message)

    def is_asked(self, setting: str) -> bool:
        """Whether a setting has what the claim names, as far as is known before measuring."""
        try:
            return not isinstance(self.ask(setting), NotAsked)
        except Undescribed:
            return True

    def expected_in(self, setting: str) -> str | None:
        """The recorded verdict, or None where none is recorded for the setting."""
        return self.expected if isinstance(self.expected, str) else self.expected.get(setting)


@dataclass(frozen=True)
class Suite:
    """All of a claim file."""

    path: Path
    memos: Mapping[str, Memo]
    experiments: Mapping[str, ExperimentSpec]
    claims: tuple[Claim, ...]
    variants: Mapping[str, Variants] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)  # {short name: package.module:Class}

    @property
    def settings(self) -> tuple[str, ...]:
        """Every setting's name, in order of the file."""
        return tuple(
            dict.fromkeys(name for spec in self.experiments.values() for name in spec.settings)
        )


def displayed(statement: Any, options: Options, for_every: Mapping[str, tuple]) -> str:
    """A claim in one line, with what its keys say."""
    text = to_text(statement)
    extra = [
        f", {name} {value:g}"
        for name, value in (("within", options.within), ("factor", options.factor))
        if value is not None
    ]
    if "<<" in text or ">>" in text:
        extra.append(f", by {options.by:g}")
    if options.never:
        text = f"never {text}"
        extra += [f", margin {options.margin:g}"] if options.margin else []
    if for_every:
        runs = "; ".join(
            f"{name} in {', '.join(map(scalar_text, values))}" for name, values in for_every.items()
        )
        extra.append(f", for every {runs}")
    return text + "".join(extra)


__all__ = [
    "Claim",
    "ExperimentSpec",
    "ExpressionError",
    "Memo",
    "NotAsked",
    "Question",
    "Reported",
    "Seeds",
    "Suite",
    "Undescribed",
]
