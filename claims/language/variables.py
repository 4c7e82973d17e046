"""Variables of `for_every`: their names in a statement, and their values in place of the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import overload

from claims.language.nodes import (
    ExpressionError,
    Label,
    Node,
    Number,
    Scalar,
    Select,
    Statement,
    Value,
    children,
    walk,
    with_children,
)


@overload
def bind(node: Value, bindings: Mapping[str, tuple[Scalar, int]]) -> Value: ...
@overload
def bind(node: Statement, bindings: Mapping[str, tuple[Scalar, int]]) -> Statement: ...
def bind(node: Node, bindings: Mapping[str, tuple[Scalar, int]]) -> Node:
    """The node with `for_every` variables replaced by their values: {name: (value, its index in the
    list)}.
    """
    if isinstance(node, Select):
        return _bind_select(node, bindings)
    return with_children(node, tuple(bind(child, bindings) for child in children(node)))


def _bind_select(node: Select, bindings: Mapping[str, tuple[Scalar, int]]) -> Value:
    if node.metric in bindings:
        value, _ = bindings[node.metric]
        if not isinstance(value, str):
            if node.labels or node.named:
                raise ExpressionError(
                    f"`{node.metric}` stands for a number and takes no labels", node.span
                )
            return Number(value, span=node.span)
        node = replace(node, metric=value)

    def bound(label: Label) -> Label:
        if label.quoted or label.value not in bindings or not isinstance(label.value, str):
            return label
        value, index = bindings[label.value]
        return Label(value, span=label.span, variable=label.value, index=index)

    return replace(
        node,
        labels=tuple(map(bound, node.labels)),
        named=tuple((name, bound(label)) for name, label in node.named),
    )


def names_in(node: Node) -> frozenset[str]:
    """Every unquoted name in the node, each of which a `for_every` variable could be."""
    selects = [part for part in walk(node) if isinstance(part, Select)]
    labels = [
        label
        for select in selects
        for label in (*select.labels, *(named for _, named in select.named))
    ]
    return frozenset(
        {select.metric for select in selects}
        | {label.value for label in labels if isinstance(label.value, str) and not label.quoted}
    )
