"""claims.yaml to a Suite, collecting every problem on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from claims.inference.levels import allowed, largest_confidence
from claims.language import (
    ExpressionError,
    Options,
    check_derived,
    nearest,
    parse_claim,
    parse_value,
)
from claims.language.nodes import Select, walk
from claims.language.variables import names_in
from claims.schema.entries import MAX_LOOKS, NEEDED, ClaimEntry, ClaimsFile, SeedSchedule
from claims.schema.experiments import Experiments
from claims.schema.problems import ClaimFileError, Problem
from claims.schema.suite import (
    Claim,
    ExperimentSpec,
    Memo,
    NotAsked,
    Reported,
    Seeds,
    Suite,
    Undescribed,
    displayed,
)
from claims.schema.variants import Variants, VariantsCheck
from claims.schema.wording import without_echoes, worded
from claims.schema.yaml_source import Source, read


@dataclass(frozen=True)
class Reading:
    """A claim file with its mistakes: the suite holds what could be understood, or is None where
    nothing could.
    """

    suite: Suite | None
    problems: tuple[Problem, ...]
    lines: tuple[str, ...]
    path: Path


def load_suite(path: str | Path) -> Suite:
    """The suite of a claim file. Raises `ClaimFileError` with all of its problems."""
    reading = read_suite(path)
    if reading.problems:
        raise ClaimFileError(reading.path, reading.problems, reading.lines)
    return reading.suite


def read_suite(path: str | Path) -> Reading:
    """Like `load_suite`, but one broken claim does not hide the others. Never raises for what the
    file holds.
    """
    path = Path(path)
    try:
        source = read(path)
    except ClaimFileError as error:
        return Reading(None, error.problems, error.lines, path)
    loader = _Loader(source)
    suite = loader.load()
    return Reading(suite, tuple(loader.problems), source.lines, path)


class _Loader:
    def __init__(self, source: Source):
        self.source = source
        self.problems: list[Problem] = []
        self.derived: dict[str, Any] = {}
        self.specs: dict[str, ExperimentSpec] = {}

    def fail(self, path: Sequence[str | int], message: str, hint: str = "", **options: Any) -> None:
        about = str(path[1]) if len(path) > 1 and path[0] == "claims" else None
        self.problems.append(self.source.problem(path, message, hint, about=about, **options))

    def load(self) -> Suite | None:
        self.file = self._entries()
        if self.file is None:
            return None
        experiments = Experiments(
            self.source, self.file.experiments, self.source.path.parent.resolve()
        )
        self.specs = experiments.build()
        self.problems += experiments.problems
        self._check_looks(("defaults",), self.file.defaults.seeds, self.file.defaults.confidence)
        self._check_seeds_in()
        self.derived = self._metrics()
        memos = {name: self._memo(name) for name in self.file.memos}
        claims = [self._claim(name, entry) for name, entry in self.file.claims.items()]
        return Suite(
            self.source.path,
            memos,
            self.specs,
            tuple(claim for claim in claims if claim is not None),
            self._variants(),
        )

    def _variants(self) -> dict[str, Variants]:
        check = VariantsCheck(self.source, self.specs, self._written("experiments"))
        found = check.build(self.file.variants)
        self.problems += check.problems
        return found

    def _entries(self) -> ClaimsFile | None:
        """The typed file. Entries that are wrong are told and left out, so that the others are
        still read.
        """
        data = self.source.root.data()
        for name in NEEDED:
            if name not in data:
                self.fail(
                    (),
                    f"`{name}` is missing",
                    f"add `{name}: 1`" if name == "version" else f"add `{name}:` with at least one",
                )
            elif data[name] in ({}, None):
                self.fail((name,), f"`{name}` is empty", "add at least one below it", key=True)
                data[name] = {}
        try:
            return ClaimsFile.model_validate(data)
        except pydantic.ValidationError as error:
            self.problems += [
                worded(self.source, detail) for detail in without_echoes(error.errors())
            ]
            data = _without(data, [detail["loc"] for detail in error.errors()])
        try:
            return ClaimsFile.model_validate(data)
        except pydantic.ValidationError:
            return None

    def _metrics(self) -> dict[str, Any]:
        derived = {}
        measured = self._measured()
        for name, text in self.file.metrics.items():
            path = ("metrics", name)
            if measured is not None and name in measured:
                self.fail(
                    path,
                    f"`{name}` is measured already",
                    "give the derived metric another name",
                    key=True,
                )
            elif (value := self._parse(path, parse_value, text)) is not None:
                derived[name] = value
        for name, body in derived.items():
            for leaf in (part for part in walk(body) if isinstance(part, Select)):
                if (
                    measured is not None
                    and leaf.metric not in measured
                    and leaf.metric not in self.file.metrics
                ):
                    self.fail(
                        ("metrics", name),
                        f"no metric is called `{leaf.metric}`",
                        nearest(leaf.metric, (*measured, *self.file.metrics)),
                        span=(leaf.span.start, leaf.span.end),
                    )
        told: set[int] = set()
        for name, error in check_derived(derived).items():
            if id(error) not in told:
                self.fail(("metrics", name), error.message, error.hint, key=True)
            told.add(id(error))
            derived.pop(name)
        return derived

    def _measured(self) -> set[str] | None:
        """All measured metrics, or None where an experiment does not tell."""
        if len(self.specs) < len(self._written("experiments")):
            return None
        described = [
            spec.describe(setting) for spec in self.specs.values() for setting in spec.settings
        ]
        return (
            None if None in described else {metric for metrics in described for metric in metrics}
        )

    def _memo(self, name: str) -> Memo:
        entry = self.file.memos[name]
        reported = []
        for index, figure in enumerate(entry.reported):
            path = ("memos", name, "reported", index)
            value = self._parse((*path, "expression"), parse_value, figure.expression)
            spec = self._spec(figure.experiment, (*path, "experiment"))
            if value is None or spec is None:
                continue
            line = self.source.node(path).line
            asked = Reported(
                figure.expression, figure.value, spec.name, line, value, spec, self.derived
            )
            if self._try_asking(spec, asked.ask, (*path, "expression")):
                reported.append(asked)
        return Memo(name, entry.title, entry.date, entry.source, tuple(reported))

    def _spec(self, name: str | None, path: Sequence[str | int]) -> ExperimentSpec | None:
        known = self._written("experiments")
        if name is None and not known:
            return None
        name = name if name is not None else known[0]
        if name not in known:
            self.fail(path, f"no experiment is called `{name}`", nearest(name, known))
        return self.specs.get(name)  # None too for one that is broken, and told so

    def _written(self, section: str) -> tuple[str, ...]:
        """The names in a section of the file, right or wrong."""
        node = self.source.node((section,))
        return tuple(node.value) if node is not None and isinstance(node.value, dict) else ()

    def _parse(self, path: Sequence[str | int], parse: Callable[[str], Any], text: str) -> Any:
        try:
            return parse(text)
        except ExpressionError as error:
            self._fail_expression(path, error)

    def _fail_expression(self, path: Sequence[str | int], error: ExpressionError) -> None:
        if error.variable is not None:
            self.fail(
                (*path[:-1], "for_every", error.variable, error.index), error.message, error.hint
            )
        else:
            self.fail(path, error.message, error.hint, span=(error.span.start, error.span.end))

    def _try_asking(
        self, spec: ExperimentSpec, ask: Callable[[str], Any], path: Sequence[str | int]
    ) -> bool:
        """Asks every setting once, so that a wrong name is told before anything trains."""
        for setting in spec.settings:
            try:
                ask(setting)
            except Undescribed:
                return True
            except ExpressionError as error:
                self._fail_expression(path, error)
                return False
        return True

    def _claim(self, name: str, entry: ClaimEntry) -> Claim | None:
        here = ("claims", name)
        before = len(self.problems)
        self._check_keys(here, entry)
        path = (*here, "expect" if entry.expect is not None else "never")
        text = entry.expect if entry.expect is not None else entry.never
        statement = self._parse(path, parse_claim, text) if text is not None else None
        spec = self._spec(entry.experiment, (*here, "experiment"))
        if spec is not None:
            self._check_expected(here, entry, spec)
        if statement is None or spec is None:
            return None
        for_every = entry.for_every or {}
        for variable in for_every:
            if variable not in names_in(statement):
                self.fail(
                    (*here, "for_every", variable),
                    f"the claim does not use `{variable}`",
                    "use it as a label, or delete it",
                    key=True,
                )
        self._check_by(here, entry, text)
        claim = self._made(name, entry, spec, statement)
        self._try_asking(spec, claim.ask, path)
        return claim if len(self.problems) == before else None

    def _made(self, name: str, entry: ClaimEntry, spec: ExperimentSpec, statement: Any) -> Claim:
        defaults, for_every = self.file.defaults, entry.for_every or {}
        options = Options(
            entry.by or 10.0,
            entry.within,
            entry.factor,
            entry.never is not None,
            entry.margin or 0.0,
        )
        return Claim(
            id=name,
            memo=entry.memo,
            where=entry.where,
            says=entry.says,
            experiment=spec.name,
            expression=displayed(statement, options, for_every),
            confidence=entry.confidence or defaults.confidence,
            seeds=_seeds(entry.seeds or defaults.seeds),
            expected=entry.expected or "supported",
            note=entry.note,
            tags=entry.tags,
            line=self.source.root.value["claims"].keys[name][0],
            spec=spec,
            statement=statement,
            options=options,
            for_every=for_every,
            derived=self.derived,
            seeds_in={setting: _seeds(seeds) for setting, seeds in defaults.seeds_in.items()},
        )

    def _check_keys(self, here: tuple[str, str], entry: ClaimEntry) -> None:
        if (entry.expect is None) == (entry.never is None):
            both = entry.expect is not None
            self.fail(
                (*here, "never") if both else here,
                f"a claim has `expect` or `never`{', not both' if both else ''}",
                "" if both else "add `expect: dL_held(vec, epoch=5) < 0`",
                key=True,
            )
        if entry.margin is not None and entry.never is None:
            self.fail(
                (*here, "margin"),
                "`margin` belongs to `never`",
                "write the margin into the expression: a < b + 0.01",
                key=True,
            )
        if entry.within is not None and entry.factor is not None:
            self.fail((*here, "factor"), "a claim takes `within` or `factor`, not both", key=True)
        if entry.memo is not None:
            if entry.memo not in self._written("memos"):
                self.fail(
                    (*here, "memo"),
                    f"no memo is called `{entry.memo}`",
                    nearest(entry.memo, self._written("memos")),
                )
            for key in ("where", "says"):
                if getattr(entry, key) is None:
                    self.fail(
                        here,
                        f"a claim of a memo tells `{key}`",
                        f"add `{key}: ...`, in your own words",
                        key=True,
                    )
        if entry.seeds is not None or entry.confidence is not None:
            self._check_looks(here, entry.seeds, entry.confidence)

    def _check_looks(
        self, here: tuple[str, ...], seeds: int | SeedSchedule | None, confidence: float | None
    ) -> None:
        """A schedule that goes backwards, or that shares the error over more looks than it can be
        shared over.
        """
        defaults = self.file.defaults
        schedule = defaults.seeds if seeds is None else seeds
        self._check_schedule(
            (*here, "seeds"),
            schedule,
            confidence or defaults.confidence,
            key=seeds is None,
            blamed=(*here, "seeds" if confidence is None else "confidence"),
        )

    def _check_schedule(
        self,
        here: tuple[str, ...],
        schedule: int | SeedSchedule,
        confidence: float,
        *,
        key: bool = False,
        blamed: tuple[str, ...] | None = None,
    ) -> None:
        if isinstance(schedule, SeedSchedule) and schedule.max < schedule.start:
            return self.fail(
                (*here, "max"), f"`max` ({schedule.max}) is below `start` ({schedule.start})"
            )
        n_looks = len(_seeds(schedule).looks)
        if n_looks > MAX_LOOKS:
            step = -(-(schedule.max - schedule.start) // (MAX_LOOKS - 1))
            return self.fail(
                here,
                f"`seeds` looks {n_looks} times; at most {MAX_LOOKS} looks share the error",
                f"from {schedule.start} to {schedule.max} write `step: {step}` or more",
                key=key,
            )
        if not allowed(confidence, n_looks):
            over = f" over {n_looks} looks" if n_looks > 1 else ""
            self.fail(
                blamed or here,
                f"`confidence` of {confidence:.10g}{over} cannot be had",
                f"allowed{over}: at most {largest_confidence(n_looks):.10g}"
                + ("; fewer looks allow more" if n_looks > 1 else ""),
            )

    def _check_seeds_in(self) -> None:
        """Settings that no experiment has, and schedules that the strictest claim cannot be judged
        by.
        """
        known = dict.fromkeys(setting for spec in self.specs.values() for setting in spec.settings)
        confidence = max(
            (c.confidence for c in self.file.claims.values() if c.confidence),
            default=self.file.defaults.confidence,
        )
        for setting, seeds in self.file.defaults.seeds_in.items():
            here = ("defaults", "seeds_in", setting)
            if setting not in known:
                self.fail(
                    here,
                    f"no experiment has a setting `{setting}`",
                    nearest(setting, known),
                    key=True,
                )
            else:
                self._check_schedule(here, seeds, max(confidence, self.file.defaults.confidence))

    def _check_by(self, here: tuple[str, str], entry: ClaimEntry, text: str) -> None:
        if entry.by is not None and "<<" not in text and ">>" not in text:
            self.fail(
                (*here, "by"), "`by` belongs to << and >>, which this claim does not use", key=True
            )

    def _check_expected(
        self, here: tuple[str, str], entry: ClaimEntry, spec: ExperimentSpec
    ) -> None:
        expected = entry.expected
        if isinstance(expected, Mapping):
            for setting in expected:
                if setting not in spec.settings:
                    self.fail(
                        (*here, "expected", setting),
                        f"experiment `{spec.name}` has no setting `{setting}`",
                        nearest(setting, spec.settings),
                        key=True,
                    )
        words = expected.values() if isinstance(expected, Mapping) else [expected or "supported"]
        if entry.note is None and any(word != "supported" for word in words):
            self.fail(
                (*here, "expected"),
                "an expected verdict other than `supported` needs a `note`",
                "add `note:` and say why, as far as known",
                key=True,
            )


def _seeds(seeds: int | SeedSchedule) -> Seeds:
    return (
        Seeds(seeds, 0, seeds)
        if isinstance(seeds, int)
        else Seeds(seeds.start, seeds.step, seeds.max)
    )


def _without(data: Mapping[str, Any], locations: Sequence[tuple]) -> dict:
    """The file without the entries, or unknown sections, that are wrong."""
    kept = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in data.items()
    }
    for location in locations:
        if len(location) > 1 and isinstance(kept.get(location[0]), dict):
            kept[location[0]].pop(str(location[1]), None)
        elif location:
            kept.pop(location[0], None)
    return kept


__all__ = ["ClaimFileError", "NotAsked", "Reading", "load_suite", "read_suite"]
