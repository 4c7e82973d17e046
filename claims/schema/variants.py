"""Readings of an experiment that a memo leaves open: which there are, and what is wrong with how
the claim file states them.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from claims.experiments.base import SettingsError, deep_merge
from claims.language.resolve import nearest
from claims.schema.entries import VariantsEntry
from claims.schema.problems import Problem
from claims.schema.suite import ExperimentSpec
from claims.schema.yaml_source import Source

Changes = tuple[tuple[str, Any], ...]  # (dotted path of a setting, its value)
AS_WRITTEN = "as written"


@dataclass(frozen=True)
class Variant:
    """One way to read a memo: the settings that it changes. `number`: of a drawn combination, from
    1.
    """

    changes: Changes = ()
    number: int | None = None

    @property
    def name(self) -> str:
        """Short, for tests: `base`, `probe.lr=0.19`, `sample-07`."""
        return (
            f"sample-{self.number:02d}"
            if self.number
            else ",".join(f"{path}={told(value)}" for path, value in self.changes) or "base"
        )

    @property
    def label(self) -> str:
        return ", ".join(f"{path} {told(value)}" for path, value in self.changes) or AS_WRITTEN

    @property
    def alone(self) -> bool:
        """Whether it makes one choice and no other."""
        return len(self.changes) == 1


@dataclass(frozen=True)
class Variants:
    """The choices of one experiment, and how many readings are made of them."""

    choices: Mapping[str, tuple]
    sample: int = 30
    sample_seed: int = 0
    seeds: int = 8
    without: tuple[str, ...] = ("control",)  # tags of claims that are not judged again

    def readings(self, base: Mapping[str, Any]) -> tuple[Variant, ...]:
        """As written, each choice alone, and the drawn combinations. A choice that is the setting's
        own already (`base`) is none.
        """
        open_ = {
            path: tuple(v for v in values if not _same(v, base.get(path)))
            for path, values in self.choices.items()
        }
        alone = [Variant(((path, value),)) for path, values in open_.items() for value in values]
        combined = combinations(
            {path: values for path, values in open_.items() if values},
            self.sample,
            self.sample_seed,
        )
        return (Variant(), *alone, *(Variant(changes, i) for i, changes in enumerate(combined, 1)))


def combinations(choices: Mapping[str, Sequence], n: int, seed: int) -> list[Changes]:
    """`n` combinations of two or more choices, or all there are: uniform over them, without
    repeats, the same for the same `seed`.
    """
    rng = random.Random(seed)
    axes = [[None, *((path, value) for value in values)] for path, values in choices.items()]
    there_are = math.prod(map(len, axes)) - 1 - sum(len(axis) - 1 for axis in axes)
    if there_are <= 2 * n:
        every = [made for made in map(_made, itertools.product(*axes)) if len(made) > 1]
        return rng.sample(every, min(n, there_are))
    found: dict[Changes, None] = {}
    while len(found) < n:
        made = _made([rng.choice(axis) for axis in axes])
        if len(made) > 1:
            found[made] = None
    return list(found)


def with_readings(
    spec: ExperimentSpec, setting: str, readings: Sequence[Variant]
) -> ExperimentSpec:
    """The experiment with each reading of a setting as one more setting, called as `setting_of`
    says.
    """
    own = spec.settings[setting]
    more = {
        setting_of(setting, reading): deep_merge(own, _nested(reading.changes))
        for reading in readings
        if reading.changes
    }
    return replace(spec, settings={**spec.settings, **more}, _made={})


def setting_of(setting: str, reading: Variant) -> str:
    """The name of a reading's setting; as written it is the setting itself."""
    return f"{setting}, {reading.label}" if reading.changes else setting


def settings_of(spec: ExperimentSpec, setting: str) -> dict[str, Any]:
    """{dotted path: value} of a setting, defaults filled in where its kind tells them. Raises
    SettingsError.
    """
    made = spec.experiment(setting)
    return dict(_flat(made.settings.model_dump() if made.settings else made.options))


