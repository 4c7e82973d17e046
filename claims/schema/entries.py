"""The claim file as written: one frozen model a kind of entry. What a model cannot say by itself is
checked in `loading`.
"""

from __future__ import annotations

import datetime
import keyword
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from claims.language.nodes import RESERVED

VERDICTS = ("supported", "refuted", "inconclusive")
# Marks that pytest, its plugins or this project's settings give a meaning: `slow` is deselected by
# default, so that its claims would vanish.
_MARKS = frozenset(
    {
        "skip",
        "skipif",
        "xfail",
        "parametrize",
        "usefixtures",
        "filterwarnings",
        "tryfirst",
        "trylast",
        "xdist_group",
        "pytester_example_path",
        "hypothesis",
        "slow",
    }
)


def _by_shape(value: Any) -> str:
    return "mapping" if isinstance(value, dict) else "single"


def _iso_date(value: str) -> str:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"`{value}` is no date; write it as 2026-03-25") from None
    return value


def _name(value: str) -> str:
    if not (value.isascii() and value.isidentifier()):
        raise ValueError(
            f"`{value}` is no name: use ASCII letters, digits and _, beginning with a letter"
        )
    if value in RESERVED:
        raise ValueError(f"`{value}` is a word of the claim language; choose another name")
    return value


def _claim_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value) or len(value) > 80:
        raise ValueError(
            f"`{value[:90]}` is no claim id: use at most 80 ASCII letters, digits, - . and _"
        )
    return value


def _tag(value: str) -> str:
    if not (value.isascii() and value.isidentifier()) or value.startswith("_"):
        raise ValueError(
            f"`{value}` is no tag: use ASCII letters, digits and _, beginning with a "
            "letter, so that `pytest -m` can select it"
        )
    if keyword.iskeyword(value):
        raise ValueError(
            f"`{value}` is a word of `pytest -m` expressions or of Python; choose another tag"
        )
    if value in _MARKS:
        raise ValueError(
            f"`{value}` means something to pytest or to its settings here; choose another tag"
        )
    return value


def _distinct(values: tuple) -> tuple:
    keys = [(type(value) is bool, value) for value in values]
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise ValueError(f"`{values[position]}` stands here twice")
    return values


def _told_apart(values: tuple) -> tuple:
    """Readings are named by their choices: 1 and "1" would be one test."""
    texts = [str(value).lower() for value in _distinct(values)]
    for position, text in enumerate(texts):
        if text in texts[:position]:
            raise ValueError(f"`{text}` stands here twice, once as text")
    return values


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"quote `{str(value).lower()}` if it is a label")
    return value


def _path(value: str) -> str:
    if not all(step.isascii() and step.isidentifier() for step in value.split(".")):
        raise ValueError(f"`{value}` is no setting: write its path with dots, for example probe.lr")
    return value


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, (dict, list, tuple)):
        raise ValueError(
            "a choice is a number, true, false or a word, not "
            f"{'nothing' if value is None else 'a list or a mapping'}"
        )
    return value


