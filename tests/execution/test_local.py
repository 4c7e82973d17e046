"""Executors: the same results wherever work runs; what fails is told once, and the rest is done."""

from pathlib import Path

import pytest

from claims.execution.jobs import Failure, Job
from claims.execution.local import InProcess, Processes
from claims.execution.machine import Machine
from claims.execution.measure import measure
from claims.store.entries import Store
from tests.support import workers as crew
from tests.support.experiments import KINDS
from tests.support.workers import arrays_of, experiment, leftovers, same

SHORT = {**crew.SWEEP, "train": {"epochs": 3, "batch": 64}, "snapshots": [1, 3]}
JOBS = [
    Job("sweep", KINDS["snapshot_sweep"], SHORT, Path("."), (0, 1, 2)),
    Job("online", KINDS["online_training"], crew.ONLINE, Path("."), (0, 1)),
]
DIVERGING = Job(
    "wild",
    KINDS["snapshot_sweep"],
    {**SHORT, "train": {"epochs": 3, "lr": 1e30, "optimizer": "sgd"}},
    Path("."),
    (0,),
)


def test_all_executors_give_the_same_bits(tmp_path):
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    assert InProcess().run(JOBS, Machine(), here) == Processes(2).run(JOBS, Machine(), there) == []
    assert arrays_of(here) == arrays_of(there) and len(arrays_of(here)) == 3 * 3 + 2
    assert not leftovers(there.root)
    short = experiment(train=SHORT["train"], snapshots=SHORT["snapshots"])
    direct = short.measure([0, 1, 2])
    assert same(measure(JOBS[0].experiment(), (0, 1, 2), Machine(), there), direct)


@pytest.mark.parametrize("executor", [InProcess(), Processes(2)], ids=["in-process", "processes"])
def test_a_job_that_fails_is_told_once_and_the_others_are_done(tmp_path, executor):
    store = Store(tmp_path)
    (failure,) = executor.run([DIVERGING, JOBS[1]], Machine(), store)
    assert isinstance(failure, Failure)
    assert failure.job == "wild"
    assert failure.diverged
    assert failure.reason.startswith("NonFiniteError: training diverged")
    assert measure(JOBS[1].experiment(), (0, 1), Machine(), store).sizes["seed"] == 2


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    (failure,) = InProcess().run(JOBS[:1], Machine(), Store(tmp_path / "file"))
    assert "set CLAIMS_STORE" in failure.reason


def test_processes_that_all_die_leave_a_failure(tmp_path, monkeypatch):
    store = Store(tmp_path)
    monkeypatch.setattr("claims.execution.local._work", _die)
    failures = Processes(2).run(JOBS, Machine(), store)
    assert [f.job for f in failures] == ["sweep", "online"]
    assert "died (exit codes 3, 3)" in failures[0].reason


def _die(*_):
    import os

    os._exit(3)
