"""Experiments as the claim file declares them: their settings, merged, and what they measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.experiments.validation import label_of
from claims.language import ExpressionError, Term, Vocabulary

if TYPE_CHECKING:
    from claims.execution.jobs import Job
    from claims.experiments.kinds import BoundExperiment


class Undescribed(LookupError):
    """The experiment names no labels before it is measured; ask again with `described` taken from
    its observations.
    """


@dataclass(frozen=True)
class ExperimentSpec:
    """An experiment and its settings, options merged; the first setting is the default."""

    name: str
    kind: str  # as the file writes it
    target: str  # package.module:Class
    settings: Mapping[str, Mapping[str, Any]]
    base: Path
    common: Mapping[str, Any] = field(default_factory=dict)  # the options before any setting
    _made: dict = field(default_factory=dict, compare=False, repr=False)

    def experiment(self, setting: str) -> BoundExperiment:
        """The experiment of a setting. Raises `claims.experiments.base.SettingsError`."""
        return self._create(setting, self.settings[setting])

    def _create(self, key: str | tuple, options: Mapping[str, Any]) -> BoundExperiment:
        if key not in self._made:
            from claims.experiments.kinds import create

            self._made[key] = create(self.target, options, self.base, kind=self.kind)
        return self._made[key]

    def describe(self, setting: str) -> dict[str, dict[str, tuple]] | None:
        """{metric: {dimension: labels}} of a setting; None where only measuring shows them."""
        if ("described", setting) not in self._made:
            self._made["described", setting] = _described(self.experiment(setting))
        return self._made["described", setting]

    def elsewhere(self) -> dict[str, dict[str, tuple]]:
        """The union of all settings' labels, and of the experiment's own before any setting."""
        if ("union",) not in self._made:
            from claims.experiments.base import SettingsError
            from claims.experiments.digests import deep_merge

            union: dict[str, dict[str, tuple]] = {}
            first = next(iter(self.settings))
            try:
                known = [
                    _described(
                        self._create(("common",), deep_merge(self.settings[first], self.common))
                    )
                ]
            except SettingsError:
                known = []
            for described in (*(self.describe(setting) for setting in self.settings), *known):
                for metric, dimensions in (described or {}).items():
                    mine = union.setdefault(metric, {})
                    for name, labels in dimensions.items():
                        mine[name] = tuple(dict.fromkeys((*mine.get(name, ()), *labels)))
            self._made["union",] = union
        return self._made["union",]

    def vocabulary(
        self, setting: str, derived: Mapping, described: Mapping | None = None
    ) -> Vocabulary:
        described = described if described is not None else self.describe(setting)
        if described is None:
            raise Undescribed(
                f"experiment `{self.name}` does not describe its metrics before it is measured"
            )
        return Vocabulary(
            described,
            {name: body for name, body in derived.items() if name not in described},
            self.elsewhere(),
        )

    def ranges(self, setting: str) -> dict[str, tuple[float, float]]:
        """{metric: (lowest, highest)} of bounded metrics in a setting."""
        return dict(self.experiment(setting).ranges)

    def job(self, setting: str, seeds: Sequence[int]) -> Job:
        """The measuring of `seeds` in a setting, as data for an executor."""
        from claims.execution.jobs import Job

        name = f"{self.name} ({setting})"
        return Job(name, self.target, self.settings[setting], self.base, tuple(seeds))

    def refuse_absent(self, setting: str, terms: Sequence[Term]) -> None:
        """Recorded results need not hold every combination of labels. Raises `ExpressionError` for
        one that they lack.
        """
        implementation = self.experiment(setting).implementation
        for term in terms:
            if reason := implementation.reason_missing(term.metric, dict(term.labels)):
                raise ExpressionError(f"`{term}` was not measured: {reason}")


def _described(experiment: BoundExperiment) -> dict[str, dict[str, tuple]] | None:
    """What the experiment says of itself, with numpy's numbers made plain. Raises TypeError for
    what is no description.
    """
    described = experiment.describe()
    if described is None:
        return None
    try:
        return {
            str(metric): {
                str(name): tuple(label_of(label) for label in labels)
                for name, labels in dimensions.items()
            }
            for metric, dimensions in described.items()
        }
    except (AttributeError, TypeError):
        raise TypeError("`describe` must return {metric: {dimension: labels}}") from None
