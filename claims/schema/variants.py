"""Variants of an experiment: other values of the settings that a memo leaves open. Which variants
there are, and what is wrong with how the claim file states them.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from claims.experiments.base import SettingsError
from claims.experiments.digests import deep_merge
from claims.language.resolve import nearest
from claims.schema.entries import VariantsEntry
from claims.schema.problems import Problem
from claims.schema.specs import ExperimentSpec
from claims.schema.yaml_source import Source

Changes = tuple[tuple[str, Any], ...]  # (dotted path of a setting, its value)
AS_WRITTEN = "as written"


@dataclass(frozen=True)
class Variant:
    """The settings that one variant changes; none in the variant as written. `number` counts the
    drawn combinations, from 1.
    """

    changes: Changes = ()
    number: int | None = None

    @property
    def name(self) -> str:
        """Short name, for tests: `base`, `probe.lr=0.19`, `sample-07`."""
        if self.number:
            return f"sample-{self.number:02d}"
        return ",".join(f"{path}={format_value(value)}" for path, value in self.changes) or "base"

    @property
    def label(self) -> str:
        """Name for reports: `as written`, or every setting that it changes."""
        return ", ".join(f"{path} {format_value(value)}" for path, value in self.changes) or (
            AS_WRITTEN
        )

    @property
    def is_single(self) -> bool:
        """Whether it makes one choice and no other."""
        return len(self.changes) == 1


@dataclass(frozen=True)
class Variants:
    """The choices of one experiment, and how its variants are made of them and judged."""

    choices: Mapping[str, tuple]
    sample: int = 30
    sample_seed: int = 0
    seeds: int = 8
    without: tuple[str, ...] = ("control",)  # tags of claims that are not judged again

    def expand(self, written: Mapping[str, Any]) -> tuple[Variant, ...]:
        """The variant as written, each choice alone, and the drawn combinations. A choice that
        `written`, the settings by path, has already is left out.
        """
        choices = {
            path: tuple(value for value in values if not _same(value, written.get(path)))
            for path, values in self.choices.items()
        }
        singles = [
            Variant(((path, value),)) for path, values in choices.items() for value in values
        ]
        drawn = combinations(
            {path: values for path, values in choices.items() if values},
            self.sample,
            self.sample_seed,
        )
        return (Variant(), *singles, *(Variant(changes, i) for i, changes in enumerate(drawn, 1)))


def combinations(choices: Mapping[str, Sequence], n: int, seed: int) -> list[Changes]:
    """`n` combinations of two or more choices, or all there are: uniform over them, without
    repeats, the same for the same `seed`.
    """
    rng = random.Random(seed)
    axes = [[None, *((path, value) for value in values)] for path, values in choices.items()]
    n_possible = math.prod(map(len, axes)) - 1 - sum(len(axis) - 1 for axis in axes)
    if n_possible <= 2 * n:
        possible = [made for made in map(_changes, itertools.product(*axes)) if len(made) > 1]
        return rng.sample(possible, min(n, n_possible))
    found: dict[Changes, None] = {}
    while len(found) < n:
        made = _changes([rng.choice(axis) for axis in axes])
        if len(made) > 1:
            found[made] = None
    return list(found)


def with_variants(
    spec: ExperimentSpec, setting: str, variants: Sequence[Variant]
) -> ExperimentSpec:
    """The experiment with each variant of a setting as one more setting, named by
    `variant_setting`.
    """
    written = spec.settings[setting]
    more = {
        variant_setting(setting, variant): deep_merge(written, _nested(variant.changes))
        for variant in variants
        if variant.changes
    }
    return replace(spec, settings={**spec.settings, **more}, _made={})


def variant_setting(setting: str, variant: Variant) -> str:
    """The name of a variant's setting; that of the variant as written is `setting` itself."""
    return f"{setting}, {variant.label}" if variant.changes else setting


def settings_by_path(spec: ExperimentSpec, setting: str) -> dict[str, Any]:
    """{dotted path: value} of a setting, with defaults where its kind declares them. Raises
    SettingsError.
    """
    declared = _declared_settings(spec, setting)
    return dict(_flat(spec.experiment(setting).options if declared is None else declared))


