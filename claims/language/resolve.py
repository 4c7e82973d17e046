"""Names looked up in a description of the observations: metrics, labels and derived metrics."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from claims.language.derived import leaf_metrics
from claims.language.nodes import (
    ExpressionError,
    Label,
    Mean,
    Scalar,
    Select,
    Term,
    Value,
    children,
    scalar_text,
    walk,
    with_children,
)
from claims.language.printer import to_text

Description = Mapping[str, Mapping[str, tuple]]  # {metric: {dimension: labels}}


class NotThere(ExpressionError):
    """A label or metric that this setting of an experiment lacks and another setting has."""


def nearest(word: object, known: Iterable[object]) -> str:
    """The remedy for an unknown name: the nearest known one, or all of them."""
    words = [str(candidate) for candidate in known]
    by_lower = {candidate.lower(): candidate for candidate in reversed(words)}
    close = difflib.get_close_matches(str(word).lower()[:100], by_lower, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{by_lower[close[0]]}`?"
    shown = ", ".join(words[:12]) + (f" and {len(words) - 12} more" if len(words) > 12 else "")
    return f"known: {shown}" if words else ""


def same(label: Scalar, other: Scalar) -> bool:
    """Whether two labels are equal as numbers or as texts; True is not 1, and "5" is not 5."""
    if isinstance(label, bool) or isinstance(other, bool):
        return label is other
    return label == other


@dataclass(frozen=True)
class Vocabulary:
    """The names that a claim may use in one setting: measured metrics with their dimensions, and
    derived metrics.

    elsewhere: the union over the experiment's settings. A name that it has and `measured` lacks
    raises `NotThere`, an unknown one `ExpressionError`.
    """

    measured: Description
    derived: Mapping[str, Value] = field(default_factory=dict)
    elsewhere: Description = field(default_factory=dict)

    @cached_property
    def _dimensions(self) -> dict[str, dict[str, tuple]]:
        return {
            metric: {name: tuple(labels) for name, labels in dims.items()}
            for metric, dims in self.measured.items()
        }

    def resolve(self, node: Value) -> Value:
        """The quantity with a mean for each selection, and derived metrics written out."""
        if isinstance(node, Select):
            return self._expand(node, {}, ())
        return with_children(node, tuple(self.resolve(child) for child in children(node)))

    def _expand(self, select: Select, pushed: Mapping[str, Scalar], path: tuple[str, ...]) -> Value:
        known = self.dimensions(select, path)
        chosen = self._choose(select, known)
        clash = next((name for name in chosen if name in pushed), None)
        if clash:
            raise ExpressionError(f"`{clash}` is already chosen inside `{path[-1]}`", select.span)
        chosen |= {name: label for name, label in pushed.items() if name in known}
        self._check_all_chosen(select, known, chosen)
        if select.metric in self.derived:
            return self._inside(self.derived[select.metric], chosen, (*path, select.metric), select)
        return Mean(
            Term(select.metric, tuple((name, chosen[name]) for name in known)), span=select.span
        )

    def _inside(
        self, body: Value, chosen: Mapping[str, Scalar], path: tuple[str, ...], outer: Select
    ) -> Value:
        """The body of a derived metric with its selections narrowed to `chosen`. Errors point at
        the text that uses the metric, not at its definition.
        """
        if isinstance(body, Select):
            return self._expand(
                replace(body, span=outer.span), self._left_open(body, chosen, path), path
            )
        inside = tuple(self._inside(child, chosen, path, outer) for child in children(body))
        return replace(with_children(body, inside), span=outer.span)

    def _left_open(
        self, leaf: Select, chosen: Mapping[str, Scalar], path: tuple[str, ...]
    ) -> dict[str, Scalar]:
        """The chosen labels without those of dimensions that this selection chooses itself."""
        own = self._choose(leaf, self.dimensions(leaf, path))
        return {name: label for name, label in chosen.items() if name not in own}

    def dimensions(self, select: Select, path: tuple[str, ...] = ()) -> dict[str, tuple]:
        """Dimensions, with their labels, that a selection can choose from. Those of a derived
        metric are the dimensions that the selections in its definition leave open.

        path: the derived metrics being written out. Raises `ExpressionError` for an unknown metric.
        """
        name = select.metric
        if name in self.derived and name not in path:
            try:
                return self._open_dimensions(name, path)
            except ExpressionError as error:  # its place is in the definition, not in this text
                raise type(error)(
                    f"in `{name}`: {error.message}", select.span, error.hint
                ) from None
        if name in self._dimensions:
            return self._dimensions[name]
        if name in self.elsewhere:
            raise NotThere(f"metric `{name}` is not measured in this setting", select.span)
        raise ExpressionError(
            f"no metric is called `{name}`",
            select.span,
            nearest(name, (*self.measured, *self.derived)),
        )

    def _open_dimensions(self, name: str, path: tuple[str, ...]) -> dict[str, tuple]:
        found: dict[str, tuple] = {}
        for leaf in (part for part in walk(self.derived[name]) if isinstance(part, Select)):
            own = self.dimensions(leaf, (*path, name))
            taken = self._choose(leaf, own)
            for dimension, labels in own.items():
                if dimension not in taken:
                    found[dimension] = tuple(dict.fromkeys((*found.get(dimension, ()), *labels)))
        return found

    def _choose(self, select: Select, known: Mapping[str, tuple]) -> dict[str, Scalar]:
        chosen: dict[str, Scalar] = {}
        for name, label in (*((None, label) for label in select.labels), *select.named):
            dimension, value = (
                self._find(select, known, label)
                if name is None
                else (name, self._named(select, known, name, label))
            )
            if dimension in chosen:
                raise _located(
                    label,
                    f"`{dimension}` is chosen twice, as {scalar_text(chosen[dimension])} "
                    f"and as {scalar_text(value)}",
                )
            chosen[dimension] = value
        return chosen

    def _find(self, select: Select, known: Mapping[str, tuple], label: Label) -> tuple[str, Scalar]:
        found = [
            (name, candidate)
            for name, labels in known.items()
            for candidate in labels
            if same(label.value, candidate)
        ]
        if len(found) == 1:
            return found[0]
        text = scalar_text(label.value)
        if found:
            names = " and ".join(f"`{name}`" for name, _ in found)
            raise _located(
                label,
                f"{text} is a label of {names} of `{select.metric}`",
                f"write {found[0][0]}={text}",
            )
        if any(
            same(label.value, other) for name in known for other in self._elsewhere(select, name)
        ):
            raise _located(label, f"`{select.metric}` has no {text} in this setting", kind=NotThere)
        every = [scalar_text(candidate) for labels in known.values() for candidate in labels]
        if not known:
            raise _located(
                label,
                f"`{select.metric}` has no dimension to choose from",
                f"write {select.metric}",
            )
        raise _located(
            label, f"no dimension of `{select.metric}` has the label {text}", nearest(text, every)
        )

    def _named(self, select: Select, known: Mapping[str, tuple], name: str, label: Label) -> Scalar:
        text = scalar_text(label.value)
        if name not in known:
            raise _located(
                label,
                f"`{select.metric}` has no dimension `{name}`",
                nearest(name, known),
                widen=len(name) + 1,
            )
        for candidate in known[name]:
            if same(label.value, candidate):
                return candidate
        if any(same(label.value, other) for other in self._elsewhere(select, name)):
            raise _located(
                label, f"`{select.metric}` has no {name}={text} in this setting", kind=NotThere
            )
        raise _located(
            label,
            f"`{name}` of `{select.metric}` has no label {text}",
            nearest(text, map(scalar_text, known[name])),
        )

    def _elsewhere(self, select: Select, dimension: str) -> tuple:
        leaves = leaf_metrics(select.metric, self.derived)
        return tuple(
            label for leaf in leaves for label in self.elsewhere.get(leaf, {}).get(dimension, ())
        )

    def _check_all_chosen(
        self, select: Select, known: Mapping[str, tuple], chosen: Mapping[str, Scalar]
    ) -> None:
        still = [name for name in known if name not in chosen]
        if not still:
            return
        name, labels = still[0], known[still[0]]
        shown = ", ".join(map(scalar_text, labels[:10])) + (", ..." if len(labels) > 10 else "")
        raise ExpressionError(
            f"`{to_text(select)}` leaves `{name}` open, which is never averaged over; its "
            f"labels are {shown}",
            select.span,
            f"add {name}={scalar_text(labels[0]) if labels else '...'}, or a variable of "
            "`for_every`",
        )


def _located(
    label: Label,
    message: str,
    hint: str = "",
    *,
    kind: type[ExpressionError] = ExpressionError,
    widen: int = 0,
) -> ExpressionError:
    span = replace(label.span, start=max(label.span.start - widen, 0)) if widen else label.span
    where = f" (`{label.variable}` = {scalar_text(label.value)})" if label.variable else ""
    return kind(message + where, span, hint, None if widen else label.variable, label.index)
