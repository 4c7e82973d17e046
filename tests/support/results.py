"""Result files for tests: recorded values judged by the real judge, in a folder of their own."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from claims.evidence import Evidence
from claims.execution.machine import Machine
from claims.result_file import Result, collect, read_result, result_text
from claims.results import results_of
from claims.run import Run
from claims.schema import load_suite
from claims.store.entries import Store

HEAD = """\
version: 1
memos:
  M:
    title: A memo
    date: 2026-01-02
    reported: [{expression: loss(a), value: 0.9}, {expression: loss(b), value: -2}]
experiments:
  lab: {kind: recorded, file: lab.csv, replicate: run, conditions: [rule], metrics: [loss]}
claims:
"""
CLAIMS = """\
  below: {memo: M, where: here, says: A's loss is below two., expect: loss(a) < 2}
  ordered: {memo: M, where: there, says: A's loss is below B's., expect: loss(a) < loss(b)}
  folded:
    {memo: M, where: there, says: A's loss is a fraction of B's., expect: loss(a) << loss(b),
     by: 1.5}
  near:
    {memo: M, where: there, says: A's loss is about one., expect: "approx(loss(a), 1, within=0.5)"}
  wrong:
    {memo: M, where: there, says: A's loss is above B's., expect: loss(a) > loss(b),
     expected: refuted, note: It is not.}
"""


def draw(
    rng: np.random.Generator, n: int = 16, a: float = 1.0, b: float = 2.0, spread: float = 0.2
) -> dict[str, list[float]]:
    """Losses by rule, one a seed."""
    return {
        "a": (a + spread * rng.normal(size=n)).tolist(),
        "b": (b + spread * rng.normal(size=n)).tolist(),
    }


def recorded_run(
    folder: Path,
    losses: Mapping[str, list[float]],
    *,
    claims: str = CLAIMS,
    first_seed: int = 0,
    head: str = HEAD,
) -> Run:
    """A run of claims on recorded `losses`, its claim file and results written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claims.yaml").write_text(head + claims)
    with (folder / "lab.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["run", "rule", "loss"])
        rows.writerows(
            [first_seed + i, rule, value]
            for rule, values in losses.items()
            for i, value in enumerate(values)
        )
    return Run(load_suite(folder / "claims.yaml"), (), Machine(), Store(folder / "store"))


def judged(
    folder: Path,
    losses: Mapping[str, list[float]],
    *,
    claims: str = CLAIMS,
    first_seed: int = 0,
    source: str = "code",
    asked: int | None = None,
    keep: int | None = None,
    environment: Mapping | None = None,
    head: str = HEAD,
) -> Result:
    """The result of judging recorded `losses`. `keep`: only so many claims, as in a partial run."""
    run = recorded_run(folder, losses, claims=claims, first_seed=first_seed, head=head)
    evidence = [
        replace(run.judge(claim, setting), source_digest=source, settings_digest="same")
        for claim, setting in run.cases()
    ]
    evidence = [
        replace(e, seeds=tuple(range(first_seed, first_seed + len(losses["a"])))) for e in evidence
    ]
    asked = len(evidence) if asked is None else asked
    data = collect(results_of(run, evidence[:keep], asked=asked))
    data["environment"].update(environment or {})
    path = folder / "claims.json"
    path.write_text(result_text(json.loads(json.dumps(data))))
    return read_result(path)


def evidence_of(result: Result, name: str) -> Evidence:
    """The evidence of one claim."""
    return next(e for e in result.claims if e.id == name)
