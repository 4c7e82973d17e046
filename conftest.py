"""Shared fixtures: the device, the store, and `measure`, by which every claim's networks are
trained once and looked at by all.
"""

import pytest

pytest_plugins = ["claims.plugin"]


@pytest.fixture(scope="session")
def run(pytestconfig):
    """What was asked for on the command line: suite, settings, device, store, seed base."""
    from claims.plugin import RUN

    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def device(run):
    """Where networks are trained: "cpu" or "cuda"."""
    return run.machine.device


@pytest.fixture(scope="session")
def store(run):
    """The store of snapshots and observations, shared by all workers."""
    return run.store


@pytest.fixture(scope="session")
def measure(run):
    """`measure(experiment_spec, setting, seeds)` -> xarray.Dataset: trained and probed where the
    store lacks it.
    """
    return run.measure
