"""What the record of a run's environment holds."""

import importlib.metadata
import json
import shlex
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from claims.provenance import commit_of, environment, library_versions, rerun_command
from tests.support import ROOT
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
    ("changes", "setting", "case", "options"),
    [
        ({}, "day", "below", []),
        ({}, "night", "below@night", ["--claims-setting=night"]),
        ({"seed_base": 7}, "day", "below", ["--claims-seed-base=7"]),
    ],
)
def test_the_command_names_what_is_not_the_default(tmp_path, changes, setting, case, options):
    head = HEAD.replace("metrics: [loss]}", "metrics: [loss], settings: {day: {}, night: {}}}")
    run = recorded_run(tmp_path, draw(np.random.default_rng(1)), head=head)
    claim = next(c for c in run.suite.claims if c.id == "below")
    evidence, run = run.judge(claim, setting), replace(run, **changes)
    foreign = shlex.split(rerun_command(run, evidence))
    test = f"claims.test_claims::test_claim[{case}]"
    file = run.suite.path.name
    assert foreign[:4] == ["pytest", "--pyargs", test, f"--claims-file={file}"]
    assert sorted(foreign[4:]) == options
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "test_claims.py").touch()
    checkout = shlex.split(rerun_command(run, evidence))
    assert checkout[:2] == ["pytest", f"claims/test_claims.py::test_claim[{case}]"]
    named = [] if file == "claims.yaml" else [f"--claims-file={file}"]
    assert sorted(checkout[2:]) == sorted([*named, *options])


def test_a_claim_file_below_the_root_of_a_checkout_is_named_from_there(tmp_path):
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "test_claims.py").touch()
    (tmp_path / "examples" / "lab").mkdir(parents=True)
    run = recorded_run(tmp_path / "examples" / "lab", draw(np.random.default_rng(1)))
    claim, setting = next(run.cases())
    words = shlex.split(rerun_command(run, run.judge(claim, setting)))
    assert words[2] == f"--claims-file=examples/lab/{run.suite.path.name}"


def test_the_command_judges_its_claim_alone_to_the_same_digits(suite, pytester, monkeypatch):
    """Run as it is printed, in a folder that is no checkout."""
    claims = """
        positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0}
        ordered: {memo: M, where: there, says: B gains more., expect: gain(a) < gain(b)}
    """
    claim = suite(claims, "--claims-seed-base=5").claims["ordered@first"]
    program, *words = shlex.split(claim["rerun"])
    assert program == "pytest" and "claims.test_claims::test_claim[ordered]" in words
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the project may not be installed
    alone = pytester.runpytest_subprocess(
        "-p", "claims.plugin", *words, "--claims-report=alone", timeout=120
    )
    alone.assert_outcomes(passed=1)
    found = json.loads((pytester.path / "alone" / "claims.json").read_text())["claims"][0]
    for name in ("estimate", "low", "high", "seeds"):
        assert found[name] == claim[name]
