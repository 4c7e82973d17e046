"""What the record of a run's environment holds."""

import importlib.metadata
import json
import shlex
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from claims.provenance import commit_of, environment, library_versions, rerun_command
from tests.support.results import HEAD, draw, recorded_run


def test_a_library_that_is_not_installed_is_left_out(monkeypatch):
    def version(name):
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert library_versions() == {"numpy": "1.0", "scipy": "1.0", "xarray": "1.0", "pytest": "1.0"}


def test_a_library_that_is_installed_is_recorded():
    assert library_versions()["numpy"] == np.__version__


@pytest.fixture
def repository(tmp_path):
    def git(*arguments):
        name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "first")
    return tmp_path


def test_a_commit_is_named_with_its_date(repository):
    found = commit_of(repository)
    assert len(found["commit"]) == 40 and found["commit_date"][:2] == "20"
    assert found["dirty"] is False


def test_a_changed_file_makes_the_commit_dirty_and_an_untracked_one_does_not(repository):
    (repository / "other").write_text("new")
    assert commit_of(repository)["dirty"] is False
    (repository / "file").write_text("two")
    assert commit_of(repository)["dirty"] is True


def test_outside_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path) == {"commit": None, "commit_date": None, "dirty": None}


def test_the_environment_names_no_device_where_all_was_recorded_elsewhere(tmp_path):
    run = recorded_run(tmp_path, draw(np.random.default_rng(1)))
    found = environment(run)
    assert (found["device"], found["precision"], found["seed_base"]) == (None, None, 0)


@pytest.mark.parametrize(
    ("changes", "setting", "words"),
    [
        ({}, "day", ["'claims/test_claims.py::test_claim[below]'"]),
        (
            {},
            "night",
            ["'claims/test_claims.py::test_claim[below@night]'", "--claims-setting=night"],
        ),
        (
            {"seed_base": 7},
            "day",
            ["'claims/test_claims.py::test_claim[below]'", "--claims-seed-base=7"],
        ),
    ],
)
def test_the_command_names_what_is_not_the_default(tmp_path, changes, setting, words):

    head = HEAD.replace("metrics: [loss]}", "metrics: [loss], settings: {day: {}, night: {}}}")
    run = recorded_run(tmp_path, draw(np.random.default_rng(1)), head=head)
    claim = next(c for c in run.suite.claims if c.id == "below")
    command = rerun_command(replace(run, **changes), run.judge(claim, setting))
    assert command.split() == ["pytest", *words]


def test_the_command_judges_its_claim_alone_to_the_same_digits(suite, run_claims, pytester):
    claims = """
        positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0}
        ordered: {memo: M, where: there, says: B gains more., expect: gain(a) < gain(b)}
    """
    claim = suite(claims, "--claims-seed-base=5").claims["ordered@first"]
    words = shlex.split(claim["rerun"])
    assert words == ["pytest", "claims/test_claims.py::test_claim[ordered]", "--claims-seed-base=5"]
    file = "--claims-file=claims.yaml"
    alone = run_claims(file, words[2], "--claims-report=alone", of=words[1].removeprefix("claims"))
    alone.assert_outcomes(passed=1)
    found = json.loads((pytester.path / "alone" / "claims.json").read_text())["claims"][0]
    for name in ("estimate", "low", "high", "seeds"):
        assert found[name] == claim[name]
