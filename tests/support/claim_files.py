"""Claim files for tests: one on a recorded table, good and malformed, and one on the memo's
experiments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from claims.schema import load_suite
from claims.schema.problems import ClaimFileError

HEAD = """\
version: 1
memos:
  "7A": {title: A memo}
experiments:
  lab:
    kind: recorded
    file: lab.csv
    replicate: run
    conditions: [credit, epoch]
    metrics: [accuracy, dL]
    ranges: {accuracy: [0, 1]}
    settings: {main: {}, other: {}}
metrics:
  ratio: dL / accuracy
claims:
"""
ROWS = [
    "run,credit,epoch,accuracy,dL",
    *(
        f"{run},{credit},{epoch},0.{run + 3},-0.{run + 1}"
        for run in range(4)
        for credit in ("dfa", "vec")
        for epoch in (5, 20)
    ),
]
GOOD = "expect: dL(vec, epoch=5) < 0\n"
SWEEP = """\
version: 1
experiments:
  sweep:
    kind: models.experiments.snapshot_sweep:SnapshotSweep
    train: {lr: 1e-3, epochs: 100}
    snapshots: [5, 20, 100]
    probe: {lr: 0.015, credits: [dfa, vec, oracle]}
    settings:
      digits: {dataset: digits}
      short: {dataset: digits, snapshots: [5, 20], train: {epochs: 20}, probe: {credits: [dfa,vec]}}
  online:
    kind: models.experiments.online_training:OnlineTraining
    like: sweep
    train: {epochs: 40}
    takeover: [0, 20, never]
    settings:
      short: {takeover: [0, never]}
metrics:
  PUR: dL_held / dL_same
"""


def claim(expression: str, extra: str = "") -> str:
    """A file with one claim, and lines after it."""
    return HEAD + f"  one:\n    expect: {expression}\n" + extra


def entry(text: str) -> str:
    """A file whose one claim has these lines."""
    return HEAD + "  one:\n" + "".join(f"    {line}\n" for line in text.splitlines())


def quoted(expression: str) -> str:
    """A file whose one claim is an expression in quotes."""
    return claim("'" + expression.replace("'", "''") + "'")


def sweep(claims: str) -> str:
    """A file with these claims of the memo's experiments."""
    return SWEEP + "claims:\n" + claims


def malformed(
    cases: Mapping[str, tuple[str | bytes, str]], make: Callable[[str], str] | None = None
) -> Iterable:
    """Parameters of a test from {name: (text, what its message says)}; `make` makes the file of a
    text.
    """
    for name, (text, phrase) in cases.items():
        yield pytest.param(make(text) if make else text, phrase, id=name)


def assert_one_located_screen(path: Path, phrase: str) -> None:
    """Loading a malformed file fails with one located message that fits on a screen and contains
    the phrase.
    """
    with pytest.raises(ClaimFileError) as caught:
        load_suite(path)
    message = str(caught.value)
    assert re.search(phrase, message), message
    assert re.match(re.escape(str(path)) + r":\d+:\d+: error: ", message)
    lines = message.splitlines()
    assert len(lines) <= 30
    assert all(len(line) < 500 for line in lines)
    problem, count = caught.value.problems[0], len(path.read_bytes().splitlines())
    assert 1 <= problem.line <= max(count, 1)
    assert problem.column >= 1
