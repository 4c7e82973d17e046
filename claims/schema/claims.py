"""Claims of a claim file, and what is wrong with how an entry states one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.language import Options, nearest, parse_claim
from claims.language.variables import names_in
from claims.schema.context import LoadContext
from claims.schema.entries import ClaimEntry
from claims.schema.schedules import check_seeds, to_seeds
from claims.schema.specs import ExperimentSpec
from claims.schema.suite import Claim, displayed


def load_claim(context: LoadContext, name: str, entry: ClaimEntry) -> Claim | None:
    """The claim of an entry, or None for one with problems."""
    here = ("claims", name)
    n_before = len(context.problems)
    _check_keys(context, here, entry)
    key = "expect" if entry.expect is not None else "never"
    path, text = (*here, key), entry.never if entry.expect is None else entry.expect
    statement = context.parse(path, parse_claim, text) if text is not None else None
    spec = context.find_spec(entry.experiment, (*here, "experiment"))
    if spec is not None:
        _check_expected(context, here, entry, spec)
    if text is None or statement is None or spec is None:
        return None
    for variable in entry.for_every or {}:
        if variable not in names_in(statement):
            context.fail(
                (*here, "for_every", variable),
                f"the claim does not use `{variable}`",
                "use it as a label, or delete it",
                key=True,
            )
    if entry.by is not None and "<<" not in text and ">>" not in text:
        message = "`by` belongs to << and >>, which this claim does not use"
        context.fail((*here, "by"), message, key=True)
    claim = _build_claim(context, name, entry, spec, statement)
    context.check_names(spec, claim.ask, path)
    return claim if len(context.problems) == n_before else None


def _build_claim(
    context: LoadContext, name: str, entry: ClaimEntry, spec: ExperimentSpec, statement: Any
) -> Claim:
    defaults, for_every = context.file.defaults, entry.for_every or {}
    options = Options(
        entry.by or 10.0,
        entry.within,
        entry.factor,
        entry.never is not None,
        entry.margin or 0.0,
    )
    return Claim(
        id=name,
        memo=entry.memo,
        where=entry.where,
        says=entry.says,
        experiment=spec.name,
        expression=displayed(statement, options, for_every),
        confidence=entry.confidence or defaults.confidence,
        seeds=to_seeds(entry.seeds or defaults.seeds),
        expected=entry.expected or "supported",
        note=entry.note,
        tags=entry.tags,
        line=context.source.root.value["claims"].keys[name][0],
        spec=spec,
        statement=statement,
        options=options,
        for_every=for_every,
        derived=context.derived,
        seeds_in={setting: to_seeds(seeds) for setting, seeds in defaults.seeds_in.items()},
    )


def _check_keys(context: LoadContext, here: tuple[str, str], entry: ClaimEntry) -> None:
    """Keys that exclude or need each other."""
    if (entry.expect is None) == (entry.never is None):
        both = entry.expect is not None
        context.fail(
            (*here, "never") if both else here,
            f"a claim has `expect` or `never`{', not both' if both else ''}",
            "" if both else "add `expect: dL_held(vec, epoch=5) < 0`",
            key=True,
        )
    if entry.margin is not None and entry.never is None:
        context.fail(
            (*here, "margin"),
            "`margin` belongs to `never`",
            "write the margin into the expression: a < b + 0.01",
            key=True,
        )
    if entry.within is not None and entry.factor is not None:
        context.fail((*here, "factor"), "a claim takes `within` or `factor`, not both", key=True)
    if entry.memo is not None:
        _check_memo(context, here, entry.memo, entry)
    if entry.seeds is not None or entry.confidence is not None:
        check_seeds(context, here, entry.seeds, entry.confidence)


def _check_memo(context: LoadContext, here: tuple[str, str], memo: str, entry: ClaimEntry) -> None:
    memos = context.names_in("memos")
    if memo not in memos:
        context.fail((*here, "memo"), f"no memo is called `{memo}`", nearest(memo, memos))
    for key, text in (("where", entry.where), ("says", entry.says)):
        if text is None:
            context.fail(
                here,
                f"a claim of a memo needs `{key}`",
                f"add `{key}: ...`, in your own words",
                key=True,
            )


def _check_expected(
    context: LoadContext, here: tuple[str, str], entry: ClaimEntry, spec: ExperimentSpec
) -> None:
    """Settings that there are not, and expected verdicts without a note."""
    expected = entry.expected
    if isinstance(expected, Mapping):
        for setting in expected:
            if setting not in spec.settings:
                context.fail(
                    (*here, "expected", setting),
                    f"experiment `{spec.name}` has no setting `{setting}`",
                    nearest(setting, spec.settings),
                    key=True,
                )
    words = expected.values() if isinstance(expected, Mapping) else [expected or "supported"]
    if entry.note is None and any(word != "supported" for word in words):
        context.fail(
            (*here, "expected"),
            "an expected verdict other than `supported` needs a `note`",
            "add `note:` and say why, as far as known",
            key=True,
        )