Name = Annotated[str, AfterValidator(_name)]
Memo = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) in (int, float) else value),
    WithJsonSchema({"type": ["string", "number"]}),
]
Text = Annotated[str, Field(pattern=r"\S", max_length=4000)]
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Count = Annotated[int, Field(strict=True, ge=2, le=1_000_000)]
LabelValue = Annotated[
    Annotated[int, Field(strict=True)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | str,
    BeforeValidator(_no_truth),
]
Labels = Annotated[
    tuple[LabelValue, ...], Field(min_length=1, max_length=200), AfterValidator(_distinct)
]
Choice = Annotated[
    Any, BeforeValidator(_scalar), WithJsonSchema({"type": ["number", "string", "boolean"]})
]
Verdict = Literal["supported", "refuted", "inconclusive"]
Confidence = Annotated[
    Number, Field(ge=0.5, lt=1, description="two-sided: at 0.95 each one-sided test is at 2.5 %")
]


# of a sequential schedule: each gets an equal share of the error, and a share too small decides
# nothing
MAX_LOOKS = 20


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeedSchedule(Entry):
    """Looks after `start`, `start + step`, ... seeds, at most `max` seeds and 20 looks; the error
    is split over the looks in advance.
    """

    start: Count
    step: Annotated[int, Field(strict=True, ge=1)]
    max: Count


SeedsEntry = Annotated[
    Annotated[Count, Tag("single")] | Annotated[SeedSchedule, Tag("mapping")],
    Discriminator(_by_shape),
]
ExpectedEntry = Annotated[
    Annotated[Verdict, Tag("single")]
    | Annotated[dict[str, Verdict], Field(min_length=1), Tag("mapping")],
    Discriminator(_by_shape),
]


class ReportedEntry(Entry):
    """A figure printed in the memo, set beside what is measured."""

    expression: Text = Field(description="a quantity, for example dL_held(vec, epoch=5)")
    value: Number
    experiment: str | None = Field(None, description="omitted: the first experiment")


class MemoEntry(Entry):
    """A document whose claims are judged."""

    title: Text
    date: Annotated[str, AfterValidator(_iso_date)] | None = None
    source: Text | None = Field(None, description="where the document is kept")
    reported: tuple[ReportedEntry, ...] = ()


class DefaultsEntry(Entry):
    """What claims use that say nothing else."""

    seeds: SeedsEntry = 16
    seeds_in: dict[str, SeedsEntry] = Field(
        {}, description="by setting: so many seeds there, whatever a claim says"
    )
    confidence: Confidence = 0.95


class ExperimentEntry(BaseModel):
    """One experiment; its other keys belong to its kind."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: Text | None = Field(
        None,
        description="snapshot_sweep, online_training, credit_training, recorded, or "
        "package.module:Class",
    )
    like: str | None = Field(
        None, description="another experiment, from which all that is not named here is taken"
    )
    settings: dict[str, dict[str, Any] | None] | None = Field(
        None,
        min_length=1,
        description="by name, the first is the default; each overrides what it names",
    )
    without_settings: tuple[str, ...] = Field(
        (), description="settings of `like` that this experiment does not have"
    )


class ClaimEntry(Entry):
    """One claim: an expression in words of the experiment's metrics and labels."""

    memo: Memo | None = Field(None, description="the memo that claims this, a key of `memos`")
    where: Text | None = Field(None, description="where in the memo")
    says: Text | None = Field(None, description="the claim in words")
    experiment: str | None = Field(None, description="omitted: the first experiment")
    expect: Text | None = Field(None, description="holds: dL_held(vec, epoch=5) < 0")
    never: Text | None = Field(
        None, description="never holds, for any value of the variables: dL_held(dfa, epoch=e) < 0"
    )
    for_every: dict[Name, Labels] | None = Field(
        None, min_length=1, max_length=8, description="variables and the labels they run over"
    )
    by: Annotated[Number, Field(gt=1)] | None = Field(
        None, description="how many fold << and >> mean; omitted: 10"
    )
    within: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="how near approx(a, b) is, as a difference"
    )
    factor: Annotated[Number, Field(gt=1)] | None = Field(
        None, description="how near approx(a, b) is, as a ratio"
    )
    margin: Annotated[Number, Field(ge=0)] | None = Field(None, description="what `never` forgives")
    seeds: SeedsEntry | None = None
    confidence: Confidence | None = None
    expected: ExpectedEntry | None = Field(
        None,
        description="the verdict that passes, one word or by setting; omitted: supported "
        "everywhere",
    )
    note: Text | None = Field(
        None, description="why the verdict is not `supported`, as far as known"
    )
    tags: Annotated[tuple[Annotated[str, AfterValidator(_tag)], ...], AfterValidator(_distinct)] = (
        Field((), description="pytest marks: `-m` selects")
    )


class VariantsEntry(Entry):
    """Readings that the memo leaves open, of one experiment: each choice made alone, and
    combinations drawn at random.
    """

    choices: dict[
        Annotated[str, AfterValidator(_path)],
        Annotated[
            tuple[Choice, ...], Field(min_length=1, max_length=50), AfterValidator(_told_apart)
        ],
    ] = Field(
        min_length=1,
        description="by the dotted path of a setting: other values that it may have, for example "
        "probe.lr: [0.006, 0.06]",
    )
    sample: Annotated[int, Field(strict=True, ge=0, le=1000)] = Field(
        30, description="combinations of two or more choices, drawn at random"
    )
    sample_seed: Annotated[int, Field(strict=True, ge=0)] = Field(0, description="of that drawing")
    seeds: Count = Field(
        8, description="seeds of every reading, the one as written too; looks between are not taken"
    )
    without: tuple[str, ...] = Field(("control",), description="tags of claims that are left out")


class ClaimsFile(Entry):
    """What is claimed: memos, experiments, derived metrics, claims."""

    version: Annotated[
        Literal[1], BeforeValidator(lambda value: None if isinstance(value, bool) else value)
    ] = 1
    memos: dict[Memo, MemoEntry] = {}
    defaults: DefaultsEntry = DefaultsEntry()
    experiments: dict[Name, ExperimentEntry] = Field(
        {}, description="the first is the default of claims"
    )
    metrics: dict[Name, Text] = Field(
        {},
        description="derived metrics: a selection is pushed to the leaves, then the arithmetic is "
        "done "
        "on means",
    )
    claims: dict[Annotated[str, AfterValidator(_claim_id)], ClaimEntry] = {}
    variants: dict[Name, VariantsEntry] = Field(
        {}, description="readings of an experiment that `--claims-variants` judges the claims in"
    )


NEEDED = (
    "version",
    "experiments",
    "claims",
)  # sections; that two of them are not empty is checked on the file, not on what is left of it
