"""Experiments of a claim file: `like`, `settings`, and errors of merged options traced back to the
line that wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic

from claims.experiments.base import SettingsError
from claims.experiments.digests import deep_merge
from claims.experiments.kinds import KINDS, settings_model_of, target_of
from claims.language.resolve import nearest
from claims.schema.entries import ExperimentEntry
from claims.schema.problems import Problem
from claims.schema.specs import ExperimentSpec
from claims.schema.yaml_source import Source

MAX_PROBLEMS = 200  # a recorded file can be wrong in every row
NodePath = tuple[str | int, ...]  # of keys and positions, from the top of the file
Origins = list[NodePath]  # the entries that options may come from, nearest first


class Experiments:
    """Builds the specs of all experiments; what is wrong with one leaves the others."""

    def __init__(
        self,
        source: Source,
        entries: Mapping[str, ExperimentEntry],
        base: Path,
        short_names: Mapping[str, str],
    ):
        self.source, self.entries, self.base = source, entries, base
        self.short_names = short_names
        self.problems: list[Problem] = []
        self.specs: dict[str, ExperimentSpec] = {}
        self._merged: dict[str, tuple[str, dict, dict[str, dict]] | None] = {}

    def build(self) -> dict[str, ExperimentSpec]:
        """The specs by name. Mistakes are in `problems`."""
        for name in self.short_names:
            if name in KINDS:
                self.fail(
                    ("kinds", name),
                    f"`{name}` is a kind of the tool's own",
                    "choose another name",
                    key=True,
                )
        for name in self.entries:
            merged = self._merge(name, ())
            if merged is not None and (spec := self._spec(name, *merged)) is not None:
                self.specs[name] = spec
        return self.specs

    def _spec(
        self, name: str, kind: str, common: dict, settings: dict[str, dict]
    ) -> ExperimentSpec | None:
        try:
            target = target_of(kind, self.short_names)
        except SettingsError as error:
            for _, message in error.problems:
                self.fail((*self._definer(name, "kind"), "kind"), message)
            return None
        spec = ExperimentSpec(name, kind, target, settings, self.base, common)
        return spec if self._check(spec) else None

    def fail(self, path: Sequence[str | int], message: str, hint: str = "", **options: Any) -> None:
        self.problems.append(self.source.problem(path, message, hint, **options))

    def _merge(self, name: str, path: tuple[str, ...]) -> tuple[str, dict, dict[str, dict]] | None:
        """Kind, options before any setting, and options by setting; None where they are not
        known.
        """
        if name not in self._merged:
            self._merged[name] = None  # until it is known
            self._merged[name] = self._merge_new(name, path)
        return self._merged[name]

    def _merge_new(
        self, name: str, path: tuple[str, ...]
    ) -> tuple[str, dict, dict[str, dict]] | None:
        entry, here = self.entries[name], ("experiments", name)
        own = dict(entry.model_extra or {})
        own_settings = {
            setting: options or {} for setting, options in (entry.settings or {}).items()
        }
        kind, common, settings = entry.kind, own, {}
        if entry.like is not None:
            if entry.like == name or entry.like in path:
                return self.fail(
                    (*here, "like"),
                    f"`{name}` is like itself: {' -> '.join((*path, name, entry.like))}",
                )
            if entry.like not in self.entries:
                others = [other for other in self.entries if other != name]
                return self.fail(
                    (*here, "like"),
                    f"no experiment is called `{entry.like}`",
                    nearest(entry.like, others),
                )
            parent = self._merge(entry.like, (*path, name))
            if parent is None:
                return None  # its own problem is recorded
            kind = kind or parent[0]
            model = self._model(kind)
            common = deep_merge(_known(parent[1], model), own)
            settings = {
                setting: deep_merge(_known(options, model), own)
                for setting, options in parent[2].items()
                if setting not in entry.without_settings
            }
            self._check_left_out(here, entry, parent[2])
        if kind is None:
            return self.fail(
                here,
                f"`{name}` names no `kind`",
                "add `kind: recorded`, a name of `kinds` or package.module:Class, or `like:` "
                "another experiment",
                key=True,
            )
        for setting, options in own_settings.items():
            settings[setting] = deep_merge(settings.get(setting, common), options)
        if own_settings and "default" in settings and "default" not in own_settings:
            del settings["default"]  # the parent's unnamed setting, now that there are named ones
        return kind, common, settings or {"default": common}

    def _check_left_out(
        self, here: tuple[str, str], entry: ExperimentEntry, inherited: Mapping[str, Any]
    ) -> None:
        for i, setting in enumerate(entry.without_settings):
            if setting not in inherited:
                self.fail(
                    (*here, "without_settings", i),
                    f"`{entry.like}` has no setting `{setting}`",
                    nearest(setting, inherited),
                )

    def _model(self, kind: str | None) -> type[pydantic.BaseModel] | None:
        """The settings class of a kind; None for one that has none, or that `_spec` refuses."""
        try:
            return settings_model_of(target_of(kind, self.short_names), self.base) if kind else None
        except SettingsError:
            return None

    def _check(self, spec: ExperimentSpec) -> bool:
        """Makes every setting once, so that wrong options are reported with the line that wrote
        them.
        """
        good, seen = True, set()
        for setting in spec.settings:
            try:
                spec.describe(setting)
            except SettingsError as error:
                good = False
                for where, message in error.problems:
                    if (where, message) not in seen and len(seen) < MAX_PROBLEMS:
                        self._locate(spec, setting, where, message)
                    seen.add((where, message))
            # a user's own kind may raise anything; it must not become a traceback
            except (Exception, SystemExit) as error:
                good = False
                self.fail(
                    ("experiments", spec.name, "kind"),
                    f"`{spec.kind}` cannot describe its results: {type(error).__name__}: {error}",
                )
        return good

    def _locate(
        self, spec: ExperimentSpec, setting: str, where: Sequence[str | int], message: str
    ) -> None:
        """Records a problem of the options at the line that wrote what is wrong."""
        where = tuple(where)
        if where == ("kind",):
            return self.fail((*self._definer(spec.name, "kind"), "kind"), message)
        origins = self._origins(spec.name, setting)
        missing = message == "Field required"
        while not missing and where and self._holder(origins, where) is None:
            where = where[:-1]  # pydantic ends a path with the member of a union it tried
        holder = self._holder(origins, where) if where else None
        if holder is not None and "Extra inputs are not permitted" in message:
            return self._unknown_option(spec, holder, where)
        name = ".".join(map(str, where))
        if holder is not None:
            text = f"`{name}` of experiment `{spec.name}`: {_lower(message)}"
            return self.fail((*holder, *where), text + self._shown(holder, where, message))
        parent = self._holder(origins, where[:-1]) if where[:-1] else None
        at = ("experiments", spec.name) if parent is None else (*parent, *where[:-1])
        if missing:
            what = f"`{name}` is missing"
        else:
            what = f"`{name}`: {_lower(message)}" if name else _lower(message)
        self.fail(at, f"experiment `{spec.name}`, setting `{setting}`: {what}", key=True)

    def _holder(self, origins: Origins, where: NodePath) -> NodePath | None:
        """The first of the entries that `origins` names which has something at `where`."""
        for origin in origins:
            if self.source.node((*origin, *where)) is not None:
                return origin
        return None

    def _unknown_option(self, spec: ExperimentSpec, holder: NodePath, where: NodePath) -> None:
        allowed = _fields_at(self._model(spec.kind), where[:-1])
        extra = ("kind", "like", "settings", "without_settings") if len(where) == 1 else ()
        parent = ".".join(map(str, where[:-1])) or spec.kind
        text = f"`{where[-1]}` is no option of {parent}"
        self.fail((*holder, *where), text, nearest(where[-1], (*allowed, *extra)), key=True)

    def _shown(self, holder: NodePath, where: NodePath, message: str) -> str:
        """What the file has there, where the message does not show it."""
        if where == ("file",):
            return ""  # what is wrong stands in the rows of that file, not in its name
        node = self.source.node((*holder, *where))
        value = None if node is None else node.data()
        if isinstance(value, dict | list) or str(value) in message:
            return ""
        return f", not {value!r}"

    def _definer(self, name: str, key: str) -> tuple[str, str]:
        """The experiment whose entry names a key that this one inherits."""
        seen = set()
        while (
            self.source.node(("experiments", name, key)) is None
            and name not in seen
            and self.entries[name].like in self.entries
        ):
            seen.add(name)
            name = self.entries[name].like or name
        return ("experiments", name)

    def _origins(self, name: str | None, setting: str) -> Origins:
        found: Origins = []
        while name is not None and name in self.entries and len(found) <= 2 * len(self.entries):
            found += [("experiments", name, "settings", setting), ("experiments", name)]
            name = self.entries[name].like
        return found


def _known(options: Mapping[str, Any], model: type[pydantic.BaseModel] | None) -> dict:
    """Inherited options that this kind has: an online experiment like a sweep takes the network and
    leaves the snapshots.
    """
    if model is None:
        return dict(options)
    kept = {}
    for key, value in options.items():
        if key in model.model_fields:
            inner = _inner_model(model, key)
            kept[key] = _known(value, inner) if inner and isinstance(value, Mapping) else value
    return kept


def _inner_model(model: type[pydantic.BaseModel], key: str) -> type[pydantic.BaseModel] | None:
    annotation = model.model_fields[key].annotation
    return (
        annotation
        if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)
        else None
    )


def _fields_at(
    model: type[pydantic.BaseModel] | None, where: Sequence[str | int]
) -> tuple[str, ...]:
    for step in where:
        model = (
            _inner_model(model, str(step)) if model and str(step) in model.model_fields else None
        )
    return tuple(model.model_fields) if model else ()


def _lower(message: str) -> str:
    """Pydantic's message without its names for what YAML calls lists and mappings."""
    message = re.sub(
        r"^(?:Tuple|List|Set|Dictionary) should have at (least|most) (\d+) items?.*",
        r"must have at \1 \2 in it",
        message,
    )
    return (
        (message[:1].lower() + message[1:])
        .replace("a valid tuple", "a list")
        .replace("a valid dictionary", "a mapping")
    )


__all__ = ["Experiments"]
