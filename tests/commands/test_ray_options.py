"""`--executor ray`: a command sends its work to a cluster that it starts for itself."""

import pytest

from claims.store.entries import Store
from tests.support.commands import call
from tests.support.ray_cluster import CLAIMS, SEEDS, picky_jobs, stored_seeds


@pytest.fixture
def picky(tmp_path):
    with picky_jobs(tmp_path) as job:
        yield job


def test_prepare_trains_on_a_cluster(tmp_path, picky, monkeypatch):
    store, job = Store(tmp_path / "store"), picky()
    monkeypatch.setenv("CLAIMS_STORE", str(store.root))
    (job.base / "claims.yaml").write_text(CLAIMS.replace("picky_kind:Picky", job.target))
    done = call("prepare", job.base / "claims.yaml", "--executor", "ray")
    assert done.exit_code == 1
    assert "wild (default): Diverged: training diverged" in done.output
    assert stored_seeds(store, job) == SEEDS
