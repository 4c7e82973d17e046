"""The Ray executor on a real cluster of three nodes: the same bits as here, whatever dies on the
way, and every entry made once.
"""

import asyncio
import importlib.metadata
import itertools
import json
import os
import signal
import socket
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from claims.execution.jobs import Failure, Job
from claims.execution.local import InProcess
from claims.execution.machine import Machine
from claims.execution.measure import observations_digest
from claims.execution.ray import Ray, Resources, chunks, connection, driver, work
from claims.execution.ray.executor import ray_executor
from claims.execution.ray.failures import Failures, SeedFailure
from claims.execution.ray.mailbox import _by_value
from claims.execution.ray.versions import differences, versions
from claims.plugin import ray as options
from claims.store.entries import JOURNAL, Key, Store
from models import datasets
from tests.support import ROOT
from tests.support import workers as crew
from tests.support.experiments import KINDS
from tests.support.workers import arrays_of, leftovers, training, until

SHORT = {**crew.SWEEP, "train": {"epochs": 3, "batch": 64}, "snapshots": [1, 3]}
LONG = {**crew.SWEEP, "train": {"epochs": 200, "batch": 64}, "snapshots": [2, 4, 200]}
SEEDS = tuple(range(6))
HERE = Machine(workers=2)  # one thread: several wait for each other where the cores are busy
NUMBERS = itertools.count()
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
TOKEN = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "t" * 32,
}  # the test's own: nothing is read or left in the user's home
KIND = '''
import os, xarray
from claims import Diverged, Experiment


class Picky(Experiment):
    """Fails at some seeds, in one of three ways."""

    def __init__(self, diverges=(), raises=(), dies=()):
        self.diverges, self.raises, self.dies = diverges, raises, dies

    def measure(self, seeds, context):
        with open(os.path.join(os.path.dirname(__file__), "asked"), "a") as log:
            log.write(" ".join(map(str, seeds)) + "\\n")
        if set(seeds) & set(self.dies):
            os._exit(1)
        if bad := sorted(set(seeds) & set(self.diverges)):
            raise Diverged(f"training diverged in seed {bad[0]}; stop", bad)
        if set(seeds) & set(self.raises):
            raise MemoryError("no room")
        return xarray.Dataset({"value": ("seed", [float(s) for s in seeds])}, {"seed": list(seeds)})
'''


