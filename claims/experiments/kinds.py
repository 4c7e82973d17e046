"""From a kind's name to an experiment: the tool's own kinds, short names,
`package.module:Class`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic

from claims.experiments.base import Experiment, Labels, Settings, SettingsError

if TYPE_CHECKING:
    import xarray

    from claims.experiments.context import Context

KINDS = {"recorded": "claims.experiments.recorded:Recorded"}
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def target_of(kind: str, short_names: Mapping[str, str]) -> str:
    """`package.module:Class` of a kind as a claim file writes it. Raises SettingsError."""
    target = KINDS.get(kind) or short_names.get(kind, kind)
    if ":" in target:
        return target
    allowed = ", ".join((*KINDS, *short_names))
    raise SettingsError(
        [
            (
                ("kind",),
                f"`{kind}` is no kind of experiment; allowed: {allowed}, or package.module:Class "
                f"(a short name is declared by `kinds: {{{kind}: package.module:Class}}`)",
            )
        ]
    )


def import_kind(target: str, base: Path | None = None) -> type[Experiment]:
    """The class at `package.module:Class`, importable from `base` or the path.

    Raises SettingsError.
    """
    module_name, _, class_name = target.partition(":")
    if base is not None and str(base) not in sys.path and target not in KINDS.values():
        sys.path.append(str(base))  # a user's kind lies beside the claim file that names it
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except Exception as error:  # a user's module may raise anything
        missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
        hint = f"; install what brings `{missing}`" if missing and missing not in target else ""
        known = isinstance(error, ImportError | AttributeError)
        what = str(error) if known else f"{type(error).__name__}: {error}"
        problem = f"`{target}` cannot be imported: {what}{hint}"
        raise SettingsError([(("kind",), problem)]) from error
    if not (inspect.isclass(found) and issubclass(found, Experiment)):
        problem = (
            f"`{target}` is no experiment: let the class inherit from `claims.Experiment` and "
            "define `measure(self, seeds, context)`"
        )
        raise SettingsError([(("kind",), problem)])
    return found


@dataclass(frozen=True)
class BoundExperiment:
    """An experiment in one setting, with the kind and the options that it was made of."""

    kind: str  # as the claim file writes it
    target: str  # package.module:Class
    options: Mapping[str, Any]
    base: Path
    implementation: Experiment
    settings: Settings | None  # validated, where the kind has a `settings_model`

    @property
    def replicates(self) -> tuple[str, ...]:
        """Dimensions that are replicates inside a seed."""
        return tuple(self.implementation.replicates)

    @property
    def paired(self) -> bool:
        """Whether a seed's conditions belong together."""
        return self.implementation.paired

    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """{metric: (lowest, highest)} of bounded metrics."""
        return self.implementation.ranges

    @property
    def available_seeds(self) -> tuple[int, ...] | None:
        """The replicates there are, where they are given; None where any seed can be asked for."""
        return self.implementation.available_seeds

    def describe(self) -> Labels | None:
        """{metric: {dimension: labels}}; None where the kind does not say."""
        return self.implementation.describe()

    def measure(self, seeds: Sequence[int], context: Context | None = None) -> xarray.Dataset:
        """Observations of `seeds` as the implementation returns them, neither checked nor
        stored.
        """
        from claims.experiments.context import Context

        return self.implementation.measure(seeds, context or Context())

    def identity(self) -> dict[str, Any]:
        """All that determines a seed's observations but seed and machine, as plain JSON data."""
        own = self.implementation.identity()
        if own is None:
            return {"options": self.plain_options(), **self.code()}
        if "source" in own:
            return {"kind": self.target, **own}
        return {**self.code(), **own}

    def source(self) -> str | None:
        """Digest of the source behind it; None where the data behind it are not to be had, which
        measuring will say.
        """
        try:
            return self.identity().get("source")
        except ValueError:
            return None

    def plain_options(self) -> dict[str, Any]:
        """The settings, defaults filled in where the kind declares them, as plain JSON data."""
        if self.settings is not None:
            return self.settings.model_dump(mode="json")
        return json.loads(json.dumps(dict(self.options), sort_keys=True, default=str))

    def code(self) -> dict[str, Any]:
        """The kind, and a digest of its module with all of the same project that it imports."""
        from claims.store.sources import source_digest

        return {"kind": self.target, "source": source_digest(self.target.partition(":")[0])}


def create(
    target: str, options: Mapping[str, Any], base: Path, *, kind: str | None = None
) -> BoundExperiment:
    """The experiment at `package.module:Class`. `options` are its merged settings; relative paths
    are taken from `base`. `kind`: how the claim file calls it.

    Raises SettingsError with every problem and its path inside `options`.
    """
    name = kind or target
    cls = import_kind(target, base)
    try:
        if cls.settings_model is None:
            settings, made = None, cls(**options)
        else:
            settings = cls.settings_model.model_validate(dict(options), context={"base": base})
            made = cls.from_settings(settings, base)
    except pydantic.ValidationError as error:
        raise SettingsError(
            [(tuple(e["loc"]), e["msg"].removeprefix("Value error, ")) for e in error.errors()]
        ) from None
    except TypeError as error:
        if abstract := sorted(getattr(cls, "__abstractmethods__", ())):
            problem = f"`{target}` does not define {', '.join(f'`{name}`' for name in abstract)}"
            raise SettingsError([(("kind",), problem)]) from error
        problem = f"`{name}` does not take these settings: {error}"
        raise SettingsError([((), problem)]) from error
    return BoundExperiment(name, target, dict(options), base, made, settings)


def settings_model_of(target: str, base: Path | None = None) -> type[Settings] | None:
    """The settings class of a kind; None where it declares none, or cannot be imported."""
    try:
        return import_kind(target, base).settings_model
    except SettingsError:
        return None
