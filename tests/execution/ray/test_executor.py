"""The executor that options ask for."""

import pytest

from claims.execution.ray import Ray, connection
from claims.execution.ray.executor import ray_executor


def test_without_ray_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(connection, "installed", lambda: False)
    with pytest.raises(
        ValueError,
        match=r"`--executor=ray`: Ray is not installed; remedy: pip install 'ray\[client\]'",
    ):
        ray_executor(None, None, None)
    with pytest.raises(connection.ClusterError, match="not installed"):
        Ray().connection()
