"""The Ray executor on a real cluster of three nodes: the same bits as here, whatever dies on the
way, and every entry made once.
"""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from claims.execution.jobs import Job
from claims.execution.local import InProcess
from claims.execution.machine import Machine
from claims.execution.ray import Ray, connection, driver, work
from claims.execution.ray.versions import versions
from claims.store.entries import Store
from models import datasets
from tests.support import workers as crew
from tests.support.experiments import KINDS
from tests.support.ray_cluster import (
    NODE,
    SEEDS,
    SHORT,
    asked,
    drive,
    long,
    made,
    stored_seeds,
)
from tests.support.workers import arrays_of, leftovers, training, until

# one thread: several wait for each other where the cores are busy
HERE = Machine(workers=2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The store of LONG as this process alone makes it."""
    store = Store(tmp_path_factory.mktemp("here"))
    assert InProcess().run([long()], HERE, store) == []
    return arrays_of(store)


def test_the_same_bits_as_here_and_nothing_left_over(cluster, tmp_path, store):
    jobs = [
        Job("sweep", KINDS["snapshot_sweep"], SHORT, Path("."), (0, 1, 2, 3)),
        Job("online", KINDS["online_training"], crew.ONLINE, Path("."), (0, 1)),
    ]
    here = Store(tmp_path / "here")
    assert InProcess().run(jobs, HERE, here) == Ray().run(jobs, Machine(), store) == []
    assert arrays_of(here) == arrays_of(store)
    assert len(arrays_of(store)) == 4 * 3 + 2
    assert set(made(store).values()) == {1}
    assert not leftovers(store.root)


def killing_a_node(cluster, store, job, part):
    """Run a job on Ray; a node goes as soon as `part` of every seed has come back."""
    executor = Ray()
    # torch is loaded: all nodes start at once
    warm = Job("warm", KINDS["online_training"], crew.ONLINE, Path("."), (0, 1, 2))
    executor.run([warm], Machine(), store)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(executor.run, [job], Machine(), store)
        ends = [f"seed-{seed}-{part}.safetensors" for seed in job.seeds]
        assert until(lambda: all(any(name.endswith(end) for name in made(store)) for end in ends))
        assert until(lambda: training(store))
        assert stored_seeds(store, job) != job.seeds, "it was to be killed before the end"
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        assert running.result(240) == []
    cluster.add_node(**NODE)
    assert set(made(store).values()) == {1}
    assert not leftovers(store.root)


def test_a_node_killed_in_mid_training_loses_nothing_that_had_come_back(cluster, store, trained):
    killing_a_node(cluster, store, long(), "epoch-4")
    assert {name: entry for name, entry in arrays_of(store).items() if name in trained} == trained


def test_online_training_goes_on_from_what_it_had_kept(cluster, tmp_path, store):
    job = Job(
        "online",
        KINDS["online_training"],
        {**crew.ONLINE, "train": {"epochs": 60, "batch": 256}},
        Path("."),
        (0, 1, 2),
    )
    killing_a_node(cluster, store, job, "arms-at-10")
    here = Store(tmp_path / "here")
    assert InProcess().run([job], HERE, here) == []
    assert arrays_of(here).items() <= arrays_of(store).items()
    assert stored_seeds(store, job) == job.seeds
    assert not list(store.root.glob("snapshots/*/*.safetensors")), "what was kept had served"


def test_a_driver_killed_and_started_again_goes_on_and_two_at_once_share(cluster, store, trained):
    first = crew.CONTEXT.Process(target=drive, args=(cluster.address, store.root), daemon=True)
    first.start()
    assert until(lambda: list(store.root.glob("snapshots/*/*-epoch-4.safetensors")))
    os.kill(first.pid, signal.SIGKILL)
    first.join(60)
    assert len(stored_seeds(store, long())) < len(SEEDS)
    both = [
        crew.CONTEXT.Process(target=drive, args=(cluster.address, store.root), daemon=True)
        for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert arrays_of(store) == trained and set(made(store).values()) == {1}


def test_data_go_out_once_however_many_tasks_there_are(cluster, store, monkeypatch):
    executor = Ray()
    there, put, handed = executor.connection(), [], []
    send, submit = there.put, there.submit
    monkeypatch.setattr(there, "put", lambda content: put.append(content) or send(content))
    monkeypatch.setattr(
        there,
        "submit",
        lambda box, request, data, *more: handed.append(data) or submit(box, request, data, *more),
    )
    jobs = [
        Job(
            f"online {n}",
            KINDS["online_training"],
            {**crew.ONLINE, "train": {"epochs": 1 + n, "batch": 256}},
            Path("."),
            (0, 1, 2),
        )
        for n in range(2)
    ]
    assert executor.run(jobs, Machine(), store) == []
    assert len(handed) == 6
    assert set(handed) == {handed[0]}  # a reference: of it each node fetches one copy
    assert [digest for _, digest in put] == [datasets.fingerprint("digits")]


def test_a_seed_that_diverges_is_told_once_and_takes_no_other_with_it(
    cluster, tmp_path, store, picky
):
    job, executor = picky(diverges=[4]), Ray()
    (failure,) = executor.run([job], Machine(), store)
    assert failure.job == "picky"
    assert failure.reason.startswith("Diverged: training diverged")
    assert "seed 4;" in failure.reason
    assert failure.diverged
    assert stored_seeds(store, job) == (0, 1, 2, 3, 5)
    assert sum(4 in seeds for seeds in asked(tmp_path)) == 1
    assert executor.run([job], Machine(), store) == [failure]
    assert sum(4 in seeds for seeds in asked(tmp_path)) == 1


def test_a_failure_that_names_no_seed_is_found_out(cluster, tmp_path, store, picky):
    job = picky(raises=[1])
    (failure,) = Ray().run([job], Machine(), store)
    assert failure.reason == "MemoryError: no room (seed 1)"
    assert stored_seeds(store, job) == (0, 2, 3, 4, 5)
    assert sum(1 in seeds for seeds in asked(tmp_path)) == 2  # in its chunk, and alone


def test_a_seed_that_kills_its_worker_is_given_up(cluster, tmp_path, store, picky, monkeypatch):
    monkeypatch.setattr(driver, "DEATHS", 2)
    job = picky(dies=[0])
    (failure,) = Ray().run([job], Machine(), store)
    assert "given up when 2 tasks in a row had died" in failure.reason
    assert failure.reason.endswith("(seed 0)")
    assert stored_seeds(store, job) == (1, 2, 3, 4, 5)
    # twice in its chunk, twice alone
    assert sum(0 in seeds for seeds in asked(tmp_path)) == 4


def test_nodes_of_other_versions_are_refused_by_name(cluster, store, monkeypatch):
    monkeypatch.setattr(
        work, "versions", lambda *kind: versions(*kind) | {"torch": "0.1", "numpy": "0.2"}
    )
    (failure,) = Ray().run([long()], Machine(), store)
    node = f"worker node {socket.gethostname()}"
    assert f"{node} is not what the driver is: numpy is " in failure.reason
    assert "the driver's 0.2, torch is " in failure.reason
    assert not list(store.root.rglob("*.safetensors"))


def test_what_is_stored_needs_no_cluster(tmp_path, store, picky):
    job = picky()
    InProcess().run([job], Machine(), store)
    assert Ray(lambda: pytest.fail("asked for a cluster")).run([job], Machine(), store) == []


def test_a_cluster_that_is_not_there_is_looked_for_once(monkeypatch, store):
    looked = []

    def connect(address):
        looked.append(address)
        raise connection.ClusterError("nobody answers")

    monkeypatch.setattr(connection, "connect", connect)
    executor = Ray("nowhere:1")
    for _ in range(2):
        assert [f.reason for f in executor.run([long()], Machine(), store)] == [
            "ClusterError: nobody answers"
        ]
    assert looked == ["nowhere:1"]