def told(value: Any) -> str:
    """A choice as the file writes it."""
    return (
        "default"
        if value is None
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


class VariantsCheck:
    """Builds the variants of all experiments, and makes every reading once: what cannot be made is
    told with its line, before anything trains.
    """

    def __init__(self, source: Source, specs: Mapping[str, ExperimentSpec], written: Sequence[str]):
        self.source, self.specs, self.written = source, specs, written
        self.problems: list[Problem] = []

    def build(self, entries: Mapping[str, VariantsEntry]) -> dict[str, Variants]:
        found = {}
        for name, entry in entries.items():
            if name not in self.written:
                self._fail(
                    ("variants", name),
                    f"no experiment is called `{name}`",
                    nearest(name, self.written),
                    key=True,
                )
            elif name in self.specs and self._check(name, entry):
                found[name] = Variants(
                    entry.choices, entry.sample, entry.sample_seed, entry.seeds, entry.without
                )
        return found

    def _fail(
        self, path: Sequence[str | int], message: str, hint: str = "", **options: Any
    ) -> None:
        self.problems.append(self.source.problem(path, message, hint, **options))

    def _check(self, name: str, entry: VariantsEntry) -> bool:
        spec, before = self.specs[name], len(self.problems)
        if any(spec.experiment(setting).available_seeds is not None for setting in spec.settings):
            self._fail(
                ("variants", name),
                f"`{name}` holds recorded results, which cannot be measured under another reading",
                "delete it",
                key=True,
            )
            return False
        for path, values in entry.choices.items():
            self._check_axis(spec, path, values)
        if len(self.problems) == before:
            self._check_combinations(spec, Variants(entry.choices, entry.sample, entry.sample_seed))
        return len(self.problems) == before

    def _check_axis(self, spec: ExperimentSpec, path: str, values: Sequence) -> None:
        here = ("variants", spec.name, "choices", path)
        known = [settings_of(spec, setting) for setting in spec.settings]
        if _typed(spec) and not any(path in own for own in known):
            return self._fail(
                here,
                f"`{path}` is no setting of experiment `{spec.name}`",
                nearest(path, known[0]),
                key=True,
            )
        for index, value in enumerate(values):
            if all(_same(value, own.get(path)) for own in known):
                self._fail(
                    (*here, index),
                    f"`{path}` of experiment `{spec.name}` is {told(value)} as written",
                    "delete it: a choice is another value",
                )
            elif (message := _refused(spec, Variant(((path, value),)))) is not None:
                self._fail(
                    (*here, index),
                    f"`{path}` of experiment `{spec.name}` cannot be {told(value)}: {message}",
                )

    def _check_combinations(self, spec: ExperimentSpec, variants: Variants) -> None:
        for setting in spec.settings:
            for reading in variants.readings(settings_of(spec, setting)):
                if (message := _refused(spec, reading, setting)) is not None:
                    return self._fail(
                        ("variants", spec.name, "choices"),
                        f"{reading.label} do not go together: {message}",
                        "leave one of them out",
                        key=True,
                    )


def _refused(spec: ExperimentSpec, reading: Variant, *settings: str) -> str | None:
    """Why a reading cannot be made in some setting; None where it can."""
    for setting in settings or spec.settings:
        try:
            with_readings(spec, setting, [reading]).describe(setting_of(setting, reading))
        except SettingsError as error:
            return "; ".join(f"{message[:1].lower()}{message[1:]}" for _, message in error.problems)
        except (Exception, SystemExit) as error:  # a user's own kind may raise anything
            return f"{type(error).__name__}: {error}"
    return None


def _typed(spec: ExperimentSpec) -> bool:
    """Whether the kind tells its settings: a user's own may take any."""
    made = spec.experiment(next(iter(spec.settings)))
    return made.settings is not None


def _made(picked: Sequence[tuple[str, Any] | None]) -> Changes:
    return tuple(choice for choice in picked if choice is not None)


def _nested(changes: Changes) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in changes:
        *outer, last = path.split(".")
        inner: dict[str, Any] = {last: value}
        for step in reversed(outer):
            inner = {step: inner}
        nested = deep_merge(nested, inner)
    return nested


def _flat(options: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _same(value: Any, own: Any) -> bool:
    return isinstance(value, bool) == isinstance(own, bool) and value == own


__all__ = [
    "AS_WRITTEN",
    "Variant",
    "Variants",
    "VariantsCheck",
    "combinations",
    "setting_of",
    "settings_of",
    "told",
    "with_readings",
]
