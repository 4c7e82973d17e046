"""reports/claims.json: the run as data, written by the controlling process alone, and read back
with suspicion.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claims.evidence import Evidence, plain
from claims.execution.measure import plan
from claims.judging import generator
from claims.language import to_text
from claims.run import Run
from claims.samples import atom_of, extract_sample
from claims.schema import NotAsked

VERSION = 1
FILE_NAME = "claims.json"
SCHEMA = Path(__file__).parent.parent / "result_schema.json"
LIBRARIES = ("torch", "numpy", "scipy", "xarray", "pytest")


class ResultFileError(ValueError):
    """A result file that is not what it is taken for; one line names the file and says why."""


@dataclass(frozen=True)
class Result:
    """A result file as read."""

    path: Path
    partial: bool
    environment: Mapping[str, Any]
    settings: Mapping[str, Any]
    memos: Mapping[str, Mapping[str, Any]]
    claims: tuple[Evidence, ...]
    asked: int

    @classmethod
    def of(cls, data: Mapping[str, Any], path: Path) -> Result:
        claims = tuple(Evidence.from_json(claim) for claim in data["claims"])
        return cls(
            path,
            data["partial"],
            data["environment"],
            data["settings"],
            data["memos"],
            claims,
            data.get("asked", len(claims)),
        )


def collect(run: Run, evidence: Sequence[Evidence], *, asked: int) -> dict[str, Any]:
    """The result file's content. `asked`: how many claims the run was to judge, had all of it
    run.
    """
    return {
        "version": VERSION,
        "partial": len(evidence) < asked,
        "asked": asked,
        "environment": environment(run),
        "settings": {name: _settings(run, name) for name in sorted({e.setting for e in evidence})},
        "memos": {
            memo: {
                "title": m.title,
                "date": m.date,
                "source": m.source,
                "reported": reported(run, memo, evidence),
            }
            for memo, m in run.suite.memos.items()
        },
        "claims": [replace(e, rerun=rerun(run, e)).to_json() for e in with_holm(evidence)],
    }


def result_text(result: Mapping[str, Any]) -> str:
    return json.dumps(result, indent=1, allow_nan=False) + "\n"


def write_whole(path: Path, text: str) -> Path:
    """Write a file whole or not at all; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
    return path


def read_result(path: Path) -> Result:
    """A result file, checked against the schema. Raises ResultFileError: absent, cut short, newer,
    or something else altogether.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultFileError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ResultFileError(f"{path}: not a result file: it is not text") from None
    except json.JSONDecodeError as error:
        end = error.doc.rstrip()
        cut = "cut short" if error.pos >= len(end) or "Unterminated" in error.msg else "damaged"
        raise ResultFileError(
            f"{path}: {cut} at line {error.lineno}: not a whole result file; write it "
            "again with pytest claims/"
        ) from None
    _refuse_other(path, data)
    return Result.of(data, path)


def _refuse_other(path: Path, data: Any) -> None:
    if not isinstance(data, dict) or "claims" not in data or "version" not in data:
        raise ResultFileError(f"{path}: not a result file: it has no `version` and `claims`")
    version = data["version"]
    if isinstance(version, int) and version > VERSION:
        raise ResultFileError(
            f"{path}: version {version} is newer than {VERSION}, the newest that this "
            "program reads; update the program"
        )
    from jsonschema import Draft202012Validator

    problem = next(
        iter(
            Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).iter_errors(data)
        ),
        None,
    )
    if problem is not None:
        place = "/".join(map(str, problem.absolute_path)) or "the top"
        raise ResultFileError(
            f"{path}: not a result file of version {VERSION}: at {place}: {problem.message[:200]}"
        )


def refuse_other_memo(
    name: Path | str, memos: Iterable[str], other: Path | str, others: Iterable[str]
) -> None:
    """Two results, or a result and a suite, with no memo in common have nothing to say to each
    other. Raises ResultFileError.
    """
    memos, others = set(memos), set(others)
    if memos | others and not memos & others:

        def told(some: set[str]) -> str:
            return f"memo {', '.join(sorted(some))}" if some else "no memo"

        raise ResultFileError(
            f"{name}: speaks of {told(memos)}, {other} of {told(others)}; only results of "
            "one memo can be compared"
        )


def rerun(run: Run, evidence: Evidence) -> str:
    """The command that judges one claim alone, from the folder of the claim file."""
    spec = run.suite.experiments[evidence.experiment]
    default = evidence.setting == next(iter(spec.settings))
    case = evidence.id if default else f"{evidence.id}@{evidence.setting}"
    command = ["pytest", f"claims/test_claims.py::test_claim[{case}]"]
    command += [] if default else [f"--setting={evidence.setting}"]
    command += (
        [] if run.suite.path.name == "claims.yaml" else [f"--claims-file={run.suite.path.name}"]
    )
    command += [f"--seed-base={run.seed_base}"] if run.seed_base else []
    return shlex.join(command)


def with_holm(evidence: Sequence[Evidence]) -> list[Evidence]:
    """`p_holm` filled in: Holm's correction over the claims of one memo in one setting."""
    from claims.inference import holm

    adjusted = list(evidence)
    for family in dict.fromkeys((e.memo, e.setting) for e in evidence):
        members = [
            i
            for i, e in enumerate(evidence)
            if (e.memo, e.setting) == family and e.p_value is not None
        ]
        for i, p in zip(members, holm([evidence[i].p_value for i in members]), strict=True):
            adjusted[i] = replace(evidence[i], p_holm=p)
    return adjusted