def long(seeds=SEEDS):
    return Job("long", KINDS["snapshot_sweep"], LONG, Path("."), seeds)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def cluster():
    """Three nodes of one core each; this process is connected to the first, which is never
    killed.
    """
    patch = pytest.MonkeyPatch()
    for name, value in (connection.QUIET | TOKEN).items():
        patch.setenv(name, value)
    import ray
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args=NODE)
    for _ in range(2):
        nodes.add_node(**NODE)
    ray.init(address=nodes.address, logging_level="ERROR", log_to_driver=False)
    yield nodes
    ray.shutdown()
    nodes.shutdown()
    patch.undo()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The store of LONG as this process alone makes it."""
    store = Store(tmp_path_factory.mktemp("here"))
    assert InProcess().run([long()], HERE, store) == []
    return arrays_of(store)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def picky(tmp_path):
    """`picky(**options)`: a job of a kind of one's own, which notes the seeds it is asked for in
    `asked`.
    """
    folder, module = (
        tmp_path / "kinds",
        f"picky_{next(NUMBERS)}",
    )  # a name of its own: the nodes' processes keep what they imported
    folder.mkdir()
    (folder / f"{module}.py").write_text(KIND)
    yield lambda **how: Job("picky", f"{module}:Picky", how, folder, SEEDS)
    sys.path[:] = [place for place in sys.path if place != str(folder)]


def asked(tmp_path):
    return [
        tuple(map(int, line.split()))
        for line in (tmp_path / "kinds" / "asked").read_text().splitlines()
    ]


def made(store):
    lines = [json.loads(line) for line in (store.root / JOURNAL).read_text().splitlines()]
    return Counter(line["entry"] for line in lines if line["event"] == "made")


def stored_seeds(store, job):
    digest = observations_digest(job.experiment(), Machine())
    return tuple(seed for seed in job.seeds if store.has(Key("observations", digest, seed)))


def test_the_same_bits_as_here_and_nothing_left_over(cluster, tmp_path, store):
    jobs = [
        Job("sweep", KINDS["snapshot_sweep"], SHORT, Path("."), (0, 1, 2, 3)),
        Job("online", KINDS["online_training"], crew.ONLINE, Path("."), (0, 1)),
    ]
    here = Store(tmp_path / "here")
    assert InProcess().run(jobs, HERE, here) == Ray().run(jobs, Machine(), store) == []
    assert arrays_of(here) == arrays_of(store) and len(arrays_of(store)) == 4 * 3 + 2
    assert set(made(store).values()) == {1} and not leftovers(store.root)


def killing_a_node(cluster, store, job, part):
    """Run a job on Ray; a node goes as soon as `part` of every seed has come back."""
    executor = Ray()
    executor.run(
        [Job("warm", KINDS["online_training"], crew.ONLINE, Path("."), (0, 1, 2))], Machine(), store
    )  # torch is loaded: all nodes start at once
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(executor.run, [job], Machine(), store)
        assert until(
            lambda: (
                {
                    seed
                    for seed in job.seeds
                    for name in made(store)
                    if name.endswith(f"seed-{seed}-{part}.safetensors")
                }
                == set(job.seeds)
            )
        )
        assert until(lambda: training(store)) and stored_seeds(store, job) != job.seeds, (
            "it was to be killed before the end"
        )
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        assert running.result(240) == []
    cluster.add_node(**NODE)
    assert set(made(store).values()) == {1} and not leftovers(store.root)


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
    assert (
        arrays_of(here).items() <= arrays_of(store).items()
        and stored_seeds(store, job) == job.seeds
    )
    assert not list(store.root.glob("snapshots/*/*.safetensors")), "what was kept had served"


def test_a_driver_killed_and_started_again_goes_on_and_two_at_once_share(cluster, store, trained):
    first = crew.CONTEXT.Process(target=_drive, args=(cluster.address, store.root), daemon=True)
    first.start()
    assert until(lambda: list(store.root.glob("snapshots/*/*-epoch-4.safetensors")))
    os.kill(first.pid, signal.SIGKILL)
    first.join(60)
    assert len(stored_seeds(store, long())) < len(SEEDS)
    both = [
        crew.CONTEXT.Process(target=_drive, args=(cluster.address, store.root), daemon=True)
        for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert arrays_of(store) == trained and set(made(store).values()) == {1}


def _drive(address, root):
    os.environ.update(connection.QUIET | TOKEN)
    raise SystemExit(len(Ray(address).run([long()], Machine(), Store(root))))


def test_data_go_out_once_however_many_tasks_there_are(cluster, store, monkeypatch):
    executor = Ray()
    there, put, handed = executor.connection(), [], []
    send, submit = there.put, there.submit
    monkeypatch.setattr(there, "put", lambda content: put.append(content) or send(content))
    monkeypatch.setattr(
        there,
        "submit",
        lambda box, order, data, *more: handed.append(data) or submit(box, order, data, *more),
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
    assert len(handed) == 6 and set(handed) == {
        handed[0]
    }  # a reference: of it each node fetches one copy
    assert [digest for _, digest in put] == [datasets.fingerprint("digits")]


def test_a_seed_that_diverges_is_told_once_and_takes_no_other_with_it(
    cluster, tmp_path, store, picky
):
    job, executor = picky(diverges=[4]), Ray()
    (failure,) = executor.run([job], Machine(), store)
    assert (
        failure.job == "picky"
        and failure.reason.startswith("Diverged: training diverged")
        and "seed 4;" in failure.reason
        and failure.diverged
    )
    assert stored_seeds(store, job) == (0, 1, 2, 3, 5)
    assert sum(4 in seeds for seeds in asked(tmp_path)) == 1
    assert (
        executor.run([job], Machine(), store) == [failure]
        and sum(4 in seeds for seeds in asked(tmp_path)) == 1
    )


def test_a_failure_that_names_no_seed_is_found_out(cluster, tmp_path, store, picky):
    job = picky(raises=[1])
    (failure,) = Ray().run([job], Machine(), store)
    assert failure.reason == "MemoryError: no room (seed 1)" and stored_seeds(store, job) == (
        0,
        2,
        3,
        4,
        5,
    )
    assert sum(1 in seeds for seeds in asked(tmp_path)) == 2  # in its chunk, and alone


def test_a_seed_that_kills_its_worker_is_given_up(cluster, tmp_path, store, picky, monkeypatch):
    monkeypatch.setattr(driver, "DEATHS", 2)
    job = picky(dies=[0])
    (failure,) = Ray().run([job], Machine(), store)
    assert "given up when 2 tasks in a row had died" in failure.reason and failure.reason.endswith(
        "(seed 0)"
    )
    assert (
        stored_seeds(store, job) == (1, 2, 3, 4, 5)
        and sum(0 in seeds for seeds in asked(tmp_path)) == 4
    )  # twice in its chunk, twice alone


def test_nodes_of_other_versions_are_refused_by_name(cluster, store, monkeypatch):
    monkeypatch.setattr(
        work, "versions", lambda *kind: versions(*kind) | {"torch": "0.1", "numpy": "0.2"}
    )
    (failure,) = Ray().run([long()], Machine(), store)
    assert (
        f"worker node {socket.gethostname()} is not what the driver is: numpy is " in failure.reason
    )
    assert "the driver's 0.2, torch is " in failure.reason and not list(
        store.root.rglob("*.safetensors")
    )


def test_prepare_trains_on_a_cluster(cluster, store, picky, monkeypatch):
    from click.testing import CliRunner

    from claims.__main__ import main

    monkeypatch.setenv("CLAIMS_STORE", str(store.root))
    job = picky()
    (job.base / "claims.yaml").write_text(CLAIMS.replace("picky_kind:Picky", job.target))
    done = CliRunner().invoke(main, ["prepare", str(job.base / "claims.yaml"), "--executor", "ray"])
    assert done.exit_code == 1 and "wild (default): Diverged: training diverged" in done.output
    assert stored_seeds(store, job) == SEEDS


class Inline:
    """A connection whose tasks are done here and at once. `dies(seeds)`: whether a task for these
    is gone without a word, `data` what a data set gives.
    """

    def __init__(self, dies=lambda seeds: False, data=lambda experiment: None):
        self.dies, self.load, self.boxes, self.given, self.sent = dies, data, {}, [], []

    def slots(self, num_cpus, num_gpus):
        return 2

    def put(self, content):
        return content

    def data(self, experiment):
        return self.load(experiment)

    def submit(self, box, order, data, given, resources, spread):
        self.given.append([about["part"] for about, _ in given])
        self.sent.append(tuple(order["job"]["seeds"]))
        messages = self.boxes[box] = []
        told = work.fulfil(
            order,
            None,
            given,
            lambda kind, about, content=b"": messages.append((kind, about, content)),
        )
        if self.dies(order["job"]["seeds"]):
            del messages[:]
            return connection.Death("WorkerCrashedError: gone")
        return told

    def ended(self, task):
        return True

    def take(self, box, wait):
        return self.boxes.pop(box)

    def result(self, task):
        return task

    def cancel(self, task):
        raise AssertionError("not to be cancelled")

    def close_box(self, box):
        assert box not in self.boxes


def driving(store, failures=None, machine=None, **how):
    return driver.Driver(
        Inline(**how), machine or Machine(), store, Resources(), failures or Failures()
    )


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


def test_the_mailbox_bounds_what_all_tasks_have_said_together():
    async def said():
        box = _by_value(limit=10, poll=0.001)()
        await box.announce("a", 8)
        await box.post("a", "entry", {}, b"8" * 8)
        waiting = asyncio.create_task(box.announce("b", 3))
        await asyncio.sleep(0.02)
        assert not waiting.done() and len(await box.take("a", 0)) == 1
        await asyncio.wait_for(waiting, 5)
        await box.announce("c", 5)
        waiting = asyncio.create_task(
            box.announce("d", 99)
        )  # more than there will ever be room for: alone
        await box.close("b")  # its task died before it could post
        await box.post("b", "entry", {}, b"333")
        await asyncio.sleep(0.02)
        assert not waiting.done() and await box.take("b", 0) == []
        await box.post("c", "entry", {}, b"55555")
        await box.take("c", 0)
        await asyncio.wait_for(waiting, 5)

    asyncio.run(said())


def test_what_is_stored_needs_no_cluster(tmp_path, store, picky):
    job = picky()
    InProcess().run([job], Machine(), store)
    assert Ray(lambda: pytest.fail("asked for a cluster")).run([job], Machine(), store) == []


def test_a_task_asks_for_what_it_is_given():
    assert (
        Resources().on("cpu") == (1, 0)
        and Resources().on("cuda") == (1, 1)
        and Resources(4, 0.5).on("cuda") == (4, 0.5)
    )


@pytest.mark.parametrize(
    "spoil, says",
    [
        (
            lambda order: order["job"].update(target="nowhere_kind:Kind"),
            "has not the experiment `nowhere_kind:Kind`",
        ),
        (lambda order: order.update(digest="0" * 16), "another key than the driver asks for"),
        (lambda order: order["versions"].update({"source of claims": "old"}), "the driver's old"),
    ],
    ids=["kind", "key", "source"],
)
def test_orders_that_a_node_refuses(spoil, says):
    job = Job("short", KINDS["snapshot_sweep"], SHORT, Path("."), (0,))
    made = job.experiment()
    order = work.make_order(job, made, Machine(), observations_digest(made, Machine()))
    order["data"] = None
    spoil(order)
    assert (
        says in work.fulfil(order, None, (), lambda *message: pytest.fail("it worked"))["refused"]
    )


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


def test_a_data_set_that_was_handed_over_needs_no_file(monkeypatch):
    monkeypatch.setattr(datasets, "_PRELOADED", {})
    given = datasets.load("digits")
    monkeypatch.setattr(datasets, "_dataset", lambda name: pytest.fail("looked for the file"))
    datasets.preload("digits", given, "f" * 16)
    assert datasets.load("digits") is given and datasets.fingerprint("digits") == "f" * 16
    datasets.preload("image_folder:nowhere", given, "e" * 16)
    assert (
        datasets.full_name("image_folder:nowhere")
        and datasets.load("image_folder:nowhere") is given
    )
    datasets._on_device.cache_clear()


def test_what_a_killed_task_left_on_its_node_goes_with_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(work.tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("dead", "alive"):
        (tmp_path / f"{work.PREFIX}{name}").mkdir()
        (tmp_path / f"{work.PREFIX}{name}.lock").touch()
    with Store(tmp_path).hold(tmp_path / f"{work.PREFIX}alive.lock"), work.own_store() as own:
        own.root.mkdir()
        assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {
            f"{work.PREFIX}alive",
            own.root.name,
        }
    assert not own.root.exists()


def test_what_failed_is_known_to_all_that_share_a_folder(tmp_path):
    one, other, alone = Failures(tmp_path), Failures(tmp_path), Failures()
    bad = SeedFailure("NonFiniteError", "training diverged in seed 3", True)
    assert other.get("digest", 3) is None
    one.add("digest", 3, bad)
    assert (
        one.get("digest", 3) == other.get("digest", 3) == bad
        and other.get("digest", 4) is other.get("more", 3) is alone.get("digest", 3) is None
    )
    Failures(tmp_path / "gone").add("digest", 3, bad)  # the run is over: nobody is left to be told


def test_workers_share_what_failed_on_a_cluster_elsewhere_too():
    option = SimpleNamespace(
        claims_executor="ray",
        claims_ray_address="auto",
        claims_ray_cpus=None,
        claims_ray_gpus=None,
        tx=["2*popen"],
    )
    in_charge = SimpleNamespace(option=option, getoption={"collectonly": False}.get)
    plugin = options.Cluster(in_charge, SimpleNamespace(), Ray("auto"))
    plugin.pytest_sessionstart()
    assert plugin.thread is None, "no cluster of its own"
    node = SimpleNamespace(workerinput={})
    plugin.pytest_configure_node(node)
    executor = options.make_executor(SimpleNamespace(workerinput=node.workerinput, option=option))
    assert (
        executor.address == "auto"
        and executor.failures.folder == plugin.folder
        and plugin.folder.is_dir()
    )
    plugin.pytest_unconfigure()
    assert not plugin.folder.exists()


def test_without_ray_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(connection, "installed", lambda: False)
    with pytest.raises(
        ValueError, match=r"`--executor=ray`: Ray is not installed; remedy: pip install '.*\[ray\]'"
    ):
        ray_executor(None, None, None)
    with pytest.raises(connection.ClusterError, match="not installed"):
        Ray().connection()


def test_a_cluster_that_is_not_there_is_looked_for_once(monkeypatch, store):
    looked = []
    monkeypatch.setattr(
        connection,
        "connect",
        lambda address: (
            looked.append(address)
            or (_ for _ in ()).throw(connection.ClusterError("nobody answers"))
        ),
    )
    executor = Ray("nowhere:1")
    for _ in range(2):
        assert [f.reason for f in executor.run([long()], Machine(), store)] == [
            "ClusterError: nobody answers"
        ]
    assert looked == ["nowhere:1"]


CLAIMS = """
version: 1
defaults: {seeds: 8}
memos: {M: {title: A memo}}
experiments:
  picky: {kind: "picky_kind:Picky"}
  wild: {kind: "picky_kind:Picky", diverges: [3]}
