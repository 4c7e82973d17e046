"""Derived metrics of a claim file, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from claims.language import check_derived, nearest, parse_value
from claims.language.nodes import Select, walk
from claims.schema.context import LoadContext


def load_metrics(context: LoadContext) -> dict[str, Any]:
    """The derived metrics by name, parsed, but for those with problems."""
    derived = {}
    measured = _measured(context)
    for name, text in context.file.metrics.items():
        path = ("metrics", name)
        if measured is not None and name in measured:
            context.fail(
                path,
                f"`{name}` is measured already",
                "give the derived metric another name",
                key=True,
            )
        elif (value := context.parse(path, parse_value, text)) is not None:
            derived[name] = value
    if measured is not None:
        _check_selected(context, derived, (*measured, *context.file.metrics))
    reported: set[int] = set()  # one error is in several metrics: those of a circle
    for name, error in check_derived(derived).items():
        if id(error) not in reported:
            context.fail(("metrics", name), error.message, error.hint, key=True)
        reported.add(id(error))
        derived.pop(name)
    return derived


def _check_selected(context: LoadContext, derived: dict[str, Any], known: Collection[str]) -> None:
    """Metrics that are named in a derived one and that there are not."""
    for name, body in derived.items():
        for leaf in walk(body):
            if isinstance(leaf, Select) and leaf.metric not in known:
                context.fail(
                    ("metrics", name),
                    f"no metric is called `{leaf.metric}`",
                    nearest(leaf.metric, known),
                    span=(leaf.span.start, leaf.span.end),
                )


def _measured(context: LoadContext) -> set[str] | None:
    """All measured metrics, or None where an experiment does not describe its metrics."""
    if len(context.specs) < len(context.names_in("experiments")):
        return None
    measured: set[str] = set()
    for spec in context.specs.values():
        for setting in spec.settings:
            described = spec.describe(setting)
            if described is None:
                return None
            measured.update(described)
    return measured
