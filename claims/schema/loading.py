"""From a claim file to a Suite, with all of its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from claims.language import parse_value
from claims.schema.claims import load_claim
from claims.schema.context import LoadContext
from claims.schema.entries import NEEDED, ClaimsFile, MemoEntry
from claims.schema.experiments import Experiments
from claims.schema.metrics import load_metrics
from claims.schema.problems import ClaimFileError, Problem
from claims.schema.schedules import check_seeds, check_seeds_in
from claims.schema.suite import Memo, NotAsked, Reported, Suite
from claims.schema.variants import Variants, VariantsCheck
from claims.schema.wording import drop_consequences, to_problem
from claims.schema.yaml_source import Source, read


@dataclass(frozen=True)
class LoadResult:
    """A claim file with its problems. The suite holds the entries without any; it is None where
    none could be read.
    """

    suite: Suite | None
    problems: tuple[Problem, ...]
    lines: tuple[str, ...]
    path: Path


def load_suite(path: str | Path) -> Suite:
    """The suite of a claim file. Raises `ClaimFileError` with all of its problems."""
    result = read_suite(path)
    if result.problems or result.suite is None:
        raise ClaimFileError(result.path, result.problems, result.lines)
    return result.suite


def read_suite(path: str | Path) -> LoadResult:
    """The suite of a claim file, and its problems: one broken claim does not hide the others.
    Nothing in the file raises an exception.
    """
    path = Path(path)
    try:
        source = read(path)
    except ClaimFileError as error:
        return LoadResult(None, error.problems, error.lines, path)
    file, problems = _typed_file(source)
    if file is None:
        return LoadResult(None, tuple(problems), source.lines, path)
    context = LoadContext(source, file, problems)
    suite = _load(context)
    return LoadResult(suite, tuple(context.problems), source.lines, path)


def _typed_file(source: Source) -> tuple[ClaimsFile | None, list[Problem]]:
    """The typed file, and its problems. Wrong entries are left out, so that the others are still
    read; None where that does not help.
    """
    data, problems = source.root.data(), []
    for name in NEEDED:
        if name not in data:
            hint = f"add `{name}: 1`" if name == "version" else f"add `{name}:` with at least one"
            problems.append(source.problem((), f"`{name}` is missing", hint))
        elif data[name] in ({}, None):
            problems.append(
                source.problem((name,), f"`{name}` is empty", "add at least one below it", key=True)
            )
            data[name] = {}
    try:
        return ClaimsFile.model_validate(data), problems
    except pydantic.ValidationError as error:
        problems += [to_problem(source, detail) for detail in drop_consequences(error.errors())]
        data = _without(data, [detail["loc"] for detail in error.errors()])
    try:
        return ClaimsFile.model_validate(data), problems
    except pydantic.ValidationError:
        return None, problems


def _load(context: LoadContext) -> Suite:
    source, file = context.source, context.file
    base = source.path.parent.resolve()
    experiments = Experiments(source, file.experiments, base, file.kinds)
    context.specs = experiments.build()
    context.problems += experiments.problems
    check_seeds(context, ("defaults",), file.defaults.seeds, file.defaults.confidence)
    check_seeds_in(context)
    context.derived = load_metrics(context)
    memos = {name: _load_memo(context, name, entry) for name, entry in file.memos.items()}
    claims = [load_claim(context, name, entry) for name, entry in file.claims.items()]
    return Suite(
        source.path,
        memos,
        context.specs,
        tuple(claim for claim in claims if claim is not None),
        _load_variants(context),
        file.kinds,
    )


def _load_variants(context: LoadContext) -> dict[str, Variants]:
    check = VariantsCheck(context.source, context.specs, context.names_in("experiments"))
    found = check.build(context.file.variants)
    context.problems += check.problems
    return found


def _load_memo(context: LoadContext, name: str, entry: MemoEntry) -> Memo:
    """The memo, with those of its reported figures that have no problems."""
    reported = []
    for index, figure in enumerate(entry.reported):
        path = ("memos", name, "reported", index)
        value = context.parse((*path, "expression"), parse_value, figure.expression)
        spec = context.find_spec(figure.experiment, (*path, "experiment"))
        node = context.source.node(path)
        if value is None or spec is None or node is None:
            continue
        asked = Reported(
            figure.expression, figure.value, spec.name, node.line, value, spec, context.derived
        )
        if context.check_names(spec, asked.ask, (*path, "expression")):
            reported.append(asked)
    return Memo(name, entry.title, entry.date, entry.source, tuple(reported))


def _without(data: Mapping[str, Any], locations: Sequence[tuple]) -> dict:
    """The file without the entries, or unknown sections, that are wrong."""
    kept = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in data.items()
    }
    for location in locations:
        if len(location) > 1 and isinstance(kept.get(location[0]), dict):
            kept[location[0]].pop(str(location[1]), None)
        elif location:
            kept.pop(location[0], None)
    return kept


__all__ = ["ClaimFileError", "LoadResult", "NotAsked", "load_suite", "read_suite"]
