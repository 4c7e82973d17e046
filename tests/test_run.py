"""A run: which cases there are, and that what it has seen is not measured again."""

import shutil
import sys

import pytest

from claims.execution.machine import Machine
from claims.run import Run, first_jobs, store_bound, store_root
from claims.schema import load_suite
from claims.store.entries import Store
from tests.support.coin import GOOD, HEAD, KIND


@pytest.fixture
def coins(tmp_path, monkeypatch):
    """`coins(*settings)`: a run on coins; `coins.measured()`: the seeds that were measured."""
    name = f"coin_of_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(KIND)
    (tmp_path / "claims.yaml").write_text(HEAD.replace("coin:Coin", f"{name}:Coin") + GOOD)
    monkeypatch.setenv("MEASURED", str(tmp_path / "measured"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    suite = load_suite(tmp_path / "claims.yaml")

    def make(*settings):
        return Run(suite, settings, Machine("cpu"), Store(tmp_path / "store"))

    make.measured = lambda: (tmp_path / "measured").read_text().split()
    return make


def test_every_claim_is_a_case_of_its_default_setting_or_of_those_named(coins):
    assert [(c.id, s) for c, s in coins().cases()] == [
        ("positive", "first"),
        ("ordered", "first"),
        ("tiny", "first"),
    ]
    assert {setting for _, setting in coins("shifted", "unknown").cases()} == {"shifted"}
    assert set(coins("short").experiments()) == {("coin", "short")}


def test_a_run_measures_its_seeds_once_and_selects_from_what_it_has_seen(coins):
    run = coins()
    spec = run.suite.experiments["coin"]
    run.measure(spec, "first", range(3))
    run.measure(spec, "first", range(4))
    assert coins.measured() == ["0", "1", "2", "3"]  # three of them came from the store
    shutil.rmtree(run.store.root)
    assert run.measure(spec, "first", [2, 0])["seed"].values.tolist() == [2, 0]
    assert coins.measured() == ["0", "1", "2", "3"]  # from the run's own memory


def test_what_failed_once_fails_again_without_being_tried(coins):
    run = coins()
    spec = run.suite.experiments["broken"]
    for _ in range(2):
        with pytest.raises(RuntimeError, match="diverged at epoch 7 in seed 3"):
            run.measure(spec, "default", [3])
    assert coins.measured() == ["3"]


def test_first_jobs_are_the_seeds_of_first_looks_from_the_seed_base(coins):
    suite = coins().suite
    (job,) = first_jobs(suite, (), 100)
    assert job.name == "coin (first)" and job.seeds == tuple(range(100, 108))
    assert [job.name for job in first_jobs(suite, ("short", "shifted"), 0)] == [
        "coin (short)",
        "coin (shifted)",
    ]


def test_the_store_lies_beside_the_claim_file_or_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.delenv("CLAIMS_STORE", raising=False)
    assert store_root(tmp_path / "claims.yaml") == tmp_path / ".claims"
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path / "other"))
    assert store_root(tmp_path / "claims.yaml") == tmp_path / "other"


def test_a_bound_that_is_no_size_names_its_variable(monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE_BOUND", "2G")
    assert store_bound() == 2 * 2**30
    monkeypatch.setenv("CLAIMS_STORE_BOUND", "much")
    with pytest.raises(ValueError, match="`CLAIMS_STORE_BOUND`: 'much' is no size"):
        store_bound()
