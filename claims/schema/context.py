"""What is known of a claim file while it is loaded, and the problems found so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from claims.language import ExpressionError, nearest
from claims.schema.entries import ClaimsFile
from claims.schema.problems import Problem
from claims.schema.specs import ExperimentSpec, Undescribed
from claims.schema.yaml_source import Source


class LoadContext:
    """A claim file whose entries are typed. `specs` and `derived` are filled in while it is
    loaded: the experiments, then the derived metrics.
    """

    def __init__(self, source: Source, file: ClaimsFile, problems: Sequence[Problem] = ()):
        self.source, self.file = source, file
        self.problems: list[Problem] = list(problems)
        self.specs: dict[str, ExperimentSpec] = {}
        self.derived: dict[str, Any] = {}

    def fail(self, path: Sequence[str | int], message: str, hint: str = "", **options: Any) -> None:
        """Add a problem at a path of the file; `options` as for `Source.problem`."""
        about = str(path[1]) if len(path) > 1 and path[0] == "claims" else None
        self.problems.append(self.source.problem(path, message, hint, about=about, **options))

    def fail_expression(self, path: Sequence[str | int], error: ExpressionError) -> None:
        """Add an error of the claim language, at the part of the expression that it names."""
        if error.variable is not None:
            self.fail(
                (*path[:-1], "for_every", error.variable, error.index), error.message, error.hint
            )
        else:
            self.fail(path, error.message, error.hint, span=(error.span.start, error.span.end))

    def names_in(self, section: str) -> tuple[str, ...]:
        """The names in a section of the file, those of wrong entries too."""
        node = self.source.node((section,))
        return tuple(node.value) if node is not None and isinstance(node.value, dict) else ()

    def parse(self, path: Sequence[str | int], parse: Callable[[str], Any], text: str) -> Any:
        """The parsed expression, or None, with a problem, for one that cannot be parsed."""
        try:
            return parse(text)
        except ExpressionError as error:
            self.fail_expression(path, error)

    def find_spec(self, name: str | None, path: Sequence[str | int]) -> ExperimentSpec | None:
        """The experiment called `name`, the first for None; None where there is none, or where it
        has problems of its own.
        """
        known = self.names_in("experiments")
        if name is None and not known:
            return None
        name = name if name is not None else known[0]
        if name not in known:
            self.fail(path, f"no experiment is called `{name}`", nearest(name, known))
        return self.specs.get(name)

    def check_names(
        self, spec: ExperimentSpec, ask: Callable[[str], Any], path: Sequence[str | int]
    ) -> bool:
        """Whether an expression can be asked of every setting: a wrong name is found before
        anything trains.
        """
        for setting in spec.settings:
            try:
                ask(setting)
            except Undescribed:
                return True
            except ExpressionError as error:
                self.fail_expression(path, error)
                return False
        return True
