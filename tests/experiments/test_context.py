"""What an experiment is handed: the keys of its snapshots."""

import numpy as np

from claims.experiments import Context
from claims.store.entries import Store

ARRAYS = {"weights": np.arange(3.0)}


def kept(tmp_path, identity, **changes):
    return Context(store=Store(tmp_path), **changes).snapshots(identity)


def test_without_a_store_nothing_is_kept():
    assert Context().snapshots({"rate": 1}) is None


def test_what_was_saved_is_loaded_until_it_is_deleted(tmp_path):
    snapshots = kept(tmp_path, {"rate": 1})
    with snapshots.lock([4]):
        snapshots.save(4, "epoch-1", ARRAYS)
    again = kept(tmp_path, {"rate": 1})
    np.testing.assert_array_equal(again.load(4, "epoch-1")["weights"], ARRAYS["weights"])
    assert again.load(4, "epoch-2") is None and again.load(5, "epoch-1") is None
    with again.lock([4]):
        again.delete(4, "epoch-1")
    assert again.load(4, "epoch-1") is None


def test_snapshots_depend_on_identity_machine_and_code(tmp_path):
    code = {"kind": "lab:Kind", "source": "1"}
    digests = [
        kept(tmp_path, identity, machine=machine, code=lambda by=by: by).digest
        for identity, machine, by in (
            ({"rate": 1}, {"device": "cpu"}, code),
            ({"rate": 2}, {"device": "cpu"}, code),
            ({"rate": 1}, {"device": "cuda"}, code),
            ({"rate": 1}, {"device": "cpu"}, code | {"source": "2"}),
            ({"rate": 1}, {"device": "cpu"}, code | {"kind": "lab:Other"}),
        )
    ]
    assert len(set(digests)) == len(digests)


def test_kinds_share_snapshots_whose_identity_names_its_source(tmp_path):
    identity = {"rate": 1, "source": "of the training"}
    first, second = (
        kept(tmp_path, identity, code=lambda kind=kind: {"kind": kind, "source": kind}).digest
        for kind in "ab"
    )
    assert first == second