def reported(run: Run, memo: str, evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """The memo's own figures beside what was reproduced, from observations that the run has in
    store: one row a figure and setting.
    """
    rows = []
    for item in run.suite.memos[memo].reported:
        settings = sorted(
            {e.setting for e in evidence if e.experiment == item.experiment and e.terms}
        )
        for setting in settings:
            rows.append(
                {
                    "expression": item.expression,
                    "value": item.value,
                    "setting": setting,
                    **_reproduced(run, item, setting, evidence),
                }
            )
    return rows


def _reproduced(
    run: Run, item: Any, setting: str, evidence: Sequence[Evidence]
) -> dict[str, float | None]:
    from claims.inference import decide

    spec = run.suite.experiments[item.experiment]
    experiment = spec.experiment(setting)
    question = item.ask(setting) if experiment.describe() is not None else NotAsked("not described")
    text = None if isinstance(question, NotAsked) else to_text(question.atoms[0].node)
    seeds = max(
        (e.seeds for e in evidence if e.experiment == item.experiment and e.setting == setting),
        key=len,
    )
    if isinstance(question, NotAsked) or plan(experiment, seeds, run.machine, run.store).missing:
        return {"estimate": None, "low": None, "high": None, "estimand": text}
    extracted = extract_sample(run.measure(spec, setting, seeds), question.terms, experiment)
    atom = atom_of(
        replace(question.atoms[0], lower=item.value), extracted.terms
    )  # a threshold, so that it can be judged; its interval is wanted
    found = decide(extracted.sample, [atom], rng=generator(item.expression, run.seed_base)).atoms[0]
    return plain(
        {"estimate": found.estimate, "low": found.low, "high": found.high, "estimand": text}
    )


def environment(run: Run) -> dict[str, Any]:
    """What the run ran on."""
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "cpu_count": os.cpu_count(),
        "device": run.machine.device,
        "precision": run.machine.precision,
        "seed_base": run.seed_base,
        "claims_file": run.suite.path.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **commit(run.suite.path.parent),
        **versions,
    }


def commit(folder: Path) -> dict[str, Any]:
    """Which commit of the folder's repository ran, and whether it was changed since; None where
    there is no repository.
    """

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    named = git("log", "-1", "--format=%H%n%cI")
    if not named:
        return {"commit": None, "commit_date": None, "dirty": None}
    name, date = named.splitlines()
    return {
        "commit": name,
        "commit_date": date,
        "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
    }


def _settings(run: Run, name: str) -> dict[str, Any]:
    """{experiment: its options in this setting}."""
    return {
        spec.name: plain(dict(spec.settings[name]))
        for spec in run.suite.experiments.values()
        if name in spec.settings
    }
