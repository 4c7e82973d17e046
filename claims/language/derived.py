"""Derived metrics: what they are made of, and definitions that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

from claims.language.nodes import ExpressionError, Select, Value, walk

MAX_EXPANDED = 2000  # nodes of a derived metric written out
MAX_DERIVATIONS = 50  # derived metrics on the way from one to what is measured


def leaf_metrics(name: str, derived: Mapping[str, Value]) -> frozenset[str]:
    """The measured metrics that a metric is made of. `derived` holds no cycle: see
    `check_derived`.
    """
    if name not in derived:
        return frozenset({name})
    parts = (part.metric for part in walk(derived[name]) if isinstance(part, Select))
    return frozenset().union(*(leaf_metrics(part, derived) for part in parts))


def check_derived(derived: Mapping[str, Value]) -> dict[str, ExpressionError]:
    """Errors of derived metrics, by name: those defined by themselves, and those too long when
    written out.
    """
    sizes: dict[str, int] = {}
    # one error is shared by all that are built on the name at fault
    errors: dict[str, ExpressionError] = {}

    def size(name: str, path: tuple[str, ...]) -> int:
        if name in errors:
            raise errors[name]
        if name in path:
            raise ExpressionError(
                f"`{name}` is defined by itself: {' -> '.join((*path[path.index(name) :], name))}"
            )
        if name not in sizes:
            parts = list(walk(derived[name]))
            sizes[name] = len(parts) + sum(
                size(part.metric, (*path, name))
                for part in parts
                if isinstance(part, Select) and part.metric in derived
            )
            if sizes[name] > MAX_EXPANDED or len(path) > MAX_DERIVATIONS:
                raise ExpressionError(
                    f"`{name}` written out has more than {MAX_EXPANDED} parts",
                    hint="define it in fewer steps",
                )
        return sizes[name]

    for name in derived:
        try:
            size(name, ())
        except ExpressionError as error:
            errors[name] = error
    return errors
