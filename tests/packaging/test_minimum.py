"""The lowest versions that pyproject.toml allows."""

import tomllib

import pytest
from packaging.requirements import Requirement

from tests.support import ROOT
from tests.support.environments import Environment

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("oldest")]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
JUDGE = ("--pyargs", "claims.test_claims", "--claims-file=claims.yaml", "-n", "2")


def lowest(requirements):
    """`name==version` for each requirement, at the bound that it states."""
    for requirement in map(Requirement, requirements):
        (bound,) = (s.version for s in requirement.specifier if s.operator == ">=")
        yield f"{requirement.name}=={bound}"


@pytest.fixture(scope="module")
def oldest(tmp_path_factory, wheel):
    """An environment with the lowest version of all that is required."""
    environment = Environment(tmp_path_factory.mktemp("oldest"))
    constraints = environment.folder / "constraints.txt"
    constraints.write_text("\n".join(lowest(PROJECT["project"]["dependencies"])) + "\n")
    environment.pip("install", "--quiet", "--constraint", constraints, wheel)
    return environment


def test_they_are_the_lowest(oldest):
    frozen = oldest.pip("freeze").lower().splitlines()
    for line in lowest(PROJECT["project"]["dependencies"]):
        name, _, version = line.partition("==")
        assert any(found.startswith(f"{name}=={version}") for found in frozen), line


def test_the_lowest_version_of_the_build_backend_builds(oldest, checkout, tmp_path):
    oldest.pip("install", "--quiet", *lowest(PROJECT["build-system"]["requires"]))
    oldest.pip(
        "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, checkout
    )
    assert [path.suffix for path in tmp_path.iterdir()] == [".whl"]


def test_the_lowest_versions_judge_recorded_results(oldest, rcp):
    done = oldest.run("pytest", *JUDGE, cwd=rcp)
    assert done.returncode == 0 and "5 passed" in done.stdout, done.stdout + done.stderr
    assert (rcp / "reports" / "claims.html").stat().st_size


def test_the_lowest_versions_run_the_commands(oldest, rcp):
    for command in (["check"], ["new", "--help"], ["store", "--help"]):
        done = oldest.run("claims", *command, cwd=rcp)
        assert done.returncode == 0, done.stdout + done.stderr
