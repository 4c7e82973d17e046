"""Versions of the libraries on a node and at the driver, compared by name."""

import importlib.metadata
from pathlib import Path

from claims.execution.ray.versions import differences, versions
from tests.support.experiments import KINDS


def test_a_library_that_a_node_lacks_is_named(monkeypatch):
    wanted = versions(KINDS["snapshot_sweep"], Path("."))
    found = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata,
        "version",
        lambda name: found(name if name != "torch" else "no-such-library"),
    )
    assert (
        differences(wanted, versions(KINDS["snapshot_sweep"], Path(".")))
        == f"torch is missing, the driver's {wanted['torch']}"
    )


def test_differences_are_named():
    assert (
        differences({"torch": "2", "numpy": "1"}, {"torch": "2", "numpy": "1", "more": "3"}) == ""
    )
    assert (
        differences({"torch": "2", "kind": "a"}, {"torch": "1"})
        == "torch is 1, the driver's 2, kind is missing, the driver's a"
    )
