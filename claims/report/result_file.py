"""reports/claims.json: the run as data, written by the controlling process alone."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from claims.evidence import Evidence, plain
from claims.judge import cut, generator
from claims.run import Run
from claims.schema import NotAsked
from models.measure import plan

VERSION = 1
FILE_NAME = "claims.json"
LIBRARIES = ("torch", "numpy", "scipy", "xarray", "pytest")


def collect(run: Run, evidence: Sequence[Evidence], *, partial: bool) -> dict[str, Any]:
    """The result file's content."""
    return {
        "version": VERSION,
        "partial": partial,
        "environment": environment(run),
        "settings": {name: _settings(run, name) for name in sorted({e.setting for e in evidence})},
        "memos": {memo: {"title": m.title, "reported": reported(run, memo, evidence)} for memo, m in run.suite.memos.items()},
        "claims": [e.to_json() for e in with_holm(evidence)],
    }


def write(result: Mapping[str, Any], folder: Path) -> Path:
    """Write the result file whole or not at all; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path, part = folder / FILE_NAME, folder / (FILE_NAME + ".part")
    part.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(part, path)
    return path


def with_holm(evidence: Sequence[Evidence]) -> list[Evidence]:
    """`p_holm` filled in: Holm's correction over the claims of one memo in one setting."""
    from claims.inference import holm

    adjusted = list(evidence)
    for family in dict.fromkeys((e.memo, e.setting) for e in evidence):
        members = [i for i, e in enumerate(evidence) if (e.memo, e.setting) == family and e.p_value is not None]
        for i, p in zip(members, holm([evidence[i].p_value for i in members]), strict=True):
            adjusted[i] = replace(evidence[i], p_holm=p)
    return adjusted


def reported(run: Run, memo: str, evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """The memo's own figures beside what was reproduced, from observations that the run has in store: one row a figure and setting."""
    rows = []
    for item in run.suite.memos[memo].reported:
        settings = sorted({e.setting for e in evidence if e.experiment == item.experiment and e.terms})
        for setting in settings:
            rows.append({"expression": item.expression, "value": item.value, "setting": setting, **_reproduced(run, item, setting, evidence)})
    return rows


def _reproduced(run: Run, item: Any, setting: str, evidence: Sequence[Evidence]) -> dict[str, float | None]:
    from claims.inference import Atom, decide

    spec = run.suite.experiments[item.experiment]
    experiment = spec.experiment(setting)
    question = item.ask(setting) if experiment.describe() is not None else NotAsked("not described")
    seeds = max((e.seeds for e in evidence if e.experiment == item.experiment and e.setting == setting), key=len)
    if isinstance(question, NotAsked) or plan(experiment, seeds, run.machine, run.store).missing:
        return {"estimate": None, "low": None, "high": None}
    terms = cut(run.measure(spec, setting, seeds), question.terms, experiment)
    atom = question.atoms[0]
    rng = generator(item.expression, run.seed_base)
    found = decide(terms.sample, [Atom(atom.estimand, lower=item.value, nonzero=atom.nonzero)], rng=rng).atoms[0]
    return plain({"estimate": found.estimate, "low": found.low, "high": found.high})


def environment(run: Run) -> dict[str, Any]:
    """What the run ran on."""
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "platform": platform.platform(terse=True), "cpu_count": os.cpu_count(),
            "device": run.machine.device, "precision": run.machine.precision, "seed_base": run.seed_base,
            "claims_file": run.suite.path.name, **versions}


def _settings(run: Run, name: str) -> dict[str, Any]:
    """{experiment: its options in this setting}."""
    return {spec.name: plain(dict(spec.settings[name])) for spec in run.suite.experiments.values() if name in spec.settings}