def format_value(value: Any) -> str:
    """A setting's value as the claim file writes it; `default` for None."""
    if value is None:
        return "default"
    return str(value).lower() if isinstance(value, bool) else str(value)


class VariantsCheck:
    """Builds the variants of all experiments, and makes every variant once: one that cannot be made
    is a problem with its line, before anything trains.
    """

    def __init__(self, source: Source, specs: Mapping[str, ExperimentSpec], written: Sequence[str]):
        self.source, self.specs, self.written = source, specs, written
        self.problems: list[Problem] = []

    def build(self, entries: Mapping[str, VariantsEntry]) -> dict[str, Variants]:
        """The variants by experiment, but for those with problems."""
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
                f"`{name}` holds recorded results, which cannot be measured under other settings",
                "delete it",
                key=True,
            )
            return False
        for path, values in entry.choices.items():
            self._check_choices(spec, path, values)
        if len(self.problems) == before:
            self._check_combinations(spec, Variants(entry.choices, entry.sample, entry.sample_seed))
        return len(self.problems) == before

    def _check_choices(self, spec: ExperimentSpec, path: str, values: Sequence) -> None:
        here = ("variants", spec.name, "choices", path)
        known = [settings_by_path(spec, setting) for setting in spec.settings]
        first = next(iter(spec.settings))
        # a kind that declares no settings may take any
        if _declared_settings(spec, first) is not None and not any(path in own for own in known):
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
                    f"`{path}` of experiment `{spec.name}` is {format_value(value)} as written",
                    "delete it: a choice is another value",
                )
            elif (message := _why_refused(spec, Variant(((path, value),)))) is not None:
                self._fail(
                    (*here, index),
                    f"`{path}` of experiment `{spec.name}` cannot be {format_value(value)}: "
                    f"{message}",
                )

    def _check_combinations(self, spec: ExperimentSpec, variants: Variants) -> None:
        for setting in spec.settings:
            for variant in variants.expand(settings_by_path(spec, setting)):
                if (message := _why_refused(spec, variant, setting)) is not None:
                    return self._fail(
                        ("variants", spec.name, "choices"),
                        f"{variant.label} cannot be combined: {message}",
                        "leave one of them out",
                        key=True,
                    )


def _why_refused(spec: ExperimentSpec, variant: Variant, *settings: str) -> str | None:
    """Why a variant cannot be made in one of the `settings` (all of them when none is named); None
    where it can.
    """
    for setting in settings or spec.settings:
        try:
            with_variants(spec, setting, [variant]).describe(variant_setting(setting, variant))
        except SettingsError as error:
            return "; ".join(f"{message[:1].lower()}{message[1:]}" for _, message in error.problems)
        except (Exception, SystemExit) as error:  # a user's own kind may raise anything
            return f"{type(error).__name__}: {error}"
    return None


def _declared_settings(spec: ExperimentSpec, setting: str) -> dict[str, Any] | None:
    """All settings, defaults filled in, of a kind that declares them by a model; None where it has
    none.
    """
    settings = spec.experiment(setting).settings
    return None if settings is None else settings.model_dump()


def _changes(chosen: Sequence[tuple[str, Any] | None]) -> Changes:
    return tuple(choice for choice in chosen if choice is not None)


def _nested(changes: Changes) -> dict[str, Any]:
    """{dotted path: value} as nested mappings."""
    nested: dict[str, Any] = {}
    for path, value in changes:
        *outer, last = path.split(".")
        inner: dict[str, Any] = {last: value}
        for step in reversed(outer):
            inner = {step: inner}
        nested = deep_merge(nested, inner)
    return nested


def _flat(options: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as (dotted path, value)."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _same(value: Any, written: Any) -> bool:
    """Whether two values are equal; true is not 1."""
    return isinstance(value, bool) == isinstance(written, bool) and value == written


__all__ = [
    "AS_WRITTEN",
    "Variant",
    "Variants",
    "VariantsCheck",
    "combinations",
    "format_value",
    "settings_by_path",
    "variant_setting",
    "with_variants",
]
