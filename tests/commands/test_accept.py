"""`python -m claims accept`: two keys are written, every other line is kept."""

from __future__ import annotations

import numpy as np
import pytest

from claims.schema import load_suite
from tests.support.commands import call
from tests.support.results import HEAD, draw, judged


def rng(seed=0):
    return np.random.default_rng(seed)


FILE = (
    HEAD.replace("metrics: [loss]}", "metrics: [loss], settings: {day: {}, night: {}}}")
    + """\
  # kept: above
  first:
    memo: M
    where: here        # kept: beside
    says: A is small.
    expect: loss(a) < 2
    tags: [x]

  # kept: between
  second:
    memo: M
    where: there
    says: B is small.
    expect: loss(b) < 1
    expected: {day: refuted, night: inconclusive}   # goes with its value
    note: >-
      Known: it is two,
      # this is text
    # kept: after the note
    tags: [y]
"""
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "lab.csv").write_text(
        "run,rule,loss\n" + "".join(f"{i},{r},{i}\n" for r in "ab" for i in range(8))
    )
    (tmp_path / "claims.yaml").write_text(FILE)
    return tmp_path / "claims.yaml"


def claim(file, name):
    return next(c for c in load_suite(file).claims if c.id == name)


def test_accept_adds_both_keys_and_touches_no_other_line(file):
    told = call(
        "accept",
        "first",
        "--verdict",
        "refuted",
        "--because",
        "It's #1: a 'new' rule",
        "--file",
        file,
    )
    assert told.exit_code == 0, told.output
    assert claim(file, "first").expected == {"day": "refuted", "night": "supported"}
    assert claim(file, "first").note.startswith(
        "It's #1: a 'new' rule. (Accepted as refuted in day, 20"
    )
    before, after = FILE.splitlines(), file.read_text().splitlines()
    assert [line for line in after if line in before] == before and len(after) == len(before) + 2


def test_accept_replaces_one_setting_and_adds_to_the_note(file):
    call(
        "accept",
        "second",
        "--verdict",
        "supported",
        "--setting",
        "night",
        "--because",
        "Word " * 60,
        "--file",
        file,
    )
    second = claim(file, "second")
    assert second.expected == {"day": "refuted", "night": "supported"}
    assert second.note.startswith("Known: it is two, # this is text Word Word") and second.tags == (
        "y",
    )
    kept = [line for line in file.read_text().splitlines() if "kept:" in line]
    assert kept == [line for line in FILE.splitlines() if "kept:" in line]


def test_accept_takes_the_verdict_from_the_result_file(tmp_path):
    result = judged(tmp_path / "lab", draw(rng(1), a=3.0))
    file = tmp_path / "lab" / "claims.yaml"
    text = "\n".join(
        f"  {name}:\n    "
        + body.strip("{}")
        .replace(", where", "\n    where")
        .replace(", says", "\n    says")
        .replace(", expect:", "\n    expect:")
        for name, body in [
            ("below", "memo: M, where: here, says: A's loss is below two., expect: loss(a) < 2")
        ]
    )
    file.write_text(HEAD + text + "\n")
    told = call("accept", "below", "--because", "Seen.", "--file", file, "--result", result.path)
    assert told.exit_code == 0, told.output
    assert claim(file, "below").expected_in("default") == "refuted" or set(
        claim(file, "below").expected.values()
    ) == {"refuted"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nope", "--verdict", "refuted", "--because", "x"], "no claim `nope`"),
        (["frist", "--verdict", "refuted", "--because", "x"], "did you mean `first`"),
        (["first", "--verdict", "refuted", "--because", "  "], "say why"),
        (
            ["first", "--verdict", "refuted", "--setting", "dusk", "--because", "x"],
            "has day, night",
        ),
        (["first", "--because", "x", "--result", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_accept_refuses_and_writes_nothing(file, arguments, why):
    told = call("accept", *arguments, "--file", file)
    assert told.exit_code != 0 and why in told.output and file.read_text() == FILE


def test_accept_keeps_windows_line_ends(file):
    file.write_bytes(FILE.replace("\n", "\r\n").encode())
    assert (
        call(
            "accept", "first", "--verdict", "inconclusive", "--because", "So it is", "--file", file
        ).exit_code
        == 0
    )
    data = file.read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n")
