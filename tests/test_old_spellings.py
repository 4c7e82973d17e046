"""The old spellings of the options, which this repository's conftest.py keeps."""

import pytest

from tests.support import ROOT
from tests.support.coin import GOOD

VALUES = {
    "--setting=short": ("claims_setting", ["short"]),
    "--device=cpu": ("claims_device", "cpu"),
    "--precision=bf16": ("claims_precision", "bf16"),
    "--fresh": ("claims_fresh", True),
    "--seed-base=7": ("claims_seed_base", 7),
    "--report-dir=out": ("claims_report", "out"),
    "--baseline=old.json": ("claims_baseline", "old.json"),
    "--fail-on=drift": ("claims_fail_on", "drift"),
    "--history=past": ("claims_history", "past"),
    "--controls": ("claims_check_false_positives", True),
    "--variants": ("claims_variants", True),
    "--inconclusive=warn": ("claims_inconclusive", "warn"),
    "--executor=ray": ("claims_executor", "ray"),
    "--ray-address=auto": ("claims_ray_address", "auto"),
    "--ray-cpus=2": ("claims_ray_cpus", 2.0),
    "--ray-gpus=0.5": ("claims_ray_gpus", 0.5),
}


@pytest.fixture
def options(pytester):
    """`options(*arguments)`: what pytest makes of them in this repository."""
    where = (f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml"), str(ROOT / "claims"))
    return lambda *arguments: pytester.parseconfig(*where, *arguments).option


@pytest.mark.parametrize(("old", "expected"), VALUES.items(), ids=VALUES)
def test_an_old_spelling_sets_the_new_option(options, old, expected):
    name, value = expected
    default = getattr(options(), name)
    assert getattr(options(old), name) == value != default


def test_old_and_new_spellings_add_up(options):
    found = options("--setting=a", "--claims-setting=b", "--setting", "c")
    assert found.claims_setting == ["a", "b", "c"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_the_new_spelling_is_said_once(suite, workers):
    result = suite(GOOD, "--setting=short", "--setting=shifted", "--seed-base=5", *workers)
    result.assert_outcomes(passed=5, skipped=0, warnings=1)
    assert set(result.claims) >= {"tiny@short", "tiny@shifted"}
    assert result.claims["tiny@short"]["seeds"] == list(range(5, 13))
    text = result.stdout.str()
    assert text.count("`--setting` is now `--claims-setting`") == 1
    assert text.count("`--seed-base` is now `--claims-seed-base`") == 1


def test_nothing_is_said_of_new_spellings(suite):
    result = suite(GOOD, "--claims-setting=first")
    result.assert_outcomes(passed=3, warnings=0)
    assert "is now" not in result.stdout.str()
