"""The connection to a cluster: what is said when it is lost, and Ray's client."""

from types import SimpleNamespace

import pytest

from claims.execution.ray import connection
from tests.support import workers as crew
from tests.support.ray_cluster import (
    NODE,
    SEEDS,
    drive,
    free_port,
    long,
    stored_seeds,
)


@pytest.mark.parametrize(
    "call",
    [
        lambda to: to.slots(1, 0),
        lambda to: to.put(b"x"),
        lambda to: to.data(long().experiment()),
        lambda to: to.take("box", 0),
        lambda to: to.ended("task"),
        lambda to: to.submit("box", {"job": {"target": long().target}}, None, [], (1, 0), False),
        lambda to: to.result("task"),
    ],
    ids=["slots", "put", "data", "take", "ended", "submit", "result"],
)
def test_a_lost_cluster_is_one_error_whatever_is_asked_of_it(monkeypatch, call):
    from ray import exceptions

    def lost(*_, **__):
        raise ConnectionError("nobody there")

    monkeypatch.setattr(
        connection, "mailbox", lambda ray: SimpleNamespace(take=SimpleNamespace(remote=lost))
    )
    there = SimpleNamespace(
        exceptions=exceptions,
        cluster_resources=lost,
        put=lost,
        wait=lost,
        get=lost,
        remote=lambda function: SimpleNamespace(options=lambda **how: SimpleNamespace(remote=lost)),
    )
    with pytest.raises(
        connection.ClusterError, match=r"the cluster was lost .ConnectionError: nobody there"
    ):
        call(connection.Connection(there, ours=False))


@pytest.mark.slow
def test_through_ray_client(store):
    from ray.cluster_utils import Cluster

    port = free_port()
    nodes = Cluster(initialize_head=True, head_node_args=NODE | {"ray_client_server_port": port})
    try:
        remote = crew.CONTEXT.Process(
            target=drive, args=(f"ray://127.0.0.1:{port}", store.root), daemon=True
        )
        remote.start()
        remote.join(120)
        assert remote.exitcode == 0 and stored_seeds(store, long()) == SEEDS
    finally:
        nodes.shutdown()
