"""`--claims-executor=ray`: one cluster for all processes of a run, and what failed on it."""

from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest

from claims.execution.ray import Ray
from claims.plugin import ray as options
from tests.support.ray_cluster import CLAIMS, KIND, asked
from tests.support.workers import leftovers


@pytest.fixture
def suite(run_claims, write, pytester, monkeypatch):
    """`suite(*options)`: the suite on kinds and claims in a folder of its own."""
    monkeypatch.setenv("CLAIMS_STORE", str(pytester.path / "store"))
    write({"kinds/picky_kind.py": KIND, "kinds/claims.yaml": CLAIMS})
    return partial(run_claims, "--claims-file=kinds/claims.yaml")


def test_workers_share_what_failed_on_a_cluster_elsewhere_too():
    option = SimpleNamespace(
        claims_executor="ray",
        claims_ray_address="auto",
        claims_ray_cpus=None,
        claims_ray_gpus=None,
        tx=["2*popen"],
    )
    in_charge = SimpleNamespace(option=option, getoption={"collectonly": False}.get)
    plugin = options.Cluster(in_charge, SimpleNamespace(), Ray("auto"))
    plugin.pytest_sessionstart()
    assert plugin.thread is None, "no cluster of its own"
    node = SimpleNamespace(workerinput={})
    plugin.pytest_configure_node(node)
    executor = options.make_executor(SimpleNamespace(workerinput=node.workerinput, option=option))
    assert executor.address == "auto"
    assert executor.failures.folder == plugin.folder
    assert plugin.folder.is_dir()
    plugin.pytest_unconfigure()
    assert not plugin.folder.exists()


def test_the_workers_of_a_run_share_one_cluster_that_ends_with_it(suite, pytester):
    result = suite("--claims-executor", "ray", "-n", "2", "--claims-ray-cpus", "1", process=True)
    result.stdout.fnmatch_lines(
        ["*breaks*Diverged: training diverged*", "*4 claims: 2 supported, 2 error*"]
    )
    counted = Counter(seed for seeds in asked(pytester.path) for seed in seeds)
    # once for each experiment; 0 to 2 beside 3, and again
    assert [counted[seed] for seed in range(3, 8)] == [2] * 5
    assert set(counted) == set(range(8))
    assert not leftovers(pytester.path / "store")


def test_options_that_mean_nothing_are_refused(suite):
    result = suite("--claims-ray-address", "auto")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*say something of a cluster; add --claims-executor ray*"])