claims:
  rises: {memo: M, where: here, says: It rises., expect: value > 0, experiment: picky}
  stays: {memo: M, where: here, says: It stays., expect: value < 100, experiment: picky}
  breaks: {memo: M, where: here, says: It breaks., expect: value > 0, experiment: wild}
  breaks-too: {memo: M, where: here, says: It breaks again., expect: value < 100, experiment: wild}
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """`suite(*options)`: the suite in a process of its own, on kinds and claims in a folder of its
    own.
    """
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLAIMS_STORE", str(pytester.path / "store"))
    (pytester.path / "kinds").mkdir()
    (pytester.path / "kinds" / "picky_kind.py").write_text(KIND)
    (pytester.path / "kinds" / "claims.yaml").write_text(CLAIMS)
    return lambda *more: pytester.runpytest_subprocess(
        f"--rootdir={ROOT}",
        "-c",
        str(ROOT / "pyproject.toml"),
        str(ROOT / "claims"),
        "--claims-file=kinds/claims.yaml",
        "-p",
        "no:cacheprovider",
        *more,
        timeout=120,
    )


def test_the_workers_of_a_run_share_one_cluster_that_ends_with_it(suite, pytester):
    result = suite("--claims-executor", "ray", "-n", "2", "--claims-ray-cpus", "1")
    result.stdout.fnmatch_lines(
        ["*breaks*Diverged: training diverged*", "*4 claims: 2 supported, 2 error*"]
    )
    counted = Counter(seed for seeds in asked(pytester.path) for seed in seeds)
    assert [counted[seed] for seed in range(3, 8)] == [2] * 5 and set(counted) == set(
        range(8)
    )  # once for each experiment; 0 to 2 beside 3, and again
    assert not leftovers(pytester.path / "store")


def test_options_that_mean_nothing_are_refused(suite):
    result = suite("--claims-ray-address", "auto")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*say something of a cluster; add --claims-executor ray*"])


@pytest.mark.slow
def test_through_ray_client(tmp_path, store, monkeypatch):
    for name, value in (connection.QUIET | TOKEN).items():
        monkeypatch.setenv(name, value)
    from ray.cluster_utils import Cluster

    port = free_port()
    nodes = Cluster(initialize_head=True, head_node_args=NODE | {"ray_client_server_port": port})
    try:
        remote = crew.CONTEXT.Process(
            target=_drive, args=(f"ray://127.0.0.1:{port}", store.root), daemon=True
        )
        remote.start()
        remote.join(120)
        assert remote.exitcode == 0 and stored_seeds(store, long()) == SEEDS
    finally:
        nodes.shutdown()
