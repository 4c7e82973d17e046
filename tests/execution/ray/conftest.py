"""A cluster, a store, and jobs of a kind of one's own."""

import pytest

from claims.store.entries import Store
from tests.support.ray_cluster import local_cluster, picky_jobs


@pytest.fixture(scope="module")
def cluster():
    with local_cluster() as nodes:
        yield nodes


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def picky(tmp_path):
    with picky_jobs(tmp_path) as job:
        yield job
