"""The driver without a cluster: tasks that die, data that are not to be had, a cluster lost."""

from collections import Counter
from pathlib import Path

from claims.execution.jobs import Failure, Job
from claims.execution.ray import connection
from claims.execution.ray.failures import Failures
from models import datasets
from tests.support.experiments import KINDS
from tests.support.ray_cluster import SEEDS, SHORT, driving, long, stored_seeds


def test_the_last_death_of_a_chunk_takes_no_seed_with_it_that_lives_alone(store, picky):
    job = picky()
    run = driving(store, dies=lambda seeds: 4 in seeds)
    (failure,) = run.run([job])
    assert (failure.error, failure.message) == (
        "TaskDied",
        "given up when 3 tasks in a row had died, the last of WorkerCrashedError: gone (seed 4)",
    )
    assert stored_seeds(store, job) == (0, 1, 2, 3, 5)
    assert Counter(run.connection.sent) == {(0, 1, 2): 1, (3, 4, 5): 3, (3,): 1, (4,): 3, (5,): 1}


def test_data_that_are_not_to_be_had_end_their_own_job_alone(store, picky):
    sweep = Job("sweep", KINDS["snapshot_sweep"], SHORT, Path("."), (0, 1))

    def nowhere(experiment):
        if experiment.implementation.data_name() is not None:
            raise datasets.DatasetError("no such data")

    other = picky()
    assert [(f.job, f.reason) for f in driving(store, data=nowhere).run([sweep, other])] == [
        ("sweep", "DatasetError: no such data")
    ]
    assert stored_seeds(store, other) == SEEDS


def test_a_lost_cluster_is_told_by_the_jobs_that_still_lack_seeds(store, picky, monkeypatch):
    failures, diverged = Failures(), picky(diverges=[4])
    (first,) = driving(store, failures).run([diverged])
    lost = driving(store, failures)
    monkeypatch.setattr(
        lost.connection,
        "submit",
        lambda *_: (_ for _ in ()).throw(connection.ClusterError("the cluster was lost")),
    )
    assert lost.run([diverged, long()]) == [
        first,
        Failure("long", "ClusterError", "the cluster was lost"),
    ]
