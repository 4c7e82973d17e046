"""Chunks of a job's seeds: how many seeds each has, and how many are in hand at once."""

from pathlib import Path

import pytest

from claims.execution.jobs import Job
from claims.execution.machine import Machine
from claims.execution.ray import chunks
from tests.support import workers as crew
from tests.support.experiments import KINDS
from tests.support.ray_cluster import driving, long


@pytest.mark.parametrize("slots, sizes", [(0, [8] * 3), (1, [24]), (4, [6] * 4)])
def test_chunks_for_gpus(store, slots, sizes):
    """A cluster that has none yet grows by the tasks that wait for one."""
    job = long(tuple(range(24)))
    assert [
        len(chunk.seeds)
        for chunk in driving(store, machine=Machine("cuda", remote=True))._chunks(
            job, job.experiment(), slots
        )
    ] == sizes


def test_chunks_in_hand_leave_files_for_all_their_locks(store, monkeypatch):
    """Four rules make four snapshots' locks a seed, beside the observations' own."""
    credit = Job(
        "credit",
        KINDS["credit_training"],
        {name: crew.SWEEP[name] for name in ("dataset", "network")}
        | {"snapshots": [1], "train": {"epochs": 1}},
        Path("."),
        tuple(range(96)),
    )
    monkeypatch.setattr(chunks.resource, "getrlimit", lambda which: (400, 400))
    parts = driving(store)._chunks(credit, credit.experiment(), 24)
    assert {len(part.seeds) for part in parts} == {4} and len(parts) == 24
    assert chunks.at_once(parts) == 300 // (4 * 5 + 2)
