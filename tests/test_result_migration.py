"""A result file of version 1: read, compared and kept in a history like one of the newest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from claims.comparison.changes import Change
from claims.comparison.drift import compare
from claims.report.history import read_history, tracks
from claims.report.page import page
from claims.report.publish import read_baseline
from claims.result_file import SCHEMAS, read_result
from claims.result_migration import RENAMED_IN_VERSION_2, migrated
from tests.support.commands import call
from tests.support.results import draw, judged, recorded_run

# what `judged(folder, draw(np.random.default_rng(1)))` wrote before version 2, its `below` with
# rates of false positives
OLD = Path(__file__).parent / "data" / "version-1.json"


@pytest.fixture
def old():
    return read_result(OLD)


def test_the_old_file_is_of_version_1():
    data = json.loads(OLD.read_text())
    assert data["version"] == 1
    Draft202012Validator(json.loads(SCHEMAS[1].read_text())).validate(data)


def test_every_value_stands_under_its_new_name(old):
    for claim, before in zip(old.claims, json.loads(OLD.read_text())["claims"], strict=True):
        after = claim.to_json()
        for name, value in before.items():
            if name != "atoms":
                assert after[RENAMED_IN_VERSION_2.get(name, name)] == value
        for atom, known in zip(after["atoms"], before["atoms"], strict=True):
            assert known.items() <= atom.items()


def test_rates_of_false_positives_are_read(old):
    assert old.claims[0].false_positive_rate == 0.025
    assert old.claims[0].false_positive_rate_skewed == 0.175


def test_what_was_migrated_satisfies_the_newest_schema():
    data = migrated(json.loads(OLD.read_text()))
    assert data["version"] == 2
    Draft202012Validator(json.loads(SCHEMAS[2].read_text())).validate(data)


def test_a_file_of_the_newest_version_is_left_as_it_is(tmp_path):
    data = json.loads(judged(tmp_path, draw(np.random.default_rng(1))).path.read_text())
    assert migrated(data) is data


def test_the_same_values_are_a_replay_of_the_old_file(old, tmp_path):
    new = judged(tmp_path, draw(np.random.default_rng(1)))
    assert {c.change for c in compare(old, new).changes} == {Change.REPLAY}


def test_digits_are_those_of_the_old_file(old, tmp_path):
    new = judged(tmp_path, draw(np.random.default_rng(1)))
    for then, now in zip(old.claims, new.claims, strict=True):
        assert (now.verdict, now.terms) == (then.verdict, then.terms)
        for name in ("estimate", "low", "high", "p_value", "p_holm"):
            assert getattr(now, name) == pytest.approx(getattr(then, name), rel=1e-9)


def test_compare_reads_the_old_file(tmp_path):
    new = judged(tmp_path, draw(np.random.default_rng(2), a=1.4), first_seed=100)
    found = call("compare", OLD, new.path)
    assert found.exit_code == 0
    assert "! below: Still supported, but the effect shrank" in found.output


def test_a_baseline_may_be_an_old_file(tmp_path):
    run = recorded_run(tmp_path, draw(np.random.default_rng(1)))
    assert [e.id for e in read_baseline(OLD, run.suite).claims] == [c.id for c in run.suite.claims]


def test_a_history_goes_on_from_old_files(tmp_path):
    new = judged(tmp_path / "new", draw(np.random.default_rng(2), a=1.5), first_seed=100)
    (tmp_path / "history").mkdir()
    for path in (OLD, new.path):
        shutil.copy(path, tmp_path / "history" / f"{path.parent.name}.json")
    below = next(t for t in tracks(read_history(tmp_path / "history")) if t.id == "below")
    assert [p.place for p in below.points] == [0, 1] and below.changes


def test_the_page_shows_an_old_file(old):
    assert "2.5 % (17.5 % skewed)" in page(old)
