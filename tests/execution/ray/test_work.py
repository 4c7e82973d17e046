"""The work of a node: orders that it refuses, and folders that killed tasks left on it."""

from pathlib import Path

import pytest

from claims.execution.jobs import Job
from claims.execution.machine import Machine
from claims.execution.measure import observations_digest
from claims.execution.ray import work
from claims.store.entries import Store
from tests.support.experiments import KINDS
from tests.support.ray_cluster import SHORT


@pytest.mark.parametrize(
    "spoil, says",
    [
        (
            lambda request: request["job"].update(target="nowhere_kind:Kind"),
            "has not the experiment `nowhere_kind:Kind`",
        ),
        (lambda request: request.update(digest="0" * 16), "another key than the driver asks for"),
        (
            lambda request: request["versions"].update({"source of claims": "old"}),
            "the driver's old",
        ),
    ],
    ids=["kind", "key", "source"],
)
def test_orders_that_a_node_refuses(spoil, says):
    job = Job("short", KINDS["snapshot_sweep"], SHORT, Path("."), (0,))
    made = job.experiment()
    request = work.make_request(job, made, Machine(), observations_digest(made, Machine()))
    request["data"] = None
    spoil(request)
    assert (
        says
        in work.run_request(request, None, (), lambda *message: pytest.fail("it worked"))["refused"]
    )


def test_what_a_killed_task_left_on_its_node_goes_with_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(work.tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("dead", "alive"):
        (tmp_path / f"{work.PREFIX}{name}").mkdir()
        (tmp_path / f"{work.PREFIX}{name}.lock").touch()
    with Store(tmp_path).hold(tmp_path / f"{work.PREFIX}alive.lock"), work.temporary_store() as own:
        own.root.mkdir()
        assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {
            f"{work.PREFIX}alive",
            own.root.name,
        }
    assert not own.root.exists()
